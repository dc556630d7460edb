#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contracts/commerce/checkout/v1/checkout_api.hpp"
#include "kernel/base/result.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/postgres/rows.hpp"

namespace emporion::checkout {

/// The columns of checkout_session `s` from which `read_session` makes the contract's message.
#define EMP_SESSION_COLUMNS                                                                                                                                \
  "s.id, s.cart_id, s.cart_version, s.status, s.currency, s.contact, s.shipping_address, s.billing_address, s.shipping_selections, s.payment, s.credits, " \
  "s.quote_id, s.version, s.expires_at"
inline constexpr int session_columns = 14;

Result<v1::CheckoutSession> read_session(const postgres::Row& row);

/// A message that is kept as JSON, or none.
template <typename Message>
Result<> read_column(const postgres::Row& row, int column, std::optional<Message>& out) {
  if (const auto kept = row.get<std::optional<std::string>>(column)) {
    EMP_ASSIGN(out, parse_json<Message>(*kept));
  }
  return {};
}

/// How such a message is kept.
template <typename Message>
std::optional<std::string> column(const std::optional<Message>& message) {
  if (!message) return std::nullopt;
  return to_json(*message);
}

template <typename Message>
std::string list_json(const std::vector<Message>& messages) {
  std::string out = "[";
  for (const auto& message : messages) {
    if (out.size() > 1) out += ',';
    append_json(out, message);
  }
  return out + "]";
}

}  // namespace emporion::checkout
