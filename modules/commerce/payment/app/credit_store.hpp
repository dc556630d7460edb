#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contracts/commerce/payment/v1/credit_api.hpp"
#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/rpc/call_context.hpp"

namespace emporion::payment {

struct NewGiftCard {
  Uuid id;
  std::string code_sha256;  ///< 32 bytes.
  std::string last4;
  Money amount;
  std::optional<UtcTime> expires_at;
  std::optional<std::string> recipient_email;
  std::optional<std::string> note;
  Uuid actor;
};

struct CreditGrant {
  Uuid posting;  ///< A repeat of it grants nothing.
  Uuid customer;
  Money amount;
  std::string cause;  ///< issued, refunded
  std::optional<Uuid> order;
  std::string reason;
  std::optional<Uuid> actor;
};

struct NewHold {
  Uuid id;
  Uuid order;
  std::optional<Uuid> customer;
  Currency currency;
  std::vector<Uuid> accounts;
  std::vector<std::int64_t> amounts;
  bool covers_order = false;
  Uuid digest;  ///< Of the request, to tell a repeat from a reused id.
};
struct HoldAnswer {
  std::string outcome;  ///< See hold_credit.
  std::int64_t available = 0;
};

/// An account behind a code, or the customer's own.
struct ResolvedCredit {
  v1::UsableCredit credit;
  bool is_usable = false;
};

/// What an order is paid with, under its row lock.
struct OrderCredit {
  Uuid hold_id;
  std::int64_t left = 0;  ///< Not given back.
};

struct CreditFilter {
  std::optional<std::string> kind;
  std::optional<std::string> status;
  std::optional<Uuid> customer;
  std::optional<std::string> last4;
  std::optional<UtcTime> before_at;
  std::optional<Uuid> before_id;
  std::int32_t count = 20;
};

/// Gift cards, store credit and what orders hold of them. Each operation is one statement; those with `work` commit with what else the caller does.
class CreditStore {
 public:
  virtual ~CreditStore() = default;
  virtual Task<Result<postgres::UnitOfWork>> begin(CallContext context) = 0;

  /// One answer per card, in order; nothing for a code that is taken.
  virtual Task<Result<std::vector<std::optional<v1::CreditAccount>>>> issue(postgres::UnitOfWork& work, std::vector<NewGiftCard> cards, UtcTime now,
                                                                            Uuid trace) = 0;
  virtual Task<Result<v1::CreditAccount>> grant(postgres::UnitOfWork& work, CreditGrant grant, Uuid account_if_new, UtcTime now, Uuid trace) = 0;
  /// Errors: CREDIT_NOT_FOUND, CREDIT_INSUFFICIENT, CREDIT_EXPIRED, CURRENCY_MISMATCH.
  virtual Task<Result<v1::CreditAccount>> adjust(postgres::UnitOfWork& work, Uuid account, Money amount, Uuid posting, std::string reason, Uuid actor,
                                                 UtcTime now) = 0;
  virtual Task<Result<v1::CreditAccount>> set_status(Uuid account, std::string_view status) = 0;  ///< Errors: CREDIT_NOT_FOUND, CREDIT_EXPIRED.

  virtual Task<Result<v1::CreditAccount>> find(Uuid account) = 0;  ///< Errors: CREDIT_NOT_FOUND.
  virtual Task<Result<std::vector<v1::CreditAccount>>> list(CreditFilter filter) = 0;
  virtual Task<Result<std::vector<v1::CreditPosting>>> postings(Uuid account, std::optional<UtcTime> before_at, std::optional<Uuid> before_id,
                                                                std::int32_t count) = 0;
  virtual Task<Result<std::vector<v1::CreditAccount>>> own(Uuid customer) = 0;
  /// The cards that can be read by these hashes, active and in time or not, and the customer's own credit if one is given.
  virtual Task<Result<std::vector<ResolvedCredit>>> resolve(std::vector<std::string> code_sha256, std::optional<Uuid> customer, std::string currency,
                                                            UtcTime now) = 0;
  virtual Task<Result<std::vector<std::int64_t>>> balances(std::vector<Uuid> accounts, std::optional<Uuid> customer, std::string currency, UtcTime now) = 0;
  /// An active card in time, or nothing.
  virtual Task<Result<std::optional<v1::CheckGiftCardResponse>>> check(std::string code_sha256, UtcTime now) = 0;
  /// Counts tries of codes before they are looked at. False: too many were wrong.
  virtual Task<Result<bool>> take_tries(std::string asked_by, std::int32_t codes, std::int32_t wrong_max, UtcTime now) = 0;
  virtual Task<Result<>> return_tries(std::string asked_by, std::int32_t codes) = 0;

  virtual Task<Result<HoldAnswer>> hold(NewHold hold, UtcTime now) = 0;
  virtual Task<Result<>> redeem(Uuid hold, UtcTime now) = 0;                           ///< Errors: CREDIT_HOLD_NOT_FOUND.
  virtual Task<Result<>> release(Uuid hold, Uuid order, UtcTime now, Uuid trace) = 0;  ///< Errors: CREDIT_REDEEMED.
  virtual Task<Result<std::optional<v1::CreditHold>>> find_hold(Uuid hold) = 0;
  /// What the order is paid with, locked; nothing is left where it has no credit.
  virtual Task<Result<OrderCredit>> lock_of_order(postgres::UnitOfWork& work, Uuid order) = 0;
  /// Gives `amount` of it back where it came from. `occasion` happens once.
  virtual Task<Result<>> give_back(postgres::UnitOfWork& work, Uuid hold, std::int64_t amount, std::string occasion, std::string reason, UtcTime now,
                                   Uuid trace) = 0;
  /// Gives everything back, and refuses what comes later for that order.
  virtual Task<Result<>> close_order(postgres::UnitOfWork& work, Uuid order, std::string reason, UtcTime now, Uuid trace) = 0;
  /// Ends accounts whose time is over. Answers how many.
  virtual Task<Result<std::int32_t>> expire(UtcTime now, std::int32_t count) = 0;
  virtual Task<Result<>> forget_tries(UtcTime before) = 0;
};

}  // namespace emporion::payment
