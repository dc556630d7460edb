#include "modules/commerce/payment/adapters/guarded_client.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"

namespace emporion::payment {

Task<Result<http::Response>> GuardedClient::send(http::ClientRequest request) {
  if (!breaker_.admit(clock_.now())) {
    note("not_made");
    const auto rest = breaker_.rests_for(clock_.now()).value_or(seconds(1));
    co_return fail(Error(ErrorKind::unavailable, "PROVIDER_UNREACHABLE", text(provider_, " does not answer and is left alone for a while"))
                       .with("retry_after", rest.count()));
  }
  auto response = co_await client_.send(std::move(request));
  const UtcTime now = clock_.now();
  const bool was_open = breaker_.state(now) != Breaker::State::closed;
  if (response && response->status < 500) {
    breaker_.succeeded();
    note("answered");
    if (was_open && breaker_.state(now) == Breaker::State::closed) observe::info("a provider answers again", {{"provider", provider_}});
  } else {
    breaker_.failed(now);
    note(response ? "broken" : response.error().reason() == "PROVIDER_UNREACHABLE" ? "unreachable" : "unanswered");
    if (!was_open && breaker_.state(now) == Breaker::State::open)
      observe::error("a provider does not answer: no calls for a minute", {{"provider", provider_}});
  }
  co_return response;
}

void GuardedClient::note(const char* outcome) {
  observe::counter("emporion_payment_provider_calls_total", "Calls to payment providers.", {{"provider", provider_}, {"outcome", outcome}}).increment();
  observe::gauge("emporion_payment_breaker_state", "0 closed, 1 probing, 2 open.", {{"provider", provider_}})
      .set(static_cast<double>(breaker_.state(clock_.now())));
}

}  // namespace emporion::payment
