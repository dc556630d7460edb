#include "modules/logistics/shipping/adapters/postgres/shipment_row.hpp"

#include "kernel/json/codec.hpp"

namespace emporion::shipping {
namespace {

std::vector<v1::ShipmentItem> items_of(const std::string& text) {
  std::vector<v1::ShipmentItem> out;
  const auto document = json::Document::parse(text);
  EMP_ASSERT(document.has_value());
  json::Reader reader;
  document->root().for_each_element([&](json::Value value) {
    read_json(value, reader, out.emplace_back());
    return true;
  });
  EMP_ASSERT(reader.ok());
  return out;
}

template <typename T>
T enum_of(const std::string& text) {
  T out{};
  EMP_ASSERT(v1::from_string(text, out));
  return out;
}

v1::Address address_of(const std::string& text) {
  auto address = parse_json<v1::Address>(text);
  return address ? std::move(*address) : v1::Address{};
}

}  // namespace

std::string items_json(const std::vector<v1::ShipmentItem>& items) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out.push_back(',');
    append_json(out, item);
  }
  return out + "]";
}

Shipment shipment_of(const postgres::Row& row) {
  Shipment s;
  s.id = row.get<Uuid>(0);
  s.number = row.get<std::string>(1);
  s.direction = enum_of<v1::ShipmentDirection>(row.get<std::string>(2));
  s.order_id = row.get<Uuid>(3);
  s.order_number = row.get<std::string>(4);
  s.fulfillment_id = row.get<std::optional<Uuid>>(5);
  s.package_id = row.get<Uuid>(6);
  s.warehouse_id = row.get<Uuid>(7);
  s.customer_id = row.get<std::optional<Uuid>>(8);
  s.payment_id = row.get<std::optional<Uuid>>(9);
  s.carrier = row.get<std::string>(10);
  s.service_level = enum_of<v1::ServiceLevel>(row.get<std::string>(11));
  s.quote_id = row.get<std::optional<Uuid>>(12);
  s.weight_g = row.get<std::int32_t>(13);
  s.length_mm = row.get<std::optional<std::int32_t>>(14);
  s.width_mm = row.get<std::optional<std::int32_t>>(15);
  s.height_mm = row.get<std::optional<std::int32_t>>(16);
  s.billed_weight_g = row.get<std::int32_t>(17);
  s.items = items_of(row.get<std::string>(18));
  s.currency = Currency::of(row.get<std::string>(19));
  s.cod_minor = row.get<std::optional<std::int64_t>>(20);
  s.created_at = row.get<UtcTime>(21);
  s.trace = row.get<std::optional<Uuid>>(22).value_or(Uuid());
  s.to = address_of(row.get<std::string>(23));
  s.tracking_number = row.get<std::optional<std::string>>(24);
  s.progress.status = *status_from(row.get<std::string>(25));
  s.progress.status_at = row.get<UtcTime>(26);
  s.progress.attempts = row.get<std::int32_t>(27);
  s.progress.dispatched_at = row.get<std::optional<UtcTime>>(28);
  s.progress.delivered_at = row.get<std::optional<UtcTime>>(29);
  s.cod_collected_minor = row.get<std::optional<std::int64_t>>(30);
  s.version = row.get<std::int64_t>(31);
  s.tries = row.get<std::int32_t>(32);
  s.due_at = row.get<std::optional<UtcTime>>(33);
  s.handed_over_at = row.get<std::optional<UtcTime>>(34);
  s.told_handover = row.get<bool>(35);
  s.cancel_wanted = row.get<bool>(36);
  return s;
}

std::vector<Shipment> shipments_of(const postgres::Rows& rows) {
  std::vector<Shipment> out;
  out.reserve(rows.size());
  for (const auto row : rows) out.push_back(shipment_of(row));
  return out;
}

}  // namespace emporion::shipping
