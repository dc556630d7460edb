#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/rpc/call_context.hpp"
#include "modules/commerce/payment/app/provider_budget.hpp"
#include "modules/commerce/payment/domain/payment.hpp"
#include "modules/commerce/payment/domain/refund.hpp"
#include "modules/commerce/payment/domain/risk.hpp"

namespace emporion::payment {

struct NewPayment {
  Payment payment;
  Uuid digest;  ///< Of the request, to tell a repeat from a reused id.
};
struct NewPaymentAnswer {
  std::string outcome;  ///< See create_payments_batch.
  std::optional<Uuid> other;
};

/// What stands around a payment, read with its row lock.
struct Surroundings {
  bool order_closed = false;
  bool other_live = false;        ///< Another payment of the order is live or successful.
  std::int64_t refunds_sum = 0;   ///< All refunds that have not failed.
  std::int64_t charged_back = 0;  ///< What lost disputes took.
  std::int64_t disputed = 0;      ///< What open disputes are about.
  bool dispute_open() const noexcept { return disputed > 0; }
  bool order_waits(const Payment& payment, UtcTime now) const {
    return !order_closed && !other_live && !payment.void_requested_at && !payment.is_window_over(now);
  }
};
struct LockedPayment {
  Payment payment;
  Surroundings around;
};

struct NewWebhook {
  Uuid id;
  std::string provider;
  std::string dedup_key;
  std::string headers_json;
  std::string body;
};
struct WebhookRow {
  Uuid id;
  std::string provider;
  std::string body;
  std::int32_t tries = 0;
};

/// A credit of our bank account, as it is stored.
struct StoredCredit {
  std::string bank_txn_id;
  std::optional<Uuid> payment_id;
  Money amount;
  std::string remittance;
  std::string state;  ///< counted, suspense, to_return
  std::optional<Uuid> proposed_payment = std::nullopt;
  std::optional<Uuid> proposed_by = std::nullopt;
  bool posted = false;  ///< In the ledger; false: a person speaks of it, and the bank has not.
};

struct PaymentCase {
  std::optional<Uuid> payment_id;
  std::string kind;
  std::string ours;
  std::string theirs;
  std::string dedup_key;
  std::optional<Money> to_pay_out = std::nullopt;
  std::optional<std::string> bank_txn_id = std::nullopt;
};

/// What scoring asks of the past, by the digests of domain/fraud_key.
struct RiskQuestion {
  Uuid id;
  std::string key;
  Uuid saga_id;
  std::optional<Uuid> order_id = std::nullopt;
  std::optional<Uuid> customer_id = std::nullopt;
  std::optional<Uuid> email_digest = std::nullopt;
  std::optional<Uuid> phone_digest = std::nullopt;
  std::optional<Uuid> device_digest = std::nullopt;
  std::optional<Uuid> card_digest = std::nullopt;
  std::vector<Uuid> places = {};                             ///< Shipping and billing address.
  std::optional<std::string> address = std::nullopt;         ///< IP, as `canonical_ip` writes it.
  bool is_shared_address = false;                            ///< Many buy behind it: its orders per hour do not count.
  std::optional<UtcTime> account_created_at = std::nullopt;  ///< Nothing: as Auth announced it.
  bool counts_velocity = true;
  bool is_decisive = true;  ///< False: the score is stored and everything is allowed.
  std::string method = {};
  RiskFacts facts = {};
};
struct StoredAssessment {
  Uuid id;
  RiskScore score;
  std::int32_t rules_version = 1;
};

struct TransactionRow {
  std::int32_t seq;
  TransactionNote note;
  UtcTime at;
};
struct LedgerRow {
  Uuid posting_id;
  std::int32_t line_no;
  std::string account;
  Money amount;
  std::optional<Uuid> payment_id;
  std::optional<Uuid> order_id;
  std::optional<Uuid> refund_id;
  std::string cause;
  UtcTime at;
};
struct PaymentFilter {
  std::optional<Uuid> order_id;
  std::optional<Uuid> customer_id;
  std::optional<std::string> status;
  std::optional<UtcTime> before_at;
  std::optional<Uuid> before_id;
  std::int32_t count = 20;
};
struct LedgerFilter {
  std::optional<Uuid> payment_id;
  std::optional<Uuid> order_id;
  std::optional<std::string> account;
  std::optional<UtcTime> after_at;
  std::optional<Uuid> after_posting;
  std::optional<std::int32_t> after_line;
  std::int32_t count = 20;
};

/// The module's tables. Names follow the use cases; each is one statement or one round trip.
class PaymentStore {
 public:
  virtual ~PaymentStore() = default;

  virtual Task<Result<std::vector<Result<NewPaymentAnswer>>>> create_batch(std::vector<NewPayment> batch) = 0;
  virtual Task<Result<std::vector<Result<StoredAssessment>>>> assess_batch(std::vector<RiskQuestion> batch) = 0;
  /// Since when a customer is known; forgets those of whom no rule asks any more.
  virtual Task<Result<>> remember_account(postgres::UnitOfWork& work, Uuid customer_id, UtcTime registered_at) = 0;

  virtual Task<Result<Payment>> find(Uuid id) = 0;  ///< Errors: PAYMENT_NOT_FOUND.
  /// Each for itself, in this order. Errors of one: PAYMENT_NOT_FOUND.
  virtual Task<Result<std::vector<Result<Payment>>>> find_all(std::vector<Uuid> ids) = 0;
  virtual Task<Result<std::optional<Payment>>> find_by_ref(std::string provider, std::string ref) = 0;
  /// The IP address that the payment's risk assessment was made with; empty if unknown.
  virtual Task<Result<std::string>> buyer_address(Uuid assessment_id) = 0;
  virtual Task<Result<postgres::UnitOfWork>> begin(CallContext context) = 0;
  virtual Task<Result<LockedPayment>> lock(postgres::UnitOfWork& work, Uuid id) = 0;  ///< Errors: PAYMENT_NOT_FOUND.
  /// The order's payments, locked in the order of their ids.
  virtual Task<Result<std::vector<LockedPayment>>> lock_of_order(postgres::UnitOfWork& work, Uuid order_id) = 0;
  /// Writes the row, its history, ledger and events.
  virtual Task<Result<>> save(postgres::UnitOfWork& work, Payment payment, Effects effects, UtcTime now, Uuid trace) = 0;
  /// Stores the provider's reference, unless the payment was given up meanwhile. Answers whether it may go on.
  virtual Task<Result<bool>> store_ref(Uuid id, std::string ref, UtcTime now) = 0;
  /// The next look at a payment that was claimed until then; if somebody wants it sooner by now, as a void does, that stays.
  virtual Task<Result<>> reschedule(Uuid id, UtcTime claimed_until, UtcTime at, std::int32_t tries) = 0;
  /// Takes due payments for `lease`, of each provider up to its quota: no two workers get the same one.
  virtual Task<Result<std::vector<Payment>>> claim_due(UtcTime now, microseconds lease, std::vector<ProviderQuota> quotas) = 0;

  virtual Task<Result<>> leave_tombstone(Uuid payment_id, std::optional<Uuid> order_id, UtcTime now) = 0;
  virtual Task<Result<>> close_order(postgres::UnitOfWork& work, Uuid order_id, UtcTime now) = 0;
  /// Remembers what a courier reported for a parcel. False: it was reported before.
  virtual Task<Result<bool>> insert_cod_report(postgres::UnitOfWork& work, Uuid shipment_id, Uuid payment_id, std::int64_t amount, bool counted,
                                               UtcTime now) = 0;
  /// False: known already.
  virtual Task<Result<bool>> insert_bank_credit(postgres::UnitOfWork& work, StoredCredit credit, UtcTime now) = 0;
  virtual Task<Result<StoredCredit>> lock_bank_credit(postgres::UnitOfWork& work, std::string bank_txn_id) = 0;  ///< Of one that was inserted.
  virtual Task<Result<>> update_bank_credit(postgres::UnitOfWork& work, StoredCredit credit) = 0;
  /// The same for money of the bank that may be nobody's.
  virtual Task<Result<>> post_bank(postgres::UnitOfWork& work, std::optional<Payment> payment, Posting posting, Uuid posting_id, UtcTime now) = 0;
  virtual Task<Result<>> close_case(postgres::UnitOfWork& work, std::string dedup_key, std::string resolution, Uuid closed_by, UtcTime now) = 0;
  virtual Task<Result<>> open_case(postgres::UnitOfWork& work, PaymentCase row, Uuid id, UtcTime now) = 0;

  virtual Task<Result<Refund>> find_refund(Uuid id) = 0;  ///< Errors: REFUND_NOT_FOUND.
  virtual Task<Result<std::optional<Refund>>> find_refund_by_key(postgres::UnitOfWork& work, std::string key) = 0;
  virtual Task<Result<std::optional<Refund>>> find_refund_by_ref(std::string ref) = 0;
  virtual Task<Result<>> insert_refund(postgres::UnitOfWork& work, Refund refund) = 0;
  virtual Task<Result<Refund>> lock_refund(postgres::UnitOfWork& work, Uuid id) = 0;
  virtual Task<Result<>> update_refund(postgres::UnitOfWork& work, Refund refund, std::optional<std::string> error) = 0;
  virtual Task<Result<>> publish_refund(postgres::UnitOfWork& work, std::string_view topic, Payment payment, Refund refund, bool full, Uuid trace) = 0;
  virtual Task<Result<>> post_ledger(postgres::UnitOfWork& work, Payment payment, std::optional<Uuid> refund_id, Posting posting, Uuid posting_id,
                                     UtcTime now) = 0;
  virtual Task<Result<std::vector<Refund>>> claim_refunds(UtcTime now, microseconds lease, std::vector<ProviderQuota> quotas) = 0;

  /// False: known already.
  virtual Task<Result<bool>> insert_webhook(NewWebhook row, UtcTime now) = 0;
  /// The same inside `work`, for a message that takes effect there. Without `next_run_at` nothing more is to be done. False: known already.
  virtual Task<Result<bool>> record_webhook(postgres::UnitOfWork& work, NewWebhook row, std::optional<UtcTime> next_run_at, UtcTime now) = 0;
  virtual Task<Result<std::vector<WebhookRow>>> claim_webhooks(UtcTime now, microseconds lease, std::int32_t count) = 0;
  virtual Task<Result<>> finish_webhook(Uuid id, std::string state, std::string outcome, std::optional<UtcTime> next_run_at, UtcTime now) = 0;

  virtual Task<Result<std::vector<Payment>>> list(PaymentFilter filter) = 0;
  virtual Task<Result<std::vector<TransactionRow>>> transactions(Uuid payment_id) = 0;
  virtual Task<Result<std::vector<LedgerRow>>> ledger(LedgerFilter filter) = 0;
};

}  // namespace emporion::payment
