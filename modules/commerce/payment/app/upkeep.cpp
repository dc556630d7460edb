#include "modules/commerce/payment/app/upkeep.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"

namespace emporion::payment {
namespace {

constexpr minutes sync_period{15};
constexpr minutes end_again{10};
constexpr hours warned_before{24};

}  // namespace

/// A quarter of what is left of each provider's calls: the rest is for what is owed on time.
std::vector<ProviderQuota> Upkeep::quotas(bool ended_by_call_only) {
  std::vector<ProviderQuota> out;
  const UtcTime now = clock_.now();
  for (const ProviderGateway* gateway : providers_.all()) {
    const int left = budget_.left(gateway->name(), now);
    if (left == 0 || gateway->rests_for() || (ended_by_call_only && !gateway->offer().ends_by_call)) continue;
    out.push_back({std::string(gateway->name()), (left + 3) / 4});
  }
  return out;
}

Task<Result<>> Upkeep::sync_held(CallContext context) {
  const UtcTime now = clock_.now();
  EMP_CO_ASSIGN(auto held, co_await upkeep_.claim_held(now, now - sync_period, quotas(false)));
  for (Payment& payment : held) {
    budget_.take(payment.provider, now);
    const Uuid id = payment.id;
    if (const auto synced = co_await driver_.sync(context.as_service("payment"), std::move(payment)); !synced) {
      observe::warning("a held payment could not be asked for", {{"payment_id", id.to_string()}, {"error", synced.error().to_string()}});
    }
  }
  co_return Result<>();
}

Task<Result<>> Upkeep::end_left_over(CallContext context) {
  const UtcTime now = clock_.now();
  EMP_CO_ASSIGN(auto payments, co_await upkeep_.claim_left_over(now, now + end_again, quotas(true)));
  for (Payment& payment : payments) {
    budget_.take(payment.provider, now);
    const Uuid id = payment.id;
    if (const auto ended = co_await end_one(context.as_service("payment"), std::move(payment)); !ended) {
      observe::warning("what a failed attempt left at its provider still stands", {{"payment_id", id.to_string()}, {"error", ended.error().to_string()}});
    }
  }
  co_return Result<>();
}

Task<Result<>> Upkeep::end_one(CallContext context, Payment payment) {
  ProviderGateway* gateway = providers_.find(payment.provider);
  if (gateway == nullptr) co_return co_await upkeep_.mark_ended(payment.id);
  const auto ended = co_await gateway->cancel(payment);
  if (!ended && ended.error().reason() != "PROVIDER_REFUSED") co_return fail(ended.error());
  // Refused: it is over, or it succeeded after all. Then its news are entered as a late success, and the money goes back by itself.
  if (!ended) EMP_CO_TRY(co_await driver_.sync(std::move(context), payment));
  co_return co_await upkeep_.mark_ended(payment.id);
}

Task<Result<>> Upkeep::warn_of_ends(CallContext context) {
  EMP_CO_ASSIGN(auto ending, co_await upkeep_.ending(clock_.now() + warned_before, 500));
  for (Payment& payment : ending) EMP_CO_TRY(co_await warn(context, std::move(payment)));
  co_return Result<>();
}

Task<Result<>> Upkeep::warn(CallContext context, Payment payment) {
  const UtcTime now = clock_.now();
  const std::string ends = payment.auth_expires_at ? payment.auth_expires_at->to_string() : "";
  const PaymentCase row{payment.id, "authorization_ends",
                        text(payment.amount.amount(), " ", payment.amount.currency(), payment.capture_asked_at ? " capture pending" : " not captured"), ends,
                        text("authorization_ends:", payment.id)};
  observe::warning("a hold ends within a day and its money is not taken", {{"payment_id", payment.id.to_string()}, {"ends_at", ends}});
  observe::counter("emporion_payment_authorizations_ending_total", "Holds that came within a day of their end.", {{"provider", payment.provider}}).increment();
  EMP_CO_ASSIGN(auto work, co_await store_.begin(std::move(context)));
  EMP_CO_TRY(co_await store_.open_case(work, row, Uuid::v7(now, random_), now));
  co_return co_await work.commit();
}

}  // namespace emporion::payment
