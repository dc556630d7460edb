#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modules/commerce/payment/app/payment_store.hpp"
#include "modules/commerce/payment/domain/dispute.hpp"

namespace emporion::payment {

struct DisputeFilter {
  std::optional<std::string> status;
  std::optional<Uuid> payment_id;
  std::optional<UtcTime> before_at;
  std::optional<Uuid> before_id;
  std::int32_t count = 20;
};

/// The module's tables of disputes. What is locked is locked after its payment.
class DisputeStore {
 public:
  virtual ~DisputeStore() = default;

  virtual Task<Result<std::optional<Payment>>> find_payment_by_txn(std::string provider, std::string txn_id) = 0;
  virtual Task<Result<Dispute>> find(Uuid id) = 0;  ///< Errors: DISPUTE_NOT_FOUND.
  virtual Task<Result<std::vector<Dispute>>> list(DisputeFilter filter) = 0;
  virtual Task<Result<std::optional<Dispute>>> lock_by_ref(postgres::UnitOfWork& work, std::string provider, std::string ref) = 0;
  virtual Task<Result<>> insert(postgres::UnitOfWork& work, Dispute dispute) = 0;
  virtual Task<Result<>> update(postgres::UnitOfWork& work, Dispute dispute) = 0;
  /// Answers to disputes that the provider has not confirmed, for `lease`.
  virtual Task<Result<std::vector<Dispute>>> claim_due(UtcTime now, microseconds lease, std::int32_t count) = 0;

  /// Open disputes of the payment.
  virtual Task<Result<int>> count_open(postgres::UnitOfWork& work, Uuid payment_id) = 0;
  /// Says on the payment how its disputes stand.
  virtual Task<Result<>> mark_payment(postgres::UnitOfWork& work, Uuid payment_id, std::string dispute_state, std::optional<std::int64_t> charged_back) = 0;
  /// Refunds that were not sent wait for the dispute's end; they are locked first, so that one is held or already sent and never both.
  virtual Task<Result<>> hold_refunds(postgres::UnitOfWork& work, Uuid payment_id) = 0;
  virtual Task<Result<>> free_refunds(postgres::UnitOfWork& work, Uuid payment_id, UtcTime now) = 0;
  /// Refunds of the payment that wait, newest first.
  virtual Task<Result<std::vector<Refund>>> held_refunds(postgres::UnitOfWork& work, Uuid payment_id) = 0;
  /// The order's escrow may go on now.
  virtual Task<Result<>> thaw_escrow(postgres::UnitOfWork& work, Uuid order_id, UtcTime now) = 0;
  virtual Task<Result<>> publish_opened(postgres::UnitOfWork& work, Payment payment, Dispute dispute, Uuid trace) = 0;
  virtual Task<Result<>> publish_closed(postgres::UnitOfWork& work, Payment payment, Dispute dispute, bool order_disputed, Uuid trace) = 0;
};

}  // namespace emporion::payment
