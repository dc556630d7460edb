#include "modules/logistics/shipping/app/shipments.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "modules/logistics/shipping/app/events.hpp"
#include "modules/logistics/shipping/app/label.hpp"

namespace emporion::shipping {
namespace {

Error not_found(const Uuid& id) { return Error(ErrorKind::not_found, "SHIPMENT_NOT_FOUND", text("no shipment ", id)); }

v1::ServiceLevel service_level_of(const std::string& name) {
  v1::ServiceLevel level = v1::ServiceLevel::standard;
  return v1::from_string(name, level) ? level : v1::ServiceLevel::standard;
}

template <typename Fact>
v1::Address address_of(const Fact& fact) {
  return {fact.name, fact.phone, fact.company, fact.country, fact.region_code, fact.city, fact.district, fact.ward, fact.line1, fact.line2, fact.postal_code};
}

/// Marks it as cancelled, or, where the carrier has it, as to be returned. False if neither can be any more.
bool cancel_one(Shipment& shipment, const std::string& reason, UtcTime now, EventWriter& events) {
  if (is_over(shipment.progress.status) || shipment.progress.status == Status::returning) return false;
  if (!is_before_pickup(shipment.progress.status)) {
    shipment.cancel_wanted = true;
    ++shipment.version;
    return true;
  }
  shipment.cancel_wanted = shipment.tracking_number.has_value();
  shipment.progress.status = Status::cancelled;
  shipment.progress.status_at = std::max(now, shipment.progress.status_at);
  shipment.due_at.reset();
  events.cancelled(shipment, reason);
  return true;
}

}  // namespace

Task<Result<bool>> Shipments::record(postgres::UnitOfWork& work, Shipment shipment) {
  complete_new(shipment, clock_.now());
  EventWriter events;
  events.created(shipment);
  EMP_CO_ASSIGN(const bool is_new, co_await store_.insert(work, shipment));
  if (is_new) EMP_CO_TRY(co_await work.run_together(events.take()));
  co_return is_new;
}

Task<Result<v1::Shipment>> Shipments::create(CallContext context, v1::CreateShipmentRequest request) {
  EMP_CO_ASSIGN(const Currency currency, Currency::parse(request.currency));
  if (request.cod && (request.cod->currency() != currency || request.cod->amount() <= 0))
    co_return fail(ErrorKind::invalid_argument, "CURRENCY_MISMATCH", "cod is an amount above 0 in the order's currency");
  Shipment shipment;
  shipment.id = request.id ? *request.id : Uuid::v7(clock_.now(), random_);
  shipment.direction = request.direction;
  shipment.order_id = request.order_id;
  shipment.order_number = request.order_number.value_or("");
  shipment.fulfillment_id = request.fulfillment_id;
  shipment.package_id = request.package_id;
  shipment.warehouse_id = request.warehouse_id;
  shipment.customer_id = request.customer_id;
  shipment.carrier = request.carrier.value_or(carrier_default_);
  shipment.service_level = request.service_level;
  shipment.quote_id = request.quote_id;
  shipment.weight_g = request.weight_g;
  shipment.length_mm = request.length_mm;
  shipment.width_mm = request.width_mm;
  shipment.height_mm = request.height_mm;
  shipment.to = std::move(request.to);
  shipment.currency = currency;
  if (request.cod) shipment.cod_minor = request.cod->amount();
  shipment.items = std::move(request.items);
  shipment.trace = context.trace;
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_TRY(co_await record(work, std::move(shipment)));
  EMP_CO_TRY(co_await work.commit());
  EMP_CO_ASSIGN(const auto stored, co_await store_.find_by_package(request.package_id));
  if (!stored) co_return fail(ErrorKind::conflict, "SHIPMENT_CANCELLED", "the package's shipment was cancelled meanwhile");
  co_return to_contract(*stored);
}

Task<Result<Shipment>> Shipments::visible(CallContext context, Uuid id) {
  EMP_CO_ASSIGN(auto found, co_await store_.find(id));
  const bool is_foreign = found && context.principal.realm == Realm::customer && found->customer_id != context.principal.id;
  if (!found || is_foreign) co_return fail(not_found(id));
  co_return std::move(*found);
}

Task<Result<v1::Shipment>> Shipments::get(CallContext context, Uuid id) {
  EMP_CO_ASSIGN(const auto shipment, co_await visible(std::move(context), id));
  co_return to_contract(shipment);
}

Task<Result<v1::ListShipmentsResponse>> Shipments::list(CallContext context, v1::ListShipmentsRequest request) {
  ShipmentStore::Filter filter;
  filter.order_id = request.order_id;
  filter.fulfillment_id = request.fulfillment_id;
  if (context.principal.realm == Realm::customer) filter.customer_id = context.principal.id;
  if (request.status) filter.status = from_contract(*request.status);
  filter.tracking_number = request.tracking_number;
  if (request.page_token) {
    const auto token = Uuid::parse(*request.page_token);
    if (!token) co_return fail(ErrorKind::invalid_argument, "INVALID_PAGE_TOKEN");
    filter.before = *token;
  }
  const std::int32_t size = request.page_size.value_or(20);
  filter.limit = size + 1;
  EMP_CO_ASSIGN(auto found, co_await store_.list(std::move(filter)));
  v1::ListShipmentsResponse out;
  if (found.size() > static_cast<std::size_t>(size)) {
    found.erase(found.begin() + size, found.end());
    out.next_page_token = found.back().id.to_string();
  }
  for (const Shipment& shipment : found) out.shipments.push_back(to_contract(shipment));
  co_return out;
}

Task<Result<v1::Tracking>> Shipments::tracking(CallContext context, Uuid id) {
  EMP_CO_ASSIGN(const auto shipment, co_await visible(std::move(context), id));
  EMP_CO_ASSIGN(const auto rows, co_await store_.timeline(id));
  v1::Tracking out{.shipment_id = id,
                   .carrier = shipment.carrier,
                   .tracking_number = shipment.tracking_number,
                   .status = to_contract(shipment.progress.status),
                   .events = {}};
  for (const TimelineRow& row : rows) {
    out.events.push_back({.status = to_contract(row.status.value_or(shipment.progress.status)),
                          .raw_status = row.raw_status,
                          .place = row.place,
                          .reason = row.reason,
                          .at = row.at,
                          .received_at = row.received_at,
                          .applied = row.is_applied});
  }
  co_return out;
}

Task<Result<v1::Label>> Shipments::label(CallContext context, Uuid id) {
  EMP_CO_ASSIGN(const auto shipment, co_await visible(std::move(context), id));
  if (!shipment.tracking_number) co_return fail(ErrorKind::conflict, "LABEL_MISSING", "it is not booked yet");
  co_return v1::Label{.content = label_svg(shipment), .content_type = "image/svg+xml"};
}

Task<Result<v1::Shipment>> Shipments::cancel(CallContext context, v1::CancelShipmentRequest request) {
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  std::vector<Uuid> ids;
  ids.push_back(request.id);
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, std::move(ids)));
  if (locked.empty()) co_return fail(not_found(request.id));
  Shipment& shipment = locked.front();
  if (shipment.progress.status == Status::cancelled || shipment.progress.status == Status::returning || shipment.cancel_wanted) co_return to_contract(shipment);
  EventWriter events;
  if (!cancel_one(shipment, request.reason, clock_.now(), events)) {
    co_return fail(Error(ErrorKind::conflict, "TOO_LATE", "its way is over").with("status", to_string(shipment.progress.status)));
  }
  EMP_CO_TRY(co_await store_.save(work, locked));
  EMP_CO_TRY(co_await work.run_together(events.take()));
  EMP_CO_TRY(co_await work.commit());
  co_return to_contract(locked.front());
}

Task<Result<v1::Shipment>> Shipments::correct(CallContext context, v1::CorrectStatusRequest request) {
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  std::vector<Uuid> ids;
  ids.push_back(request.id);
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, std::move(ids)));
  if (locked.empty()) co_return fail(not_found(request.id));
  Shipment& shipment = locked.front();
  if (shipment.version != request.version)
    co_return fail(Error(ErrorKind::conflict, "VERSION_CONFLICT", "it changed meanwhile").with("version", shipment.version));
  const Status from = shipment.progress.status;
  const Status to = from_contract(request.status);
  const bool is_possible = from != to && from != Status::cancelled && !is_before_pickup(to) && to != Status::cancelled && shipment.tracking_number.has_value();
  if (!is_possible) co_return fail(Error(ErrorKind::conflict, "ILLEGAL_TRANSITION", "it cannot be corrected so").with("status", to_string(from)));
  const UtcTime now = clock_.now();
  const bool was_dispatched = shipment.progress.dispatched_at.has_value();
  shipment.progress.status = to;
  shipment.progress.status_at = std::max(now, shipment.progress.status_at);
  if (!was_dispatched) shipment.progress.dispatched_at = now;
  shipment.progress.delivered_at = to == Status::delivered ? std::optional(now) : std::nullopt;
  EventWriter events;
  const std::string key = text("staff:", shipment.id, ":", shipment.version);
  events.corrected(shipment, from, context.principal.id, request.reason);
  events.moved(shipment, was_dispatched, std::nullopt, request.reason);
  std::vector<TimelineRow> rows;
  rows.push_back({shipment.id, shipment.carrier, key, "corrected", to, now, now, std::nullopt, request.reason, true});
  EMP_CO_TRY(co_await store_.add_to_timeline(work, std::move(rows)));
  EMP_CO_TRY(co_await store_.save(work, locked));
  EMP_CO_TRY(co_await work.run_together(events.take()));
  EMP_CO_TRY(co_await work.commit());
  co_return to_contract(locked.front());
}

Task<Result<>> Shipments::on_package_readied(postgres::UnitOfWork& work, messaging::Envelope envelope, fulfillment::v1::PackageReadied event) {
  EMP_CO_ASSIGN(const Currency currency, Currency::parse(event.currency));
  Shipment shipment;
  shipment.id = Uuid::v7(clock_.now(), random_);
  shipment.order_id = event.order_id;
  shipment.order_number = event.order_number;
  shipment.fulfillment_id = event.fulfillment_id;
  shipment.package_id = event.package_id;
  shipment.warehouse_id = event.warehouse_id;
  shipment.customer_id = event.customer_id;
  shipment.payment_id = event.payment_id;
  shipment.carrier = event.carrier && !event.carrier->empty() ? *event.carrier : carrier_default_;
  shipment.service_level = service_level_of(event.service_level);
  shipment.quote_id = event.quote_id;
  shipment.weight_g = event.weight_g;
  shipment.length_mm = event.length_mm;
  shipment.width_mm = event.width_mm;
  shipment.height_mm = event.height_mm;
  shipment.to = address_of(event.address);
  shipment.currency = currency;
  if (event.cod && event.cod->amount() > 0) {
    if (event.cod->currency() != currency) co_return fail(ErrorKind::rule_violated, "CURRENCY_MISMATCH", "cod is not in the order's currency");
    shipment.cod_minor = event.cod->amount();
  }
  for (const auto& item : event.items) shipment.items.push_back({.order_line = item.line, .sku = item.sku, .qty = item.qty});
  shipment.trace = envelope.trace;
  EMP_CO_TRY(co_await record(work, std::move(shipment)));
  co_return Result<>();
}

Task<Result<>> Shipments::cancel_all(postgres::UnitOfWork& work, std::vector<Shipment> shipments, std::string reason) {
  EventWriter events;
  std::vector<Shipment> changed;
  for (Shipment& shipment : shipments) {
    if (shipment.direction == v1::ShipmentDirection::outbound && cancel_one(shipment, reason, clock_.now(), events)) changed.push_back(std::move(shipment));
  }
  if (changed.empty()) co_return Result<>();
  EMP_CO_TRY(co_await store_.save(work, std::move(changed)));
  if (auto rows = events.take(); !rows.empty()) EMP_CO_TRY(co_await work.run_together(std::move(rows)));
  co_return Result<>();
}

Task<Result<>> Shipments::on_package_cancelled(postgres::UnitOfWork& work, messaging::Envelope, fulfillment::v1::PackageCancelled event) {
  EMP_CO_ASSIGN(auto locked, co_await store_.lock_of_package(work, event.package_id));
  co_return co_await cancel_all(work, std::move(locked), std::move(event.reason));
}

Task<Result<>> Shipments::on_fulfillment_shipped(postgres::UnitOfWork& work, messaging::Envelope, fulfillment::v1::FulfillmentShipped event) {
  co_return co_await store_.mark_handed_over(work, event.fulfillment_id);
}

Task<Result<>> Shipments::on_order_cancelled(postgres::UnitOfWork& work, messaging::Envelope, order::v1::OrderCancelled event) {
  EMP_CO_ASSIGN(auto locked, co_await store_.lock_of_order(work, event.order_id));
  co_return co_await cancel_all(work, std::move(locked), event.reason.value_or("order cancelled"));
}

Task<Result<>> Shipments::on_address_changed(postgres::UnitOfWork& work, messaging::Envelope, order::v1::OrderAddressChanged event) {
  EMP_CO_ASSIGN(auto locked, co_await store_.lock_of_order(work, event.order_id));
  std::vector<Shipment> changed;
  for (Shipment& shipment : locked) {
    if (shipment.progress.status >= Status::booked) continue;  // The label is printed; Order asked before it offered the change.
    shipment.to = address_of(event.shipping_address);
    ++shipment.version;
    changed.push_back(std::move(shipment));
  }
  if (!changed.empty()) EMP_CO_TRY(co_await store_.save(work, std::move(changed)));
  co_return Result<>();
}

}  // namespace emporion::shipping
