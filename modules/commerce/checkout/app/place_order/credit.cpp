#include "kernel/base/text.hpp"
#include "modules/commerce/checkout/app/place_order/place_order.hpp"

namespace emporion::checkout {

using saga::StepOutcome;

Task<StepOutcome> PlaceOrder::hold_credit(State& state, saga::Context& context, const SessionView& view) {
  EMP_ASSERT(view.quote && !view.quote->credits.empty());
  payment::v1::HoldCreditRequest request;
  request.hold_id = credit_hold_id(context.saga());
  request.order_id = state.order;
  request.customer_id = state.customer;
  for (const auto& credit : view.quote->credits) request.parts.push_back({.account_id = credit.account_id, .amount = credit.amount});
  request.covers_order = amount_due(state).is_zero();
  const auto held = co_await neighbours_.credit().hold_credit(context.call(text(context.saga(), ":hold_credit")), std::move(request));
  if (held) co_return StepOutcome::done();
  if (held.error().is_transient()) co_return StepOutcome::from(as_dependency_error(held.error()));
  // A step that is refused is not undone: what it made goes back here.
  auto undone = co_await cancel_order(state, context);
  if (undone.kind() != StepOutcome::Kind::done) co_return undone;
  co_return StepOutcome::refused(held.error());
}

Task<StepOutcome> PlaceOrder::release_credit(State& state, saga::Context& context) {
  if (!state.credit) co_return StepOutcome::done();
  // Also where none was held: a hold that is still on its way is refused from now on.
  const auto released = co_await neighbours_.credit().release_credit(context.call(text(context.saga(), ":c:hold_credit")),
                                                                     {.id = credit_hold_id(context.saga()), .order_id = state.order});
  if (!released) co_return StepOutcome::unknown(released.error());
  co_return StepOutcome::done();
}

Task<StepOutcome> PlaceOrder::redeem_credit(State& state, saga::Context& context) {
  if (!state.credit) co_return StepOutcome::done();
  const auto redeemed =
      co_await neighbours_.credit().redeem_credit(context.call(text(context.saga(), ":redeem_credit")), {.id = credit_hold_id(context.saga())});
  if (!redeemed) co_return StepOutcome::from(redeemed.error().is_transient() ? as_dependency_error(redeemed.error()) : redeemed.error());
  co_return StepOutcome::done();
}

}  // namespace emporion::checkout
