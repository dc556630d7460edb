#include "modules/commerce/payment/adapters/stripe/disputes.hpp"

#include <array>
#include <utility>

#include "kernel/base/text.hpp"
#include "modules/commerce/payment/adapters/stripe/stripe_gateway.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"

namespace emporion::payment::stripe {
namespace {

std::optional<DisputeStatus> status_of(std::string_view status) noexcept {
  if (status == "needs_response" || status == "warning_needs_response") return DisputeStatus::opened;
  if (status == "under_review" || status == "warning_under_review") return DisputeStatus::submitted;
  if (status == "won" || status == "warning_closed" || status == "prevented") return DisputeStatus::won;  // An inquiry that ends took nothing.
  if (status == "lost") return DisputeStatus::lost;
  return std::nullopt;
}

/// An id, or the object of that id where it was expanded.
std::optional<std::string> id_at(json::Value value, std::string_view name) {
  if (auto id = string_at(value, name)) return id;
  const auto object = object_at(value, name);
  return object ? string_at(*object, "id") : std::nullopt;
}

// Our words for evidence, and Stripe's.
constexpr std::array evidence_names{
    std::pair{"explanation", "uncategorized_text"},
    std::pair{"product_description", "product_description"},
    std::pair{"customer_name", "customer_name"},
    std::pair{"customer_email", "customer_email_address"},
    std::pair{"shipping_address", "shipping_address"},
    std::pair{"shipping_carrier", "shipping_carrier"},
    std::pair{"shipping_tracking_number", "shipping_tracking_number"},
    std::pair{"shipping_date", "shipping_date"},
    std::pair{"refund_policy", "refund_policy_disclosure"},
};

}  // namespace

Result<DisputeReport> read_dispute(json::Value value) {
  const auto id = string_at(value, "id");
  const auto word = string_at(value, "status");
  const auto amount = integer_at(value, "amount");
  const auto currency = string_at(value, "currency");
  const auto status = word ? status_of(*word) : std::nullopt;
  const auto money =
      amount && currency ? Money::parse(*amount, ascii_upper(*currency)) : Result<Money>(fail(ErrorKind::invalid_argument, "AMOUNT_OUT_OF_RANGE", ""));
  if (!id || !status || !money) return fail(unreadable_answer(text("a dispute without id or amount, or in the unknown status ", word.value_or(""))));
  DisputeReport report;
  report.ref = *id;
  report.status = *status;
  report.amount = *money;
  report.reason_code = string_at(value, "reason").value_or("general");
  report.payment_ref = id_at(value, "payment_intent");
  report.txn_id = id_at(value, "charge");
  const auto details = object_at(value, "evidence_details");
  const auto due = details ? integer_at(*details, "due_by") : std::nullopt;
  if (due) report.evidence_due_at = UtcTime::from_micros(*due * 1'000'000);
  return report;
}

Result<DisputeReport> read_dispute_answer(int status, std::string_view body) {
  const auto document = json::Document::parse(body);
  if (status == 200 && document) return read_dispute(document->root());
  if (status == 200) return fail(unreadable_answer("an answer that is not JSON"));
  const auto error = document ? object_at(document->root(), "error") : std::nullopt;
  return fail(error_of_status(status, text("HTTP ", status, " ", error ? string_at(*error, "message").value_or("") : "")));
}

Form evidence_form(const Dispute& dispute) {
  Form form;
  const auto document = json::Document::parse(dispute.answer ? dispute.answer->evidence : "{}");
  if (document) {
    for (const auto& [ours, theirs] : evidence_names) {
      if (const auto told = string_at(document->root(), ours)) form.emplace_back(text("evidence[", theirs, "]"), *told);
    }
  }
  form.emplace_back("submit", "true");
  form.emplace_back("metadata[dispute_id]", dispute.id.to_string());
  return form;
}

std::string answer_key(const Dispute& dispute) { return text(dispute.id, ":", dispute.answer ? dispute.answer->action : "", ":", dispute.answer_no); }

Task<Result<DisputeReport>> StripeGateway::submit_evidence(Dispute dispute) {
  EMP_CO_ASSIGN(const auto response, co_await post(text("/v1/disputes/", dispute.provider_ref), evidence_form(dispute), answer_key(dispute)));
  co_return read_dispute_answer(response.status, response.body);
}

Task<Result<DisputeReport>> StripeGateway::accept_dispute(Dispute dispute) {
  EMP_CO_ASSIGN(const auto response, co_await post(text("/v1/disputes/", dispute.provider_ref, "/close"), {}, answer_key(dispute)));
  co_return read_dispute_answer(response.status, response.body);
}

Task<Result<DisputeReport>> StripeGateway::query_dispute(Dispute dispute) {
  EMP_CO_ASSIGN(const auto response, co_await get(text("/v1/disputes/", dispute.provider_ref)));
  co_return read_dispute_answer(response.status, response.body);
}

}  // namespace emporion::payment::stripe
