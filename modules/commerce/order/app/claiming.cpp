#include "modules/commerce/order/app/claiming.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/postgres/answer_once.hpp"

namespace emporion::order {

Task<Result<Uuid>> Claiming::proven(std::string_view token, Uuid customer) {
  EMP_CO_ASSIGN(const auto claim, tokens_.read(token));
  const auto order = co_await store_.load(claim.order_id);
  if (!order && order.error().kind() != ErrorKind::not_found) co_return fail(order.error());
  // Forged, of an order that never was, or of one whose contact was erased: told alike.
  if (!order || !tokens_.is_genuine(claim, order->contact.email))
    co_return fail(ErrorKind::rule_violated, "CLAIM_TOKEN_INVALID", "this link is not one of ours; ask for a new one");
  if (claim.expires_at <= clock_.now()) co_return fail(ErrorKind::gone, "CLAIM_TOKEN_EXPIRED", "the link was good for seven days; ask for a new one");
  if (order->customer_id && *order->customer_id != customer) co_return fail(ErrorKind::conflict, "ALREADY_CLAIMED", "the order belongs to another account");
  co_return order->id;
}

Task<Result<v1::ClaimGuestOrdersResponse>> Claiming::claim(CallContext context, v1::ClaimGuestOrdersRequest request) {
  const Uuid customer = context.principal.id;
  const postgres::IdempotencyScope scope{postgres::caller_of(context.principal), "order.claim_guest_orders", context.idempotency_key, to_json(request)};
  std::optional<Uuid> order_id;
  std::optional<std::string> email;
  if (request.token) {
    EMP_CO_ASSIGN(order_id, co_await proven(*request.token, customer));
  } else {
    EMP_CO_ASSIGN(email, co_await neighbours_.verified_email(context));
    if (!email) co_return fail(ErrorKind::rule_violated, "EMAIL_NOT_VERIFIED", "verify your e-mail address first");
    email = ascii_lower(trimmed(*email));
  }
  EMP_CO_ASSIGN(auto work, co_await store_.begin(std::move(context)));
  EMP_CO_ASSIGN(const auto first, co_await postgres::claim_key(work, scope));
  if (first) co_return parse_json<v1::ClaimGuestOrdersResponse>(first->body);
  v1::ClaimGuestOrdersResponse out;
  EMP_CO_ASSIGN(out.order_ids, co_await store_.claim_guest_orders(work, customer, email, order_id));
  EMP_CO_TRY(co_await postgres::remember_answer(work, scope, {200, to_json(out)}));
  EMP_CO_TRY(co_await work.commit());
  co_return out;
}

}  // namespace emporion::order
