#pragma once

#include "kernel/rpc/calls.hpp"
#include "modules/commerce/order/app/neighbours.hpp"

namespace emporion::order {

/// The neighbours by their contracts.
class ContractNeighbours final : public Neighbours {
 public:
  explicit ContractNeighbours(Calls& calls) : calls_(calls) {}
  Task<Result<>> ask_fulfillment(CallContext context, Uuid order_id, std::vector<v1::CancelItem> items, std::string reason, std::string cause_id) override;
  Task<Result<>> abandon_checkout(CallContext context, Uuid session_id, std::string reason, std::string key) override;
  Task<Result<bool>> has_saga_ended(CallContext context, Uuid saga_id) override;
  Task<Result<bool>> is_guests_session(CallContext context, Uuid session_id, std::string cart_token) override;
  Task<Result<bool>> is_payment_over(CallContext context, Uuid order_id) override;
  Task<Result<std::vector<std::string>>> not_given_back(CallContext context, CancelledOrder order) override;
  Task<Result<std::optional<std::string>>> verified_email(CallContext context) override;
  Task<Result<std::vector<std::string>>> changes_of_address(CallContext context, v1::Order order, v1::Address to) override;

 private:
  Calls& calls_;
};

}  // namespace emporion::order
