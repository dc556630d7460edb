#include "modules/commerce/payment/adapters/paypal/disputes.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"
#include "modules/commerce/payment/adapters/paypal/paypal_gateway.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"

namespace emporion::payment::paypal {
namespace {

constexpr std::string_view base = "/v1/customer/disputes/";
constexpr std::string_view boundary = "emporion-evidence";
constexpr std::size_t note_max = 2'000;  // PayPal's limit of notes.

/// How a closed dispute ended. Nothing: it does not say.
std::optional<DisputeStatus> outcome_of(json::Value value) {
  const auto outcome = object_at(value, "dispute_outcome");
  const auto code = outcome ? string_at(*outcome, "outcome_code") : std::nullopt;
  if (!code) return std::nullopt;
  if (*code == "RESOLVED_BUYER_FAVOUR" || *code == "ACCEPTED") return DisputeStatus::lost;
  // A payout is PayPal's own money; a claim that was denied or taken back costs us nothing.
  return DisputeStatus::won;
}

std::optional<DisputeStatus> status_of(json::Value value) {
  const auto status = string_at(value, "status");
  if (!status) return std::nullopt;
  if (*status == "OPEN" || *status == "WAITING_FOR_SELLER_RESPONSE") return DisputeStatus::opened;
  if (*status == "UNDER_REVIEW" || *status == "WAITING_FOR_BUYER_RESPONSE" || *status == "OTHER") return DisputeStatus::submitted;
  if (*status == "RESOLVED") return outcome_of(value);
  return std::nullopt;
}

std::string note_of(const Dispute& dispute) {
  const auto document = json::Document::parse(dispute.answer ? dispute.answer->evidence : "{}");
  std::string note = document ? string_at(document->root(), "explanation").value_or("") : std::string();
  if (note.size() > note_max) note.resize(note_max);
  return note;
}

}  // namespace

Result<DisputeReport> read_dispute(json::Value value) {
  const auto id = string_at(value, "dispute_id");
  const auto amount = object_at(value, "dispute_amount");
  const auto money = amount ? money_of(*amount) : std::nullopt;
  const auto status = status_of(value);
  if (!id || !money || !status)
    return fail(unreadable_answer(text("a dispute without id or amount, or in the unknown status ", string_at(value, "status").value_or(""))));
  DisputeReport report;
  report.ref = *id;
  report.status = *status;
  report.amount = *money;
  report.reason_code = ascii_lower(string_at(value, "reason").value_or("other"));
  if (const auto disputed = first_at(value, "disputed_transactions")) report.txn_id = string_at(*disputed, "seller_transaction_id");
  if (const auto due = string_at(value, "seller_response_due_date")) {
    if (const auto time = UtcTime::parse(*due)) report.evidence_due_at = *time;
  }
  return report;
}

Result<DisputeReport> read_dispute_answer(int status, std::string_view body) {
  const auto document = json::Document::parse(body);
  if (status == 200 && document) return read_dispute(document->root());
  if (status == 200) return fail(unreadable_answer("an answer that is not JSON"));
  return fail(error_of_status(status, text("HTTP ", status, " ", document ? string_at(document->root(), "name").value_or("") : "")));
}

std::string evidence_body(const Dispute& dispute, std::string_view mark) {
  const auto document = json::Document::parse(dispute.answer ? dispute.answer->evidence : "{}");
  const auto told = [&](std::string_view name) { return document ? string_at(document->root(), name) : std::nullopt; };
  const bool was_sent = told("shipping_tracking_number").has_value();
  std::string input;
  json::Writer writer(input);
  writer.begin_object().key("evidences").begin_array().begin_object();
  writer.key("evidence_type").string(was_sent ? "PROOF_OF_FULFILLMENT" : "OTHER");
  if (was_sent) {
    writer.key("evidence_info").begin_object().key("tracking_info").begin_array().begin_object();
    writer.key("carrier_name").string(told("shipping_carrier").value_or("OTHER")).key("tracking_number").string(*told("shipping_tracking_number"));
    writer.end_object().end_array().end_object();
  }
  writer.key("notes").string(note_of(dispute)).end_object().end_array().end_object();
  return text("--", mark, "\r\nContent-Disposition: form-data; name=\"input\"\r\nContent-Type: application/json\r\n\r\n", input, "\r\n--", mark, "--\r\n");
}

std::string acceptance_body(const Dispute&) {
  std::string out;
  json::Writer(out).begin_object().key("note").string("The seller accepts the claim.").key("accept_claim_type").string("REFUND").end_object();
  return out;
}

/// The answers to evidence and acceptance name no state: it is asked for.
Task<Result<DisputeReport>> PaypalGateway::after_answer(Result<http::Response> response, Dispute dispute) {
  if (!response) co_return fail(response.error());
  if (response->status / 100 != 2) co_return fail(read_dispute_answer(response->status, response->body).error());
  co_return co_await query_dispute(std::move(dispute));
}

Task<Result<DisputeReport>> PaypalGateway::submit_evidence(Dispute dispute) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = text(options_.base_url, base, dispute.provider_ref, "/provide-evidence");
  request.headers.push_back({"content-type", text("multipart/form-data; boundary=", boundary)});
  request.headers.push_back({"paypal-request-id", text(dispute.id, ":evidence:", dispute.answer_no)});
  request.body = evidence_body(dispute, boundary);
  auto response = co_await send(std::move(request));
  co_return co_await after_answer(std::move(response), std::move(dispute));
}

Task<Result<DisputeReport>> PaypalGateway::accept_dispute(Dispute dispute) {
  auto response = co_await post(text(base, dispute.provider_ref, "/accept-claim"), acceptance_body(dispute), text(dispute.id, ":accept:", dispute.answer_no));
  co_return co_await after_answer(std::move(response), std::move(dispute));
}

Task<Result<DisputeReport>> PaypalGateway::query_dispute(Dispute dispute) {
  EMP_CO_ASSIGN(const auto response, co_await get(text(base, dispute.provider_ref)));
  co_return read_dispute_answer(response.status, response.body);
}

}  // namespace emporion::payment::paypal
