#pragma once

#include <string>
#include <vector>

#include "modules/commerce/payment/app/payment_store.hpp"
#include "modules/commerce/payment/domain/escrow.hpp"

namespace emporion::payment {

/// A completed order whose money waits.
struct WaitingEscrow {
  Uuid order_id;
  std::vector<SellerShare> shares;
};

class EscrowStore {
 public:
  virtual ~EscrowStore() = default;
  /// Remembers that the order is completed. A repeat changes nothing.
  virtual Task<Result<>> insert(postgres::UnitOfWork& work, Uuid order_id, std::vector<SellerShare> shares, UtcTime now) = 0;
  /// Nothing if it is not there or was released.
  virtual Task<Result<std::optional<WaitingEscrow>>> lock(postgres::UnitOfWork& work, Uuid order_id) = 0;
  virtual Task<Result<>> postpone(postgres::UnitOfWork& work, Uuid order_id, std::string why, UtcTime next) = 0;
  virtual Task<Result<>> finish(postgres::UnitOfWork& work, Uuid order_id, UtcTime now) = 0;
  virtual Task<Result<std::vector<Uuid>>> due(UtcTime now, std::int32_t count) = 0;
  /// Refunds of the payment that are still on their way.
  virtual Task<Result<int>> refunds_under_way(postgres::UnitOfWork& work, Uuid payment_id) = 0;
  /// What the provider kept of the payment, by the ledger.
  virtual Task<Result<std::int64_t>> fees_of(postgres::UnitOfWork& work, Uuid payment_id) = 0;
  virtual Task<Result<>> publish(postgres::UnitOfWork& work, Uuid order_id, SellerRelease release, Uuid trace) = 0;
};

/// Makes a completed order's money its sellers', once: not while a dispute is open (invariant 12) or a refund is on its way.
class Escrow {
 public:
  Escrow(PaymentStore& store, EscrowStore& escrows, const Clock& clock, Commission commission)
      : store_(store), escrows_(escrows), clock_(clock), commission_(std::move(commission)) {}

  /// Inside the unit of work that heard of the completion. Safe to repeat.
  Task<Result<>> complete(postgres::UnitOfWork& work, Uuid order_id, std::vector<SellerShare> shares, Uuid trace);
  /// Tries again what had to wait.
  Task<Result<>> run_due(CallContext context);

 private:
  Task<Result<>> release(postgres::UnitOfWork& work, Uuid order_id, Uuid trace);
  Task<Result<>> run_one(CallContext context, Uuid order_id);

  PaymentStore& store_;
  EscrowStore& escrows_;
  const Clock& clock_;
  Commission commission_;
};

}  // namespace emporion::payment
