#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "kernel/base/error.hpp"
#include "kernel/trace/span.hpp"

namespace emporion {

/// The span of one command in a lane, from the queue to its answer, if its caller's flow is traced. Its event `taken` tells when the wait in the queue ended
/// and how many commands shared the batch; its link leads to the first traced command of that batch. The batch's transaction is a span below each of them.
class LaneSpan {
 public:
  explicit LaneSpan(std::string_view lane) {
    if (trace::is_traced()) [[unlikely]]
      begin(lane);
  }
  void ended(const Error* error) const {
    if (span_) [[unlikely]]
      end(error);
  }
  const FlowRef<trace::Span>& span() const noexcept { return span_; }

 private:
  void begin(std::string_view lane);
  void end(const Error* error) const;

  FlowRef<trace::Span> span_;
  std::int64_t began_ns_ = 0;
  friend class BatchFlow;
};

/// While a batch runs, its work is that of all its traced commands, and of no caller's flow beside them.
class BatchFlow {
 public:
  /// The batch was taken from the queue, or what is left of it is tried again.
  explicit BatchFlow(const std::vector<const LaneSpan*>& traced, std::size_t batch);

 private:
  FlowScope scope_;
};

}  // namespace emporion
