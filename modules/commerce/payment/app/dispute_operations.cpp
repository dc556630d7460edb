#include "modules/commerce/payment/app/dispute_operations.hpp"

#include <utility>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "modules/commerce/payment/app/page_token.hpp"
#include "modules/commerce/payment/domain/card_number.hpp"

namespace emporion::payment {
namespace {

template <typename Enum>
Enum enum_of(std::string_view word) {
  Enum out{};
  const bool known = from_string(word, out);
  EMP_ASSERT(known);  // We wrote it ourselves.
  return out;
}

v1::Dispute to_contract(const Dispute& dispute) {
  v1::Dispute out;
  out.id = dispute.id;
  out.payment_id = dispute.payment_id;
  out.order_id = dispute.order_id;
  out.provider = dispute.provider;
  out.provider_ref = dispute.provider_ref;
  out.reason_code = dispute.reason_code;
  out.amount = dispute.amount;
  out.charged_back = Money(dispute.charged_back, dispute.amount.currency());
  out.status = enum_of<v1::DisputeStatus>(to_string(dispute.status));
  out.evidence_due_at = dispute.evidence_due_at;
  if (dispute.answer) {
    v1::DisputeResponse response;
    response.action = enum_of<v1::DisputeAction>(dispute.answer->action);
    if (auto evidence = parse_json<v1::DisputeEvidence>(dispute.answer->evidence)) response.evidence = std::move(*evidence);
    response.by = dispute.answer->by;
    response.at = dispute.answer->at;
    response.pending = dispute.answer->state == "pending";
    response.refusal = dispute.answer->refusal;
    out.response = std::move(response);
  }
  out.opened_at = dispute.opened_at;
  out.closed_at = dispute.closed_at;
  return out;
}

}  // namespace

Task<Result<v1::ListDisputesResponse>> DisputeOperations::list_disputes(CallContext, v1::ListDisputesRequest request) {
  DisputeFilter filter;
  if (request.status) filter.status = std::string(to_string(*request.status));
  filter.payment_id = request.payment_id;
  filter.count = request.page_size.value_or(20);
  if (request.page_token) {
    EMP_CO_ASSIGN(const auto token, PageToken::parse(*request.page_token));
    filter.before_at = token.at;
    filter.before_id = token.id;
  }
  EMP_CO_ASSIGN(const auto rows, co_await store_.list(filter));
  v1::ListDisputesResponse out;
  for (const Dispute& row : rows) out.disputes.push_back(to_contract(row));
  if (static_cast<std::int32_t>(rows.size()) == filter.count) out.next_page_token = PageToken{rows.back().opened_at, rows.back().id, 0}.to_string();
  co_return out;
}

Task<Result<v1::Dispute>> DisputeOperations::get_dispute(CallContext, v1::GetDisputeRequest request) {
  EMP_CO_ASSIGN(const auto dispute, co_await store_.find(request.id));
  co_return to_contract(dispute);
}

Task<Result<v1::Dispute>> DisputeOperations::respond_to_dispute(CallContext context, v1::RespondToDisputeRequest request) {
  DisputeAnswer answer;
  answer.action = std::string(to_string(request.action));
  if (request.action == v1::DisputeAction::evidence) {
    if (!request.evidence || request.evidence->explanation.empty())
      co_return fail(ErrorKind::invalid_argument, "MISSING_FIELD", "evidence needs an explanation");
    answer.evidence = to_json(*request.evidence);
    if (holds_card_number(answer.evidence))
      co_return fail(ErrorKind::invalid_argument, "PAN_NOT_ACCEPTED", "card numbers are entered on the provider's page only");
  } else {
    answer.evidence = "null";
  }
  answer.key = text(context.principal.id, ":", context.idempotency_key);
  answer.digest = Uuid::from_name(text(request.id, " ", answer.action, " ", answer.evidence));
  answer.by = context.principal.id;
  EMP_CO_ASSIGN(const auto dispute, co_await disputes_.respond(std::move(context), request.id, std::move(answer)));
  co_return to_contract(dispute);
}

}  // namespace emporion::payment
