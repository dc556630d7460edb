#pragma once

#include "modules/logistics/fulfillment/app/picking.hpp"
#include "modules/logistics/fulfillment/app/store.hpp"

namespace emporion::fulfillment {

/// The contract: every step locks one fulfillment, lets it judge, and saves it with its events.
class Workflow final : public v1::FulfillmentApi {
 public:
  Workflow(FulfillmentStore& store, Picking& picking, postgres::Database& database, const Calls& calls, const Clock& clock)
      : store_(store), picking_(picking), database_(database), calls_(calls), clock_(clock) {}

  Task<Result<v1::Fulfillment>> create_fulfillment(CallContext context, v1::CreateFulfillmentRequest request) override;
  Task<Result<v1::ListFulfillmentsResponse>> list_fulfillments(CallContext context, v1::ListFulfillmentsRequest request) override;
  Task<Result<v1::Fulfillment>> get_fulfillment(CallContext context, v1::GetFulfillmentRequest request) override;
  Task<Result<v1::ListFulfillmentsResponse>> list_by_order(CallContext context, v1::ListByOrderRequest request) override;
  Task<Result<v1::Fulfillment>> plan_fulfillment(CallContext context, v1::FulfillmentStepRequest request) override;
  Task<Result<v1::Picklist>> create_picklist(CallContext context, v1::FulfillmentStepRequest request) override;
  Task<Result<v1::Fulfillment>> start_packing(CallContext context, v1::FulfillmentStepRequest request) override;
  Task<Result<v1::Fulfillment>> pack(CallContext context, v1::PackRequest request) override;
  Task<Result<v1::Fulfillment>> make_ready(CallContext context, v1::FulfillmentStepRequest request) override;
  Task<Result<v1::Fulfillment>> ship(CallContext context, v1::ShipRequest request) override;
  Task<Result<v1::Fulfillment>> cancel_fulfillment(CallContext context, v1::CancelFulfillmentRequest request) override;
  Task<Result<v1::CancelForOrderResponse>> cancel_for_order(CallContext context, v1::CancelForOrderRequest request) override;
  Task<Result<v1::Fulfillment>> hold_fulfillment(CallContext context, v1::HoldFulfillmentRequest request) override;
  Task<Result<v1::Fulfillment>> resume_fulfillment(CallContext context, v1::FulfillmentStepRequest request) override;
  Task<Result<v1::ListPicklistsResponse>> list_picklists(CallContext context, v1::ListPicklistsRequest request) override;
  Task<Result<v1::Picklist>> get_picklist(CallContext context, v1::GetPicklistRequest request) override;
  Task<Result<v1::Picklist>> assign_picklist(CallContext context, v1::AssignPicklistRequest request) override;
  Task<Result<v1::Picklist>> start_picklist(CallContext context, v1::StartPicklistRequest request) override;
  Task<Result<v1::Picklist>> confirm_pick_item(CallContext context, v1::ConfirmPickItemRequest request) override;
  Task<Result<v1::Picklist>> confirm_picked(CallContext context, v1::ConfirmPickedRequest request) override;

 private:
  using Step = std::move_only_function<Result<>(Fulfillment&)>;
  Task<Result<Fulfillment>> step(CallContext context, Uuid id, Step step);
  Task<Result<v1::Fulfillment>> answer(CallContext context, Uuid id, Step step);
  Task<Result<v1::Picklist>> picklist_step(CallContext context, Uuid picklist_id, Step step);

  FulfillmentStore& store_;
  Picking& picking_;
  postgres::Database& database_;
  const Calls& calls_;
  const Clock& clock_;
};

/// The id of a fulfillment follows from what it is unique by.
Uuid fulfillment_id(const Uuid& order_id, const Uuid& warehouse_id, std::int32_t generation);
/// Source: logistics.md §2.6, SLA.
microseconds time_to_ship(std::string_view service_level);
std::string picklist_number(const Uuid& fulfillment_id);

}  // namespace emporion::fulfillment
