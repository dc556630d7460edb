#include "kernel/messaging/outbox.hpp"

namespace emporion::messaging {
namespace {
constexpr postgres::Statement append{"outbox.append", "SELECT outbox_append($1, $2, $3, $4, $5)", postgres::Effect::writes};
}

postgres::Bound outbox_row(std::string_view topic, std::string_view aggregate_id, std::int64_t aggregate_version, std::string data, const Uuid& trace) {
  return postgres::bind(append, topic, aggregate_id, aggregate_version, data, trace);
}

}  // namespace emporion::messaging
