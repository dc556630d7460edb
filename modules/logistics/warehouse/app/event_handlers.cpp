#include "modules/logistics/warehouse/app/event_handlers.hpp"

#include <algorithm>
#include <map>

#include "kernel/base/text.hpp"

namespace emporion::warehouse {

void EventHandlers::subscribe(messaging::Subscriptions& subscriptions) {
  subscriptions.on<order::v1::OrderCancelled>(this, &EventHandlers::order_cancelled);
  subscriptions.on<order::v1::OrderLineCancelled>(this, &EventHandlers::line_cancelled);
  subscriptions.on<fulfillment::v1::FulfillmentShipped>(this, &EventHandlers::fulfillment_shipped);
  subscriptions.on<fulfillment::v1::FulfillmentCancelled>(this, &EventHandlers::fulfillment_cancelled);
}

Task<Result<>> EventHandlers::order_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderCancelled event) {
  std::vector<Uuid> named;
  for (const auto& line : event.lines) {
    for (const auto& allocation : line.allocations) named.push_back(allocation.reservation_id);
  }
  std::ranges::sort(named);
  named.erase(std::ranges::unique(named).begin(), named.end());
  co_return co_await reservations_.order_cancelled(work, event.order_id, std::move(named), "order cancelled", envelope.trace);
}

Task<Result<>> EventHandlers::line_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderLineCancelled event) {
  // Units may have moved to another warehouse since: the line is released wherever it is held.
  std::map<Uuid, std::int32_t> units;
  for (const auto& allocation : event.allocations) units[allocation.reservation_id] += allocation.qty;
  const std::string cause = text("order:", event.order_id, ":", event.seq);
  for (const auto& [reservation, qty] : units) {
    EMP_CO_TRY(co_await reservations_.line_cancelled(work, reservation, cause, event.line_no, qty, "line cancelled", envelope.trace));
  }
  co_return Result<>();
}

Task<Result<>> EventHandlers::fulfillment_shipped(postgres::UnitOfWork& work, messaging::Envelope envelope, fulfillment::v1::FulfillmentShipped event) {
  Step step{.reservation = event.reservation_id,
            .kind = "ship",
            .cause = event.fulfillment_id.to_string(),
            .lines = {},
            .actor = "svc:fulfillment",
            .trace = envelope.trace};
  for (const auto& line : event.lines) step.lines.push_back({line.line, event.warehouse_id, line.qty});
  co_return co_await reservations_.shipped(work, std::move(step));
}

Task<Result<>> EventHandlers::fulfillment_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, fulfillment::v1::FulfillmentCancelled event) {
  if (event.put_back.empty()) co_return Result<>();
  std::vector<std::pair<std::int32_t, std::int32_t>> put_back;
  for (const auto& item : event.put_back) put_back.emplace_back(item.line, item.qty);
  co_return co_await reservations_.fulfillment_cancelled(work, event.reservation_id, event.fulfillment_id, event.warehouse_id, std::move(put_back),
                                                         envelope.trace);
}

}  // namespace emporion::warehouse
