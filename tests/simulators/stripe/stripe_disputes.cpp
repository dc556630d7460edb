#include "tests/simulators/stripe/stripe_disputes.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::simulators {
namespace {

constexpr std::int64_t evidence_seconds = 7 * 24 * 3600;

bool is_decided(const SimulatedDispute& dispute) { return dispute.status == "won" || dispute.status == "lost"; }

}  // namespace

std::string StripeDisputes::open(const std::string& intent, std::int64_t amount, const std::string& reason, std::int64_t now_unix) {
  Intent* charged = ledger_.change(intent);
  if (charged == nullptr || amount <= 0 || amount > charged->amount_received - charged->refunded - charged->disputed - charged->charged_back) return {};
  SimulatedDispute dispute{text("dp_sim_", disputes_.size() + 1), intent, amount, charged->currency, reason};
  dispute.due_by = now_unix + evidence_seconds;
  charged->disputed += amount;
  disputes_[dispute.id] = dispute;
  return dispute.id;
}

bool StripeDisputes::decide(const std::string& id, bool won) {
  const auto found = disputes_.find(id);
  if (found == disputes_.end() || is_decided(found->second)) return false;
  Intent* charged = ledger_.change(found->second.intent);
  charged->disputed -= found->second.amount;
  if (!won) charged->charged_back += found->second.amount;
  found->second.status = won ? "won" : "lost";
  return true;
}

bool StripeDisputes::reverse(const std::string& id) {
  const auto found = disputes_.find(id);
  if (found == disputes_.end() || found->second.status != "lost") return false;
  ledger_.change(found->second.intent)->charged_back -= found->second.amount;
  found->second.status = "won";
  return true;
}

Answer StripeDisputes::get(const std::string& id) const {
  const SimulatedDispute* dispute = find(id);
  return dispute == nullptr ? error_answer(404, "invalid_request_error", "resource_missing", "No such dispute") : Answer{200, to_json(*dispute)};
}

Answer StripeDisputes::submit(const std::string& id, const Fields& fields, std::int64_t now_unix) {
  const auto found = disputes_.find(id);
  if (found == disputes_.end()) return get(id);
  for (const auto& [name, value] : fields) {
    const bool known = name == "submit" || name.starts_with("metadata[") || (name.starts_with("evidence[") && name.ends_with("]"));
    if (!known) return error_answer(400, "invalid_request_error", "parameter_unknown", text("Received unknown parameter: ", name));
  }
  SimulatedDispute& dispute = found->second;
  if (dispute.status != "needs_response") return error_answer(400, "invalid_request_error", "dispute_not_updatable", "This dispute does not take evidence");
  if (now_unix > dispute.due_by) return error_answer(400, "invalid_request_error", "dispute_past_due", "The evidence is overdue");
  dispute.evidence = field(fields, "evidence[uncategorized_text]");
  if (field(fields, "submit") == "true") dispute.status = "under_review";
  return {200, to_json(dispute)};
}

Answer StripeDisputes::close(const std::string& id) {
  const auto found = disputes_.find(id);
  if (found == disputes_.end()) return get(id);
  if (!decide(id, false)) return error_answer(400, "invalid_request_error", "dispute_already_closed", "This dispute is closed");
  return {200, to_json(found->second)};
}

const SimulatedDispute* StripeDisputes::find(const std::string& id) const {
  const auto found = disputes_.find(id);
  return found == disputes_.end() ? nullptr : &found->second;
}

std::string StripeDisputes::to_json(const SimulatedDispute& dispute) const {
  std::string out;
  json::Writer writer(out);
  writer.begin_object()
      .key("id")
      .string(dispute.id)
      .key("object")
      .string("dispute")
      .key("amount")
      .integer(dispute.amount)
      .key("currency")
      .string(dispute.currency);
  writer.key("charge")
      .string("ch_" + dispute.intent)
      .key("payment_intent")
      .string(dispute.intent)
      .key("reason")
      .string(dispute.reason)
      .key("status")
      .string(dispute.status);
  writer.key("evidence_details").begin_object().key("due_by").integer(dispute.due_by).key("has_evidence").boolean(!dispute.evidence.empty()).end_object();
  writer.end_object();
  return out;
}

}  // namespace emporion::simulators
