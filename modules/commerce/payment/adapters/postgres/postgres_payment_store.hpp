#pragma once

#include "kernel/base/random.hpp"
#include "modules/commerce/payment/app/payment_store.hpp"

namespace emporion::payment {

class PostgresPaymentStore : public PaymentStore {
 public:
  PostgresPaymentStore(postgres::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  Task<Result<std::vector<Result<NewPaymentAnswer>>>> create_batch(std::vector<NewPayment> batch) override;
  Task<Result<std::vector<Result<StoredAssessment>>>> assess_batch(std::vector<RiskQuestion> batch) override;
  Task<Result<>> remember_account(postgres::UnitOfWork& work, Uuid customer_id, UtcTime registered_at) override;
  Task<Result<Payment>> find(Uuid id) override;
  Task<Result<std::vector<Result<Payment>>>> find_all(std::vector<Uuid> ids) override;
  Task<Result<std::optional<Payment>>> find_by_ref(std::string provider, std::string ref) override;
  Task<Result<std::string>> buyer_address(Uuid assessment_id) override;
  Task<Result<postgres::UnitOfWork>> begin(CallContext context) override;
  Task<Result<LockedPayment>> lock(postgres::UnitOfWork& work, Uuid id) override;
  Task<Result<std::vector<LockedPayment>>> lock_of_order(postgres::UnitOfWork& work, Uuid order_id) override;
  Task<Result<>> save(postgres::UnitOfWork& work, Payment payment, Effects effects, UtcTime now, Uuid trace) override;
  Task<Result<bool>> store_ref(Uuid id, std::string ref, UtcTime now) override;
  Task<Result<>> reschedule(Uuid id, UtcTime claimed_until, UtcTime at, std::int32_t tries) override;
  Task<Result<std::vector<Payment>>> claim_due(UtcTime now, microseconds lease, std::vector<ProviderQuota> quotas) override;
  Task<Result<>> leave_tombstone(Uuid payment_id, std::optional<Uuid> order_id, UtcTime now) override;
  Task<Result<>> close_order(postgres::UnitOfWork& work, Uuid order_id, UtcTime now) override;
  Task<Result<bool>> insert_cod_report(postgres::UnitOfWork& work, Uuid shipment_id, Uuid payment_id, std::int64_t amount, bool counted, UtcTime now) override;
  Task<Result<bool>> insert_bank_credit(postgres::UnitOfWork& work, StoredCredit credit, UtcTime now) override;
  Task<Result<StoredCredit>> lock_bank_credit(postgres::UnitOfWork& work, std::string bank_txn_id) override;
  Task<Result<>> update_bank_credit(postgres::UnitOfWork& work, StoredCredit credit) override;
  Task<Result<>> post_bank(postgres::UnitOfWork& work, std::optional<Payment> payment, Posting posting, Uuid posting_id, UtcTime now) override;
  Task<Result<>> close_case(postgres::UnitOfWork& work, std::string dedup_key, std::string resolution, Uuid closed_by, UtcTime now) override;
  Task<Result<>> open_case(postgres::UnitOfWork& work, PaymentCase row, Uuid id, UtcTime now) override;
  Task<Result<Refund>> find_refund(Uuid id) override;
  Task<Result<std::optional<Refund>>> find_refund_by_key(postgres::UnitOfWork& work, std::string key) override;
  Task<Result<std::optional<Refund>>> find_refund_by_ref(std::string ref) override;
  Task<Result<>> insert_refund(postgres::UnitOfWork& work, Refund refund) override;
  Task<Result<Refund>> lock_refund(postgres::UnitOfWork& work, Uuid id) override;
  Task<Result<>> update_refund(postgres::UnitOfWork& work, Refund refund, std::optional<std::string> error) override;
  Task<Result<>> publish_refund(postgres::UnitOfWork& work, std::string_view topic, Payment payment, Refund refund, bool full, Uuid trace) override;
  Task<Result<>> post_ledger(postgres::UnitOfWork& work, Payment payment, std::optional<Uuid> refund_id, Posting posting, Uuid posting_id,
                             UtcTime now) override;
  Task<Result<std::vector<Refund>>> claim_refunds(UtcTime now, microseconds lease, std::vector<ProviderQuota> quotas) override;
  Task<Result<bool>> insert_webhook(NewWebhook row, UtcTime now) override;
  Task<Result<bool>> record_webhook(postgres::UnitOfWork& work, NewWebhook row, std::optional<UtcTime> next_run_at, UtcTime now) override;
  Task<Result<std::vector<WebhookRow>>> claim_webhooks(UtcTime now, microseconds lease, std::int32_t count) override;
  Task<Result<>> finish_webhook(Uuid id, std::string state, std::string outcome, std::optional<UtcTime> next_run_at, UtcTime now) override;
  Task<Result<std::vector<Payment>>> list(PaymentFilter filter) override;
  Task<Result<std::vector<TransactionRow>>> transactions(Uuid payment_id) override;
  Task<Result<std::vector<LedgerRow>>> ledger(LedgerFilter filter) override;

 private:
  /// Reads the rules of risk scoring unless they are known.
  Task<Result<>> know_rules(std::int32_t version);

  postgres::Database& database_;
  const Clock& clock_;
  std::optional<RiskRules> rules_;  ///< Those that were in force last.
};

}  // namespace emporion::payment
