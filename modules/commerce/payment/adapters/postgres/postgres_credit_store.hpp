#pragma once

#include "modules/commerce/payment/app/credit_store.hpp"

namespace emporion::payment {

class PostgresCreditStore final : public CreditStore {
 public:
  explicit PostgresCreditStore(postgres::Database& database) : database_(database) {}

  Task<Result<postgres::UnitOfWork>> begin(CallContext context) override;
  Task<Result<std::vector<std::optional<v1::CreditAccount>>>> issue(postgres::UnitOfWork& work, std::vector<NewGiftCard> cards, UtcTime now,
                                                                    Uuid trace) override;
  Task<Result<v1::CreditAccount>> grant(postgres::UnitOfWork& work, CreditGrant grant, Uuid account_if_new, UtcTime now, Uuid trace) override;
  Task<Result<v1::CreditAccount>> adjust(postgres::UnitOfWork& work, Uuid account, Money amount, Uuid posting, std::string reason, Uuid actor,
                                         UtcTime now) override;
  Task<Result<v1::CreditAccount>> set_status(Uuid account, std::string_view status) override;
  Task<Result<v1::CreditAccount>> find(Uuid account) override;
  Task<Result<std::vector<v1::CreditAccount>>> list(CreditFilter filter) override;
  Task<Result<std::vector<v1::CreditPosting>>> postings(Uuid account, std::optional<UtcTime> before_at, std::optional<Uuid> before_id,
                                                        std::int32_t count) override;
  Task<Result<std::vector<v1::CreditAccount>>> own(Uuid customer) override;
  Task<Result<std::vector<ResolvedCredit>>> resolve(std::vector<std::string> code_sha256, std::optional<Uuid> customer, std::string currency,
                                                    UtcTime now) override;
  Task<Result<std::vector<std::int64_t>>> balances(std::vector<Uuid> accounts, std::optional<Uuid> customer, std::string currency, UtcTime now) override;
  Task<Result<std::optional<v1::CheckGiftCardResponse>>> check(std::string code_sha256, UtcTime now) override;
  Task<Result<bool>> take_tries(std::string asked_by, std::int32_t codes, std::int32_t wrong_max, UtcTime now) override;
  Task<Result<>> return_tries(std::string asked_by, std::int32_t codes) override;
  Task<Result<HoldAnswer>> hold(NewHold hold, UtcTime now) override;
  Task<Result<>> redeem(Uuid hold, UtcTime now) override;
  Task<Result<>> release(Uuid hold, Uuid order, UtcTime now, Uuid trace) override;
  Task<Result<std::optional<v1::CreditHold>>> find_hold(Uuid hold) override;
  Task<Result<OrderCredit>> lock_of_order(postgres::UnitOfWork& work, Uuid order) override;
  Task<Result<>> give_back(postgres::UnitOfWork& work, Uuid hold, std::int64_t amount, std::string occasion, std::string reason, UtcTime now,
                           Uuid trace) override;
  Task<Result<>> close_order(postgres::UnitOfWork& work, Uuid order, std::string reason, UtcTime now, Uuid trace) override;
  Task<Result<std::int32_t>> expire(UtcTime now, std::int32_t count) override;
  Task<Result<>> forget_tries(UtcTime before) override;

 private:
  postgres::Database& database_;
};

}  // namespace emporion::payment
