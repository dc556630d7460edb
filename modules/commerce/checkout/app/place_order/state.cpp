#include "modules/commerce/checkout/app/place_order/state.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::checkout {
namespace {

// Calls `visit(name, member)` for every member: one list for writing and reading.
template <typename State, typename Visit>
void for_each_member(State& state, Visit&& visit) {
  visit("session", state.session);
  visit("cart", state.cart);
  visit("order", state.order);
  visit("quote", state.quote);
  visit("customer", state.customer);
  visit("guest_key", state.guest_key);
  visit("expected_total", state.expected_total);
  visit("grand_total", state.grand_total);
  visit("items", state.items);
  visit("price_adjusted", state.price_adjusted);
  visit("method", state.method);
  visit("provider_token", state.provider_token);
  visit("return_url", state.return_url);
  visit("client_address", state.client_address);
  visit("user_agent", state.user_agent);
  visit("device", state.device);
  visit("acting_staff", state.acting_staff);
  visit("reserve_attempt", state.reserve_attempt);
  visit("payment_attempt", state.payment_attempt);
  visit("reservation_expires_at", state.reservation_expires_at);
  visit("redemption", state.redemption);
  visit("credit", state.credit);
  visit("assessment", state.assessment);
  visit("risk", state.risk);
  visit("order_number", state.order_number);
  visit("payment_status", state.payment_status);
  visit("decline_category", state.decline_category);
  visit("next_action", state.next_action);
  visit("provider", state.provider);
  visit("review", state.review);
  visit("retries", state.retries);
  visit("lengthened", state.lengthened);
  visit("short_hold", state.short_hold);
  visit("auth_expires_at", state.auth_expires_at);
  visit("held_version", state.held_version);
  visit("held_elsewhere", state.held_elsewhere);
}

struct Write {
  json::Writer& writer;
  void operator()(std::string_view name, const Uuid& value) { writer.key(name).string(value.to_string()); }
  void operator()(std::string_view name, const std::optional<Uuid>& value) {
    if (value) (*this)(name, *value);
  }
  void operator()(std::string_view name, const std::optional<std::string>& value) {
    if (value) (*this)(name, *value);
  }
  void operator()(std::string_view name, const std::string& value) { writer.key(name).string(value); }
  void operator()(std::string_view name, std::int32_t value) { writer.key(name).integer(value); }
  void operator()(std::string_view name, const std::optional<std::int64_t>& value) {
    if (value) writer.key(name).integer(*value);
  }
  void operator()(std::string_view name, bool value) { writer.key(name).boolean(value); }
  void operator()(std::string_view name, const std::optional<Money>& value) {
    if (value) (*this)(name, *value);
  }
  void operator()(std::string_view name, const Money& value) { writer.key(name).string(text(value.amount(), ' ', value.currency().code())); }
};

struct Read {
  const json::Value& object;
  json::Reader& reader;

  std::optional<std::string_view> text_of(std::string_view name) {
    const auto member = object.member(name);
    const auto value = member ? member->string() : std::nullopt;
    if (!value) reader.missing(name);
    return value;
  }
  void operator()(std::string_view name, Uuid& out) {
    const auto text = text_of(name);
    if (!text) return;
    if (const auto id = Uuid::parse(*text)) {
      out = *id;
    } else {
      reader.invalid(id.error());
    }
  }
  void operator()(std::string_view name, std::optional<Uuid>& out) {
    if (!object.member(name)) return;
    (*this)(name, out.emplace());
  }
  void operator()(std::string_view name, std::optional<std::string>& out) {
    if (!object.member(name)) return;
    (*this)(name, out.emplace());
  }
  void operator()(std::string_view name, std::string& out) {
    if (const auto text = text_of(name)) out = *text;
  }
  void operator()(std::string_view name, std::int32_t& out) {
    const auto member = object.member(name);
    const auto value = member ? member->integer() : std::nullopt;
    if (!value) return reader.missing(name);
    out = static_cast<std::int32_t>(*value);
  }
  void operator()(std::string_view name, std::optional<std::int64_t>& out) {
    const auto member = object.member(name);
    if (!member) return;
    out = member->integer();
    if (!out) reader.missing(name);
  }
  void operator()(std::string_view name, bool& out) {
    const auto member = object.member(name);
    const auto value = member ? member->boolean() : std::nullopt;
    if (!value) return reader.missing(name);
    out = *value;
  }
  void operator()(std::string_view name, std::optional<Money>& out) {
    if (!object.member(name)) return;
    (*this)(name, out.emplace());
  }
  void operator()(std::string_view name, Money& out) {
    const auto text = text_of(name);
    if (!text || text->size() < 5) return;
    std::int64_t amount = 0;
    const auto end = std::from_chars(text->data(), text->data() + text->size(), amount).ptr;
    const auto money = Money::parse(amount, std::string_view(end + 1, 3));
    if (money) {
      out = *money;
    } else {
      reader.invalid(money.error());
    }
  }
};

}  // namespace

void append_json(std::string& out, const PlaceOrderState& state) {
  json::Writer writer(out);
  writer.begin_object();
  for_each_member(state, Write{writer});
  writer.end_object();
}

void read_json(const json::Value& value, json::Reader& reader, PlaceOrderState& out) {
  if (value.type() != json::Type::object) return reader.wrong_type("object");
  for_each_member(out, Read{value, reader});
}

Money amount_due(const PlaceOrderState& state) { return state.credit ? state.grand_total - *state.credit : state.grand_total; }

std::optional<UtcTime> time_of(const std::string& stored) {
  const auto time = UtcTime::parse(stored);
  return time ? std::optional(*time) : std::nullopt;
}

Uuid reservation_id(Uuid saga, std::int32_t attempt) { return Uuid::from_name(text("checkout.reservation:", saga, ':', attempt)); }
Uuid payment_id(Uuid saga, std::int32_t attempt) { return Uuid::from_name(text("checkout.payment:", saga, ':', attempt)); }
Uuid credit_hold_id(Uuid saga) { return Uuid::from_name(text("checkout.credit_hold:", saga)); }

}  // namespace emporion::checkout
