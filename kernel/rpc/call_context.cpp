#include "kernel/rpc/call_context.hpp"

namespace emporion {

CallContext::CallContext(const CallContext&) = default;
CallContext::CallContext(CallContext&&) noexcept = default;
CallContext& CallContext::operator=(const CallContext&) = default;
CallContext& CallContext::operator=(CallContext&&) noexcept = default;
CallContext::~CallContext() = default;

CallContext::CallContext(UtcTime deadline_at, Uuid trace_id, Principal acting)
    : deadline(deadline_at), trace(trace_id), principal(std::move(acting)), open_transactions_(std::make_shared<int>(0)) {}

CallContext CallContext::as_service(std::string_view module, std::string_view key) const {
  CallContext out = *this;
  out.principal = Principal::of_service(module);
  out.idempotency_key = key;
  return out;
}

CallContext CallContext::until(UtcTime earlier) const {
  CallContext out = *this;
  if (earlier < out.deadline) out.deadline = earlier;
  return out;
}

}  // namespace emporion
