#include "modules/commerce/payment/app/worker.hpp"

#include <utility>

#include "kernel/observe/log.hpp"

namespace emporion::payment {
namespace {

// Longer than any call with its repeats; a worker that dies leaves its claims to the next after this.
constexpr seconds lease{60};
constexpr int payments_share = 75;  // Percent of a provider's calls.

void report(const std::vector<Result<>>& answers) {
  for (const auto& answer : answers) {
    if (!answer) observe::warning("work for a payment failed and is tried again", {{"error", answer.error().to_string()}});
  }
}

}  // namespace

std::vector<ProviderQuota> Worker::quotas(int share_percent) {
  std::vector<ProviderQuota> out;
  const UtcTime now = clock_.now();
  for (const ProviderGateway* gateway : providers_.all()) {
    const int left = budget_.left(gateway->name(), now);
    if (left > 0) out.push_back({std::string(gateway->name()), (left * share_percent + 99) / 100});
  }
  return out;
}

Task<Result<>> Worker::run_due(CallContext context) {
  // Many open payments must not keep refunds waiting for ever.
  EMP_CO_ASSIGN(auto payments, co_await store_.claim_due(clock_.now(), lease, quotas(payments_share)));
  for (const Payment& payment : payments) budget_.take(payment.provider, clock_.now());
  std::vector<Task<Result<>>> tasks;
  for (Payment& payment : payments) tasks.push_back(driver_.resolve(context.as_service("payment"), std::move(payment)));
  report(co_await when_all(std::move(tasks)));

  EMP_CO_ASSIGN(auto refunds, co_await store_.claim_refunds(clock_.now(), lease, quotas(100)));
  for (const Refund& refund : refunds) budget_.take(refund.provider, clock_.now());
  std::vector<Task<Result<>>> more;
  for (Refund& refund : refunds) more.push_back(refunds_.resolve(context.as_service("payment"), std::move(refund)));
  report(co_await when_all(std::move(more)));
  co_return Result<>();
}

Task<Result<>> Worker::run_webhooks(CallContext context) {
  EMP_CO_TRY(co_await webhooks_.process(std::move(context), 100));
  co_return Result<>();
}

}  // namespace emporion::payment
