#include "tests/audit/breaks.hpp"

namespace emporion::audit {
namespace {

constexpr std::string_view delivered = "every event reached its consumer";
/// The effect of an event was lost together with the mark of it.
constexpr std::string_view forget_one = "DELETE FROM inbox WHERE event_id = (SELECT event_id FROM inbox ORDER BY applied_at LIMIT 1) RETURNING event_id::text";
/// An event waits behind a parked one. It has its mark, but its effect is still owed.
constexpr std::string_view set_one_aside =
    "INSERT INTO dead_letter (event_id, producer, topic, aggregate_id, aggregate_version, occurred_at, data, error, state)"
    " SELECT event_id, split_part(topic, '.', 1), topic, 'a', 1, applied_at, '{}', 'an earlier event of this aggregate is parked', 'waiting' FROM inbox ORDER "
    "BY applied_at LIMIT 1"
    " RETURNING event_id::text";

}  // namespace

std::vector<Break> breaks_of_events() {
  std::vector<Break> out;
  for (const std::string_view consumer : {"user", "pricing", "promotion", "warehouse", "order", "payment", "shipping", "fulfillment", "checkout", "gateway"}) {
    out.push_back({.module = consumer, .invariant = delivered, .sql = forget_one});
  }
  out.push_back({.module = "order", .invariant = delivered, .sql = set_one_aside});
  // The demo has no staff, so Auth has heard of nobody yet.
  out.push_back(
      {.module = "auth",
       .invariant = delivered,
       .sql = "INSERT INTO outbox (topic, aggregate_id, aggregate_version, data) VALUES ('user.user.suspended', 'a', 1, '{}') RETURNING event_id::text",
       .database = "user"});
  return out;
}

}  // namespace emporion::audit
