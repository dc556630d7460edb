#pragma once

#include <string>

#include "kernel/http/client.hpp"
#include "modules/commerce/payment/domain/breaker.hpp"

namespace emporion::payment {

/// The way to one provider, behind its breaker and counted: emporion_payment_provider_calls_total and emporion_payment_breaker_state (0 closed, 1 probing, 2
/// open).
class GuardedClient {
 public:
  GuardedClient(Runtime& runtime, const Clock& clock, std::string provider) : client_(runtime), clock_(clock), provider_(std::move(provider)) {}

  /// Errors: those of http::Client; PROVIDER_UNREACHABLE with `retry_after` if the breaker is open: nothing was sent.
  Task<Result<http::Response>> send(http::ClientRequest request);
  std::optional<seconds> rests_for() const noexcept { return breaker_.rests_for(clock_.now()); }

 private:
  void note(const char* outcome);

  http::Client client_;
  const Clock& clock_;
  std::string provider_;
  Breaker breaker_;
};

}  // namespace emporion::payment
