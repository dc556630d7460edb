#pragma once

#include <string>
#include <vector>

#include "kernel/base/error.hpp"
#include "kernel/messaging/feed.hpp"
#include "kernel/trace/span.hpp"
#include "kernel/trace/tracer.hpp"

namespace emporion::messaging {

/// The way of recorded events to one consumer. Two spans for each: "feed order.order.confirmed", from the event's making to its arrival here, below the commit
/// that made it true; below that "process order.order.confirmed", once for each try to apply it. One branch where tracing is off.
class EventSpans {
 public:
  /// These are about to be applied, in one transaction, whose span is then below each.
  EventSpans(const std::string& consumer, const std::vector<FeedPage::Item>& items) {
    if (trace::is_enabled()) [[unlikely]]
      begin(consumer, items);
  }
  void ended(const Error* error) const;

 private:
  void begin(const std::string& consumer, const std::vector<FeedPage::Item>& items);

  FlowScope scope_;
  std::vector<FlowRef<trace::Span>> spans_;
};

/// A page has arrived.
void note_arrival(const std::string& consumer, const std::vector<FeedPage::Item>& items);

}  // namespace emporion::messaging
