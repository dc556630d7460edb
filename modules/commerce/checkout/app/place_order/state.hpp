#pragma once

#include <optional>
#include <string>

#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/json/reader.hpp"
#include "kernel/json/value.hpp"
#include "kernel/money/money.hpp"

namespace emporion::checkout {

/// What the place_order saga carries from step to step: ids and decisions only. The lines stay in the quote, the addresses in the session, the allocations in
/// the reservation.
struct PlaceOrderState {
  Uuid session;
  Uuid cart;
  Uuid order;
  Uuid quote;  ///< Frozen by the step `quote`.
  std::optional<Uuid> customer;
  std::string guest_key;  ///< Hash of the guest's token, in hexadecimal; empty for customers.
  Money expected_total = Money::zero(Currency::of("USD"));
  Money grand_total = Money::zero(Currency::of("USD"));
  std::int32_t items = 0;  ///< Lines of the order.
  bool price_adjusted = false;
  std::string method;  ///< card, cod, none …
  std::string provider_token;
  std::string return_url;
  std::string client_address;
  std::string user_agent;
  std::string device;
  std::optional<Uuid> acting_staff;
  std::int32_t reserve_attempt = 1;
  std::int32_t payment_attempt = 1;
  std::string reservation_expires_at;  ///< RFC 3339.
  std::optional<Uuid> redemption;      ///< The checkout's id at Promotion, if promotions apply.
  std::optional<Money> credit;         ///< What gift cards and store credit pay, if anything.
  Uuid assessment;
  std::string risk;  ///< allow, review.
  std::string order_number;
  std::string payment_status;  ///< As Payment last answered.
  std::string decline_category;
  std::string next_action = "null";  ///< JSON.
  std::string provider;
  std::string review;  ///< "", asked, approved, rejected.
  // Later additions are optional: a saga that began before them goes on.
  std::optional<std::string> retries;          ///< The keys of RetryPayment that took effect: "<hash of key>:<hash of request>", with spaces between.
  std::optional<std::string> lengthened;       ///< "yes": the hold was lengthened for a payment whose outcome is unknown. Once.
  std::optional<std::string> short_hold;       ///< "yes": Warehouse granted far less than was asked: a hot SKU.
  std::optional<std::string> auth_expires_at;  ///< RFC 3339: until when what is authorized can be captured.
  std::optional<std::int64_t> held_version;    ///< Of the reservation when it was made: the order was made from its lines at this version or a later one.
  std::optional<std::string> held_elsewhere;   ///< "yes": the units may have moved since; Order is told where they are as it confirms (ADR 0037).
};

/// What the payment method pays.
Money amount_due(const PlaceOrderState& state);
/// A time as the state keeps it; nothing if it keeps none.
std::optional<UtcTime> time_of(const std::string& stored);

void append_json(std::string& out, const PlaceOrderState& state);
void read_json(const json::Value& value, json::Reader& reader, PlaceOrderState& out);

/// The ids that a saga gives to what it makes, so that a repeat names the same things.
Uuid reservation_id(Uuid saga, std::int32_t attempt);
Uuid payment_id(Uuid saga, std::int32_t attempt);
Uuid credit_hold_id(Uuid saga);

}  // namespace emporion::checkout
