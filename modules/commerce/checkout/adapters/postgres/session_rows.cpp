#include "modules/commerce/checkout/adapters/postgres/session_rows.hpp"

namespace emporion::checkout {
namespace {

template <typename Message>
Result<> read_list(const postgres::Row& row, int column, std::vector<Message>& out) {
  const auto kept = row.get<std::string>(column);
  if (kept == "[]") return {};
  EMP_ASSIGN(const auto document, json::Document::parse(kept));
  json::Reader reader;
  document.root().for_each_element([&](json::Value value) {
    read_json(value, reader, out.emplace_back());
    return true;
  });
  if (!reader.ok()) return fail(reader.to_error());
  return {};
}

}  // namespace

Result<v1::CheckoutSession> read_session(const postgres::Row& row) {
  v1::CheckoutSession out;
  out.id = row.get<Uuid>(0);
  out.cart_id = row.get<Uuid>(1);
  out.cart_version = row.get<std::int64_t>(2);
  if (!from_string(row.get<std::string>(3), out.status)) return fail(ErrorKind::internal, "SESSION_STATUS_UNKNOWN", row.get<std::string>(3));
  out.currency = row.get<std::string>(4);
  EMP_TRY(read_column(row, 5, out.contact));
  EMP_TRY(read_column(row, 6, out.shipping_address));
  EMP_TRY(read_column(row, 7, out.billing_address));
  EMP_TRY(read_list(row, 8, out.shipping_selections));
  EMP_TRY(read_column(row, 9, out.payment));
  EMP_TRY(read_list(row, 10, out.credits));
  out.quote_id = row.get<std::optional<Uuid>>(11);
  out.version = row.get<std::int64_t>(12);
  out.expires_at = row.get<UtcTime>(13);
  return out;
}

}  // namespace emporion::checkout
