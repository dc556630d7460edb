#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/observe/log.hpp"
#include "modules/commerce/checkout/adapters/rpc/checkout_service.hpp"

namespace emporion::checkout {
namespace {

/// What a try learned, without what only the buyer may hold: next_action can carry a secret of the provider.
std::optional<std::string> shown(const std::optional<std::string>& response) {
  if (!response) return std::nullopt;
  const auto learned = json::Document::parse(*response);
  if (!learned) return std::nullopt;
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  learned->root().for_each_member([&](std::string_view name, json::Value value) {
    if (name != "next_action") writer.key_escaped(name).raw(value.to_json());
    return true;
  });
  writer.end_object();
  return out;
}

/// What staff did to a saga goes to the log that is kept, beside the note in the saga's own.
void audit(std::string_view what, const CallContext& context, const v1::SagaCommandRequest& request) {
  observe::info("audit",
                {{"action", std::string(what)}, {"staff", context.principal.id.to_string()}, {"saga", request.id.to_string()}, {"reason", request.reason}});
}

/// Staff see the saga's log as pairs: a try begins with `started` and ends with what came of it.
std::vector<v1::SagaStep> steps_of(const std::vector<saga::StepRecord>& log) {
  std::vector<v1::SagaStep> out;
  for (const auto& record : log) {
    v1::SagaStep step{.step = record.step,
                      .direction = record.direction,
                      .try_no = record.try_number,
                      .idem_key = record.key,
                      .state = record.state,
                      .error = record.error,
                      .started_at = record.at};
    if (!record.request_sha256.empty()) step.request_sha256 = record.request_sha256;
    step.response = shown(record.response);
    const bool ends_last = !out.empty() && out.back().step == record.step && out.back().direction == record.direction && out.back().state == "started" &&
                           record.state != "started";
    if (!ends_last) {
      out.push_back(std::move(step));
      continue;
    }
    out.back().state = record.state;
    out.back().error = record.error;
    out.back().response = shown(record.response);
    out.back().finished_at = record.at;
  }
  return out;
}

Result<v1::Saga> saga_of(const saga::Snapshot& row) {
  EMP_ASSIGN(const auto state, parse_json<PlaceOrderState>(row.context));
  v1::Saga out;
  out.id = row.id;
  out.session_id = state.session;
  out.cart_id = state.cart;
  out.order_id = state.order;
  out.quote_id = state.quote;
  if (!from_string(row.state, out.state)) out.state = v1::SagaState::running;
  out.step = row.step;
  out.attempt_no = state.payment_attempt;
  out.deadline_at = row.deadline;
  out.next_run_at = row.next_run_at;
  out.version = row.version;
  out.created_at = row.created_at;
  out.updated_at = row.updated_at;
  return out;
}

}  // namespace

Task<Result<v1::PlacementResponse>> CheckoutService::confirm_checkout(CallContext context, v1::ConfirmCheckoutRequest request) {
  const Owner owner = owner_of(context, request.cart_token);
  co_return co_await placement_.confirm(context, std::move(request), owner);
}

Task<Result<v1::PlacementResponse>> CheckoutService::get_confirmation(CallContext context, v1::GetConfirmationRequest request) {
  const Owner owner = owner_of(context, request.cart_token);
  co_return co_await placement_.confirmation(context, std::move(request), owner);
}

Task<Result<v1::PlacementResponse>> CheckoutService::retry_payment(CallContext context, v1::RetryPaymentRequest request) {
  const Owner owner = owner_of(context, request.cart_token);
  co_return co_await placement_.retry_payment(context, std::move(request), owner);
}

Task<Result<v1::AbandonCheckoutResponse>> CheckoutService::abandon_checkout(CallContext context, v1::AbandonCheckoutRequest request) {
  std::optional<Owner> owner;
  if (context.principal.realm != Realm::service) owner = owner_of(context, request.cart_token);
  co_return co_await placement_.abandon(context, std::move(request), owner);
}

Task<Result<v1::ListSagasResponse>> CheckoutService::list_sagas(CallContext context, v1::ListSagasRequest request) {
  (void)context;
  if (request.order_id) {  // One order has one saga.
    v1::ListSagasResponse found;
    EMP_CO_ASSIGN(const auto id, co_await sessions_.saga_of_order(*request.order_id));
    if (!id) co_return found;
    EMP_CO_ASSIGN(const auto row, co_await engine_.find(*id));
    EMP_CO_ASSIGN(auto saga, saga_of(row));
    if (!request.state || saga.state == *request.state) found.sagas.push_back(std::move(saga));
    co_return found;
  }
  const auto state = request.state ? std::optional(std::string(v1::to_string(*request.state))) : std::nullopt;
  std::optional<Uuid> after;
  if (request.page_token) {
    EMP_CO_ASSIGN(after, Uuid::parse(*request.page_token));
  }
  const int count = request.page_size.value_or(20);
  EMP_CO_ASSIGN(const auto rows, co_await engine_.list(state, after, count));
  v1::ListSagasResponse out;
  for (const auto& row : rows) {
    EMP_CO_ASSIGN(auto saga, saga_of(row));
    out.sagas.push_back(std::move(saga));
  }
  if (rows.size() == static_cast<std::size_t>(count)) out.next_page_token = rows.back().id.to_string();
  co_return out;
}

Task<Result<v1::Saga>> CheckoutService::get_saga(CallContext context, v1::GetSagaRequest request) {
  (void)context;
  EMP_CO_ASSIGN(const auto row, co_await engine_.find(request.id));
  EMP_CO_ASSIGN(const auto log, co_await engine_.log_of(request.id));
  EMP_CO_ASSIGN(auto out, saga_of(row));
  out.steps = steps_of(log);
  co_return out;
}

Task<Result<v1::Saga>> CheckoutService::retry_saga(CallContext context, v1::SagaCommandRequest request) {
  const auto retried = co_await engine_.retry(request.id, text("retry by staff ", context.principal.id, ": ", request.reason));
  if (!retried) {
    if (retried.error().reason() != "SAGA_STATE") co_return fail(retried.error());
    co_return fail(ErrorKind::conflict, "SAGA_TERMINAL", retried.error().detail());
  }
  audit("checkout.saga.retry", context, request);
  co_return co_await get_saga(context, {.id = request.id});
}

Task<Result<v1::Saga>> CheckoutService::compensate_saga(CallContext context, v1::SagaCommandRequest request) {
  const Error why(ErrorKind::gone, "COMPENSATED_BY_STAFF", request.reason);
  const auto aborted = co_await engine_.abort(request.id, why, text("compensate by staff ", context.principal.id, ": ", request.reason));
  if (!aborted) {
    if (aborted.error().reason() != "SAGA_STATE") co_return fail(aborted.error());
    co_return fail(ErrorKind::conflict, "SAGA_TERMINAL", aborted.error().detail());
  }
  audit("checkout.saga.compensate", context, request);
  co_return co_await get_saga(context, {.id = request.id});
}

}  // namespace emporion::checkout
