#include "modules/logistics/fulfillment/app/workflow.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "kernel/base/text.hpp"

namespace emporion::fulfillment {
namespace {

Error not_found(const Uuid& id) { return Error(ErrorKind::not_found, "FULFILLMENT_NOT_FOUND", text("no fulfillment ", id)); }
Error no_picklist(const Uuid& id) { return Error(ErrorKind::not_found, "PICKLIST_NOT_FOUND", text("no picklist ", id)); }

template <typename T>
std::vector<T> one(T value) {
  std::vector<T> out;
  out.push_back(std::move(value));
  return out;
}

v1::ListFulfillmentsResponse to_contract(const std::vector<Fulfillment>& all) {
  v1::ListFulfillmentsResponse out;
  for (const Fulfillment& fulfillment : all) out.fulfillments.push_back(fulfillment.view);
  return out;
}

}  // namespace

Uuid fulfillment_id(const Uuid& order_id, const Uuid& warehouse_id, std::int32_t generation) {
  return Uuid::from_name(text("fulfillment:", order_id, ":", warehouse_id, ":", generation));
}

microseconds time_to_ship(std::string_view service_level) {
  if (service_level == "express") return hours(2);
  if (service_level == "economy") return hours(48);
  return hours(24);
}

std::string picklist_number(const Uuid& id) { return "PICK-" + id.to_string().substr(0, 8); }

Task<Result<Fulfillment>> Workflow::step(CallContext context, Uuid id, Step step) {
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, one(id)));
  if (locked.empty()) co_return fail(not_found(id));
  EMP_CO_TRY(step(locked.front()));
  Fulfillment after = locked.front();
  EMP_CO_TRY(co_await store_.save(work, std::move(locked)));
  EMP_CO_TRY(co_await work.commit());
  co_return after;
}

Task<Result<v1::Fulfillment>> Workflow::answer(CallContext context, Uuid id, Step step) {
  EMP_CO_ASSIGN(auto after, co_await this->step(std::move(context), id, std::move(step)));
  co_return std::move(after.view);
}

Task<Result<v1::Picklist>> Workflow::picklist_step(CallContext context, Uuid picklist_id, Step step) {
  EMP_CO_ASSIGN(const auto found, co_await store_.find_by_picklist(picklist_id));
  if (!found) co_return fail(no_picklist(picklist_id));
  EMP_CO_ASSIGN(auto after, co_await this->step(std::move(context), found->view.id, std::move(step)));
  co_return std::move(*after.picklist);
}

Task<Result<v1::Fulfillment>> Workflow::create_fulfillment(CallContext context, v1::CreateFulfillmentRequest request) {
  warehouse::v1::GetReservationRequest ask;
  ask.id = request.reservation_id;
  const auto reservation = co_await calls_.get<warehouse::v1::WarehouseApi>().get_reservation(context.as_service("fulfillment"), ask);
  if (!reservation && reservation.error().is_transient()) co_return fail(reservation.error());
  if (!reservation || reservation->status != warehouse::v1::ReservationStatus::confirmed)
    co_return fail(ErrorKind::conflict, "RESERVATION_NOT_CONFIRMED", "its stock is not held for an order");

  Fulfillment fulfillment;
  const UtcTime now = clock_.now();
  v1::Fulfillment& view = fulfillment.view;
  view.id = fulfillment_id(request.order_id, request.warehouse_id, request.generation);
  view.order_id = request.order_id;
  view.warehouse_id = request.warehouse_id;
  view.reservation_id = request.reservation_id;
  view.generation = request.generation;
  view.status = v1::FulfillmentStatus::pending;
  view.service_level = request.service_level.value_or("standard");
  view.ship_by = now + time_to_ship(view.service_level);
  for (const auto& item : request.items) {
    view.items.push_back({.order_line = item.order_line,
                          .sku = item.sku,
                          .qty = item.qty,
                          .picked = 0,
                          .packed = 0,
                          .short_qty = 0,
                          .cancelled = 0,
                          .weight_g = item.weight_g,
                          .value = item.value});
  }
  view.cod = request.cod;
  view.address = std::move(request.address);
  fulfillment.facts.currency = request.cod                                       ? request.cod->currency().to_string()
                               : !view.items.empty() && view.items.front().value ? view.items.front().value->currency().to_string()
                                                                                 : "VND";
  fulfillment.trace = context.trace;

  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(const auto book, co_await store_.lock_orders(work, one(request.order_id)));
  if (book.front().is_cancelled) co_return fail(ErrorKind::conflict, "ORDER_CANCELLED", "the order was cancelled");
  EMP_CO_TRY(co_await store_.insert(work, one(fulfillment)));
  EMP_CO_TRY(co_await work.commit());
  EMP_CO_ASSIGN(auto stored, co_await store_.find(view.id));
  if (!stored) co_return fail(not_found(view.id));
  co_return std::move(stored->view);
}

Task<Result<v1::ListFulfillmentsResponse>> Workflow::list_fulfillments(CallContext, v1::ListFulfillmentsRequest request) {
  std::optional<Uuid> before;
  if (request.page_token) {
    const auto token = Uuid::parse(*request.page_token);
    if (!token) co_return fail(ErrorKind::invalid_argument, "INVALID_PAGE_TOKEN");
    before = *token;
  }
  std::optional<Status> status;
  if (request.status) status = static_cast<Status>(static_cast<int>(*request.status) - 1);
  const std::int32_t size = request.page_size.value_or(20);
  EMP_CO_ASSIGN(auto found, co_await store_.list(status, request.warehouse_id, before, size + 1));
  const bool has_more = found.size() > static_cast<std::size_t>(size);
  if (has_more) found.erase(found.begin() + size, found.end());
  auto out = to_contract(found);
  if (has_more) out.next_page_token = found.back().view.id.to_string();
  co_return out;
}

Task<Result<v1::Fulfillment>> Workflow::get_fulfillment(CallContext, v1::GetFulfillmentRequest request) {
  EMP_CO_ASSIGN(auto found, co_await store_.find(request.id));
  if (!found) co_return fail(not_found(request.id));
  co_return std::move(found->view);
}

Task<Result<v1::ListFulfillmentsResponse>> Workflow::list_by_order(CallContext, v1::ListByOrderRequest request) {
  EMP_CO_ASSIGN(const auto found, co_await store_.of_order(request.order_id));
  co_return to_contract(found);
}

Task<Result<v1::Fulfillment>> Workflow::plan_fulfillment(CallContext context, v1::FulfillmentStepRequest request) {
  EMP_CO_ASSIGN(const auto found, co_await store_.find(request.id));
  if (!found) co_return fail(not_found(request.id));
  warehouse::v1::GetWarehouseRequest ask;
  ask.id = found->view.warehouse_id;
  EMP_CO_ASSIGN(const auto warehouse, co_await calls_.get<warehouse::v1::WarehouseApi>().get_warehouse(context.as_service("fulfillment"), ask));
  if (warehouse.status != warehouse::v1::WarehouseStatus::active)
    co_return fail(ErrorKind::conflict, "WAREHOUSE_NOT_ACTIVE", "its lines are sent from elsewhere");
  co_return co_await answer(std::move(context), request.id, [](Fulfillment& f) { return f.plan(); });
}

Task<Result<v1::Picklist>> Workflow::create_picklist(CallContext context, v1::FulfillmentStepRequest request) {
  EMP_CO_ASSIGN(auto after, co_await step(std::move(context), request.id, [](Fulfillment& f) {
                  return f.make_picklist(Uuid::from_name(text("picklist:", f.view.id)), picklist_number(f.view.id));
                }));
  co_return std::move(*after.picklist);
}

Task<Result<v1::Fulfillment>> Workflow::start_packing(CallContext context, v1::FulfillmentStepRequest request) {
  return answer(std::move(context), request.id, [](Fulfillment& f) { return f.start_packing(); });
}

Task<Result<v1::Fulfillment>> Workflow::pack(CallContext context, v1::PackRequest request) {
  return answer(std::move(context), request.id, [packages = std::move(request.packages)](Fulfillment& f) { return f.pack(packages); });
}

Task<Result<v1::Fulfillment>> Workflow::make_ready(CallContext context, v1::FulfillmentStepRequest request) {
  return answer(std::move(context), request.id, [](Fulfillment& f) { return f.make_ready(); });
}

Task<Result<v1::Fulfillment>> Workflow::ship(CallContext context, v1::ShipRequest request) {
  return answer(std::move(context), request.id, [ids = std::move(request.package_ids)](Fulfillment& f) { return f.ship(ids); });
}

Task<Result<v1::Fulfillment>> Workflow::cancel_fulfillment(CallContext context, v1::CancelFulfillmentRequest request) {
  return answer(std::move(context), request.id, [reason = std::move(request.reason)](Fulfillment& f) { return f.cancel(reason); });
}

Task<Result<v1::Fulfillment>> Workflow::hold_fulfillment(CallContext context, v1::HoldFulfillmentRequest request) {
  return answer(std::move(context), request.id, [reason = std::move(request.reason)](Fulfillment& f) { return f.hold(reason); });
}

Task<Result<v1::Fulfillment>> Workflow::resume_fulfillment(CallContext context, v1::FulfillmentStepRequest request) {
  return answer(std::move(context), request.id, [](Fulfillment& f) { return f.resume(); });
}

Task<Result<v1::CancelForOrderResponse>> Workflow::cancel_for_order(CallContext context, v1::CancelForOrderRequest request) {
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(auto books, co_await store_.lock_orders(work, one(request.order_id)));
  OrderBook& book = books.front();
  EMP_CO_ASSIGN(auto all, co_await store_.lock_of_order(work, request.order_id));
  if (std::find(book.causes.begin(), book.causes.end(), request.cause_id) == book.causes.end()) {
    // All of them or none: judged first, changed after.
    for (const Fulfillment& fulfillment : all) {
      const Status status = fulfillment.status();
      if (status == Status::cancelled) continue;
      if (!is_in_house(status))
        co_return fail(Error(ErrorKind::conflict, "ALREADY_SHIPPED", "a part has left the warehouse").with("status", to_string(status)));
      if (request.items.empty() && fulfillment.units_picked() > 0) co_return fail(ErrorKind::conflict, "ALREADY_PICKED", "units are picked already");
    }
    for (const auto& item : request.items) {
      std::int32_t open = 0;
      bool is_known = false;
      for (const Fulfillment& fulfillment : all) {
        for (const auto& of : fulfillment.view.items) {
          if (of.order_line != item.order_line || fulfillment.status() == Status::cancelled) continue;
          is_known = true;
          open += of.qty - of.picked - of.short_qty - of.cancelled;
        }
      }
      if (is_known && open < item.qty)
        co_return fail(Error(ErrorKind::conflict, "ALREADY_PICKED", "units are picked already").with("order_line", item.order_line).with("open", open));
    }
    for (Fulfillment& fulfillment : all) {
      if (request.items.empty() && fulfillment.status() != Status::cancelled) EMP_CO_TRY(fulfillment.cancel(request.reason));
    }
    for (const auto& item : request.items) {
      std::int32_t left = item.qty;
      for (Fulfillment& fulfillment : all) left -= fulfillment.drop_units(item.order_line, left, request.reason);
      // Without fulfillments nothing was taken out; the order's event will do it once they are there.
      if (item.qty > left) book.credits[item.order_line] += item.qty - left;
    }
    book.is_cancelled = book.is_cancelled || request.items.empty();
    book.causes.push_back(request.cause_id);
    v1::CancelForOrderResponse out;
    for (const Fulfillment& fulfillment : all) out.fulfillments.push_back(fulfillment.view);
    EMP_CO_TRY(co_await store_.save(work, std::move(all)));
    EMP_CO_TRY(co_await store_.save_order(work, book));
    EMP_CO_TRY(co_await work.commit());
    co_return out;
  }
  v1::CancelForOrderResponse out;
  for (const Fulfillment& fulfillment : all) out.fulfillments.push_back(fulfillment.view);
  co_return out;
}

Task<Result<v1::ListPicklistsResponse>> Workflow::list_picklists(CallContext, v1::ListPicklistsRequest request) {
  std::int32_t offset = 0;
  if (request.page_token) {
    const char* end = request.page_token->data() + request.page_token->size();
    const auto [at, error] = std::from_chars(request.page_token->data(), end, offset);
    if (error != std::errc() || at != end || offset < 0) co_return fail(ErrorKind::invalid_argument, "INVALID_PAGE_TOKEN");
  }
  const std::int32_t size = request.page_size.value_or(20);
  std::optional<std::string> status;
  if (request.status) status = std::string(v1::to_string(*request.status));
  EMP_CO_ASSIGN(auto found, co_await store_.list_picklists(std::move(status), request.warehouse_id, request.assignee_id, offset, size + 1));
  v1::ListPicklistsResponse out;
  if (found.size() > static_cast<std::size_t>(size)) {
    found.erase(found.begin() + size, found.end());
    out.next_page_token = text(offset + size);
  }
  for (Fulfillment& fulfillment : found) out.picklists.push_back(std::move(*fulfillment.picklist));
  co_return out;
}

Task<Result<v1::Picklist>> Workflow::get_picklist(CallContext, v1::GetPicklistRequest request) {
  EMP_CO_ASSIGN(auto found, co_await store_.find_by_picklist(request.id));
  if (!found) co_return fail(no_picklist(request.id));
  co_return std::move(*found->picklist);
}

Task<Result<v1::Picklist>> Workflow::assign_picklist(CallContext context, v1::AssignPicklistRequest request) {
  const Uuid assignee = request.assignee_id.value_or(context.principal.id);
  return picklist_step(std::move(context), request.id, [assignee](Fulfillment& f) { return f.assign(assignee); });
}

Task<Result<v1::Picklist>> Workflow::start_picklist(CallContext context, v1::StartPicklistRequest request) {
  EMP_CO_ASSIGN(const auto found, co_await store_.find_by_picklist(request.id));
  if (!found) co_return fail(no_picklist(request.id));
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(auto books, co_await store_.lock_orders(work, one(found->view.order_id)));
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, one(found->view.id)));
  EMP_CO_TRY(locked.front().start(!books.front().is_started));
  v1::Picklist list = *locked.front().picklist;
  EMP_CO_TRY(co_await store_.save(work, std::move(locked)));
  if (!std::exchange(books.front().is_started, true)) EMP_CO_TRY(co_await store_.save_order(work, books.front()));
  EMP_CO_TRY(co_await work.commit());
  co_return list;
}

Task<Result<v1::Picklist>> Workflow::confirm_pick_item(CallContext context, v1::ConfirmPickItemRequest request) {
  return picking_.confirm_item(std::move(context), std::move(request));
}

Task<Result<v1::Picklist>> Workflow::confirm_picked(CallContext context, v1::ConfirmPickedRequest request) {
  return picklist_step(std::move(context), request.id, [](Fulfillment& f) { return f.finish_picking(); });
}

}  // namespace emporion::fulfillment
