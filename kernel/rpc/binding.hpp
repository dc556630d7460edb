#pragma once

#include <string_view>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/rpc/call_context.hpp"

namespace emporion::rpc {

/// An operation as its contract declares it. Generated code makes one constant per rpc.
struct Operation {
  std::string_view module;  ///< "warehouse"
  std::string_view name;    ///< "reserve_stock"
  bool guest = false;
  bool customer = false;
  const std::string_view* staff = nullptr;  ///< Permissions, any of which is enough.
  std::size_t staff_count = 0;
  const std::string_view* services = nullptr;
  std::size_t service_count = 0;
  bool idempotent = false;
  int deadline_ms = 10'000;
  std::size_t body_max_bytes = 1u << 20;
  std::string_view rate_policy;
};

/// The checks before a call enters a module, in this order: no open transaction (asserted), access (401 UNAUTHENTICATED or 403 PERMISSION_DENIED),
/// key present where required (400 IDEMPOTENCY_KEY_REQUIRED), deadline not passed (504 DEADLINE_EXCEEDED), caller still waiting (CALL_CANCELLED, which nobody
/// hears).
Result<> admit(const Operation& operation, const CallContext& context, UtcTime now);

/// Counts one finished call: requests by operation and outcome, and its duration; tells the outcome to its span (CallSpan), which is the current one.
void record_call(const Operation& operation, const Error* error, microseconds duration) noexcept;

}  // namespace emporion::rpc
