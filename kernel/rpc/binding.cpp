#include "kernel/rpc/binding.hpp"

#include <algorithm>
#include <span>
#include <string>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/observe/metrics.hpp"
#include "kernel/rpc/cancellation.hpp"
#include "kernel/trace/span.hpp"

namespace emporion::rpc {
namespace {

bool access_granted(const Operation& operation, const Principal& principal) {
  switch (principal.realm) {
    case Realm::service: {
      const std::span services(operation.services, operation.service_count);
      return std::ranges::any_of(services, [&](std::string_view name) { return name == "*" || name == principal.service; });
    }
    case Realm::staff: {
      const std::span wanted(operation.staff, operation.staff_count);
      return operation.guest || std::ranges::any_of(wanted, [&](std::string_view permission) { return permission == "*" || principal.may(permission); });
    }
    case Realm::customer: return operation.customer || operation.guest;
    case Realm::guest: return operation.guest;
  }
  return false;
}

}  // namespace

Result<> admit(const Operation& operation, const CallContext& context, UtcTime now) {
  EMP_ASSERT(EMP_GUARD("rpc.no_call_in_a_transaction", context.open_transactions() == 0));  // Wall 3: no call to a module while a transaction is open.
  if (!access_granted(operation, context.principal)) {
    if (context.principal.realm == Realm::guest) return fail(ErrorKind::unauthenticated, "UNAUTHENTICATED", "sign in and send the access token");
    return fail(ErrorKind::permission_denied, "PERMISSION_DENIED", text("not allowed: ", operation.module, ".", operation.name));
  }
  if (operation.idempotent && context.idempotency_key.empty()) {
    return fail(ErrorKind::invalid_argument, "IDEMPOTENCY_KEY_REQUIRED", "send the header Idempotency-Key with 1 to 255 printable characters");
  }
  if (context.idempotency_key.size() > 255 || std::ranges::any_of(context.idempotency_key, [](char c) { return c < 0x21 || c > 0x7E; })) {
    return fail(ErrorKind::invalid_argument, "IDEMPOTENCY_KEY_INVALID", "an Idempotency-Key has 1 to 255 printable ASCII characters");
  }
  if (now >= context.deadline) return fail(ErrorKind::deadline_exceeded, "DEADLINE_EXCEEDED", "the time for this call ran out before it began");
  if (is_cancelled(context.cancellation)) return fail(Cancellation::error());
  return {};
}

void record_call(const Operation& operation, const Error* error, microseconds duration) noexcept {
  if (error != nullptr && trace::is_traced()) [[unlikely]]
    trace::current()->fail(error->reason());
  const std::string name = text(operation.module, ".", operation.name);
  observe::counter("emporion_calls_total", "Calls by operation and outcome.",
                   {{"operation", name}, {"outcome", error ? std::string(to_string(error->kind())) : "ok"}})
      .increment();
  observe::histogram("emporion_call_seconds", "Duration of calls.", {{"operation", name}},
                     {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})
      .observe(static_cast<double>(duration.count()) / 1e6);
}

}  // namespace emporion::rpc
