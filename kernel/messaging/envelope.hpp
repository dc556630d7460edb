#pragma once

#include <cstdint>
#include <string>

#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"

namespace emporion::messaging {

/// An integration event as it lies in its producer's outbox. `data` is the JSON of the contract's event message.
struct Envelope {
  Uuid event_id;
  std::string topic;  ///< "order.order.confirmed"
  UtcTime occurred_at;
  std::string source;        ///< The producing module.
  std::string aggregate_id;  ///< Order of events is kept per aggregate.
  std::int64_t aggregate_version = 0;
  Uuid trace;
  bool traced = false;  ///< The trace is recorded although its id is not of the share that is: its caller said so where the producer runs.
  std::string data;
};

/// A place in a producer's outbox: the transaction's xid8 and the row's id. Rows are read only below the oldest running transaction, so a place never hides a
/// later commit.
struct Position {
  std::int64_t xid = 0;
  std::int64_t id = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

}  // namespace emporion::messaging
