#include "kernel/lanes/lane_span.hpp"

#include "kernel/base/text.hpp"

namespace emporion {

void LaneSpan::begin(std::string_view lane) {
  span_ = trace::child(text("lane ", lane), trace::Kind::internal);
  span_->set("emporion.lane", std::string(lane));
  began_ns_ = trace::now_ns();
}

void LaneSpan::end(const Error* error) const {
  if (error != nullptr) span_->fail(error->reason());
  span_->end();
}

BatchFlow::BatchFlow(const std::vector<const LaneSpan*>& traced, std::size_t batch) {
  std::vector<FlowRef<trace::Span>> spans;
  for (const LaneSpan* each : traced) {
    const auto& span = each->span_;
    span->event("taken",
                {{"emporion.lane.wait_us", (trace::now_ns() - each->began_ns_) / 1000}, {"emporion.lane.batch_size", static_cast<std::int64_t>(batch)}});
    if (!spans.empty()) span->link(*spans.front().get());
    spans.push_back(span);
  }
  trace::enter_all(scope_, std::move(spans));
}

}  // namespace emporion
