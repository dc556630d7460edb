#include "modules/product/promotion/app/upkeep.hpp"

#include "kernel/observe/metrics.hpp"

namespace emporion::promotion {
namespace {

constexpr std::int32_t pass = 200;
constexpr hours orphan_age{48};

}  // namespace

Task<Result<>> Upkeep::expire(CallContext context) {
  static_cast<void>(context);
  for (std::int32_t expired = pass; expired == pass;) {
    EMP_CO_ASSIGN(expired, co_await store_.expire(clock_.now(), pass));
    observe::counter("emporion_promotion_redemptions_expired_total", "Redemptions that no order followed in time.")
        .increment(static_cast<std::uint64_t>(expired));
  }
  co_return Result<>();
}

Task<Result<>> Upkeep::ask_orders(CallContext context) {
  Uuid after;
  for (;;) {
    EMP_CO_ASSIGN(const auto orphans, co_await store_.orphans(clock_.now() - orphan_age, after, pass));
    for (const auto& [checkout, order] : orphans) {
      EMP_CO_TRY(co_await ask_order(context, checkout, order));
      after = checkout;
    }
    if (orphans.size() < static_cast<std::size_t>(pass)) co_return Result<>();
  }
}

Task<Result<>> Upkeep::ask_order(CallContext context, Uuid checkout, Uuid order) {
  const auto answer = co_await calls_.get<order::v1::OrderApi>().get_order(context.as_service("promotion"), {.id = order});
  if (!answer && answer.error().kind() != ErrorKind::not_found) co_return fail(answer.error());
  const bool is_pending = answer && (answer->status == order::v1::OrderStatus::pending_payment || answer->status == order::v1::OrderStatus::fraud_review);
  if (is_pending) co_return Result<>();
  const bool stands = answer && answer->status != order::v1::OrderStatus::cancelled;
  co_return co_await store_.settle(stands, order, checkout, clock_.now(), context.trace);
}

}  // namespace emporion::promotion
