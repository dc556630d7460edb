#include "kernel/messaging/event_spans.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::messaging {
namespace {

bool is_recorded(const Envelope& event) { return event.traced || trace::is_sampled(event.trace); }

// Source: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
std::vector<trace::Attribute> attributes_of(const Envelope& event, const std::string& consumer, std::string_view operation) {
  return {{"messaging.system", "emporion"},
          {"messaging.operation.type", std::string(operation)},
          {"messaging.destination.name", event.topic},
          {"messaging.message.id", event.event_id.to_string()},
          {"messaging.consumer.group.name", consumer}};
}

}  // namespace

void note_arrival(const std::string& consumer, const std::vector<FeedPage::Item>& items) {
  if (!trace::is_enabled()) return;
  const std::int64_t arrived_ns = trace::now_ns();
  for (const auto& [position, event] : items) {
    if (!is_recorded(event)) continue;
    trace::put({.trace = event.trace,
                .id = trace::arrival_span_id(event.event_id, consumer),
                .parent = trace::commit_span_id(event.trace, event.source, position.xid),
                .name = text("feed ", event.topic),
                .kind = trace::Kind::consumer,
                .began_ns = std::min(event.occurred_at.micros_since_epoch() * 1000, arrived_ns),  // By the clock of the producer's database.
                .ended_ns = arrived_ns,
                .attributes = attributes_of(event, consumer, "receive")});
  }
}

void EventSpans::begin(const std::string& consumer, const std::vector<FeedPage::Item>& items) {
  for (const auto& item : items) {
    const Envelope& event = item.event;
    if (!is_recorded(event)) continue;
    spans_.emplace_back(new trace::Span({.trace = event.trace,
                                         .id = trace::new_span_id(),
                                         .parent = trace::arrival_span_id(event.event_id, consumer),
                                         .name = text("process ", event.topic),
                                         .kind = trace::Kind::consumer,
                                         .began_ns = trace::now_ns(),
                                         .attributes = attributes_of(event, consumer, "process")}));
    spans_.back()->set("messaging.batch.message_count", static_cast<std::int64_t>(items.size()));
  }
  if (!spans_.empty()) trace::enter_all(scope_, spans_);
}

void EventSpans::ended(const Error* error) const {
  for (const auto& span : spans_) {
    if (error != nullptr) span->fail(error->reason());
    span->end();
  }
}

}  // namespace emporion::messaging
