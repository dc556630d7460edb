#pragma once

#include <string>
#include <string_view>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/rpc/binding.hpp"
#include "kernel/rpc/call_context.hpp"

namespace emporion::remote {

/// The way to one module that runs in another process, whichever of its replicas answers.
class Channel {
 public:
  virtual ~Channel() = default;
  /// One call. `path` is "/emporion.warehouse.v1.WarehouseApi/ReserveStock"; request and answer are protobuf. With it travel the deadline, the trace, the
  /// principal, the idempotency key and what is known of the client. What the callee refuses comes back as it said it: kind, reason, detail, metadata.
  /// May be tried at several replicas: every operation is safe to repeat with its key.
  /// Errors of its own: CALLEE_UNREACHABLE (unavailable), CALLEE_BUSY (unavailable: its breaker is open), DEADLINE_EXCEEDED (deadline_exceeded: the outcome is
  /// unknown), CALLEE_UNREADABLE (internal).
  virtual Task<Result<std::string>> call(const rpc::Operation& operation, std::string_view path, CallContext context, std::string request) = 0;
};

}  // namespace emporion::remote
