#include "modules/commerce/checkout/app/discounts.hpp"
#include "modules/commerce/checkout/app/place_order/place_order.hpp"

namespace emporion::checkout {

using saga::StepOutcome;

Task<StepOutcome> PlaceOrder::reserve_promotions(State& state, saga::Context& context, const SessionView& view) {
  EMP_ASSERT(view.quote && view.plan && view.quote->promotions_at && view.quote->evaluation_hash);
  promotion::v1::ReserveRequest request{.checkout_id = *state.redemption,
                                        .input = evaluation_of(view, *view.plan, view.quote->lines, *view.quote->promotions_at),
                                        .evaluation_hash = *view.quote->evaluation_hash};
  const auto reserved = co_await neighbours_.promotion().reserve(context.call(context.step_key() + ":promotions"), std::move(request));
  if (reserved) co_return StepOutcome::done();
  if (reserved.error().is_transient()) co_return StepOutcome::from(as_dependency_error(reserved.error()));
  co_return StepOutcome::refused(as_coupon_refusal(reserved.error(), view.quote->promotions));
}

Task<StepOutcome> PlaceOrder::commit_promotions(State& state, saga::Context& context, const SessionView& view) {
  const auto committed =
      co_await neighbours_.promotion().commit(context.call(context.step_key() + ":commit"), {.id = *state.redemption, .order_id = state.order});
  if (committed) co_return StepOutcome::done();
  if (committed.error().is_transient()) co_return StepOutcome::from(as_dependency_error(committed.error()));
  auto undone = co_await cancel_order(state, context);
  if (undone.kind() != StepOutcome::Kind::done) co_return undone;
  co_return StepOutcome::refused(as_coupon_refusal(committed.error(), view.quote->promotions));
}

Task<StepOutcome> PlaceOrder::release_promotions(State& state, saga::Context& context) {
  if (!state.redemption) co_return StepOutcome::done();
  // What is committed comes back by the order's cancellation; a reserve that is still on its way is refused from now on.
  const auto released = co_await neighbours_.promotion().release(context.call(context.undo_key() + ":promotions"), {.id = *state.redemption});
  if (!released) co_return StepOutcome::unknown(released.error());
  co_return StepOutcome::done();
}

}  // namespace emporion::checkout
