#include "modules/commerce/payment/app/worker.hpp"

#include <utility>

#include "kernel/observe/log.hpp"

namespace emporion::payment {
namespace {

// Longer than any call with its repeats; a worker that dies leaves its claims to the next after this.
constexpr seconds lease{60};

void report(const std::vector<Result<>>& answers) {
  for (const auto& answer : answers) {
    if (!answer) observe::warning("work for a payment failed and is tried again", {{"error", answer.error().to_string()}});
  }
}

}  // namespace

Task<Result<>> Worker::run_due(CallContext context) {
  EMP_CO_ASSIGN(auto payments, co_await store_.claim_due(clock_.now(), lease, per_run));
  std::vector<Task<Result<>>> tasks;
  for (Payment& payment : payments) tasks.push_back(driver_.resolve(context.as_service("payment"), std::move(payment)));
  report(co_await when_all(std::move(tasks)));

  EMP_CO_ASSIGN(auto refunds, co_await store_.claim_refunds(clock_.now(), lease, per_run));
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
