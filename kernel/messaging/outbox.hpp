#pragma once

#include <string>
#include <string_view>

#include "kernel/json/codec.hpp"
#include "kernel/messaging/envelope.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::messaging {

/// The statement that appends one event to the module's outbox; run it in the transaction that makes the event true:
/// `work.run(outbox_row(OrderConfirmed{…}, order.id, order.version, context.trace))`. SQL functions of a module call `outbox_append(topic, aggregate_id,
/// aggregate_version, data, trace)` instead.
postgres::Bound outbox_row(std::string_view topic, std::string_view aggregate_id, std::int64_t aggregate_version, std::string data, const Uuid& trace);

template <typename Event>
postgres::Bound outbox_row(const Event& event, const Uuid& aggregate_id, std::int64_t aggregate_version, const Uuid& trace) {
  std::string data;
  append_json(data, event);  // by the contract's generated code
  return outbox_row(Event::topic, aggregate_id.to_string(), aggregate_version, std::move(data), trace);
}

}  // namespace emporion::messaging
