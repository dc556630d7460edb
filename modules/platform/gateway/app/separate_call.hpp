#pragma once

#include "kernel/rpc/call_context.hpp"

namespace emporion::gateway {

/// The same call as a flow of work of its own, for what runs beside others: a transaction that one of them has open is none of the other's (wall 3 is judged
/// per flow).
inline CallContext separate_call(const CallContext& call) {
  CallContext out(call.deadline, call.trace, call.principal);
  out.idempotency_key = call.idempotency_key;
  out.client = call.client;
  out.cancellation = call.cancellation;
  return out;
}

}  // namespace emporion::gateway
