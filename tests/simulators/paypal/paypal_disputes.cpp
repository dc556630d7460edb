#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"
#include "tests/simulators/paypal/paypal_simulator.hpp"

// Customer Disputes v1, from PayPal's documents.
namespace emporion::simulators {
namespace {

constexpr std::string_view prefix = "/v1/customer/disputes/";

}  // namespace

std::string PaypalSimulator::open_dispute(const std::string& order_id, std::int64_t amount, const std::string& reason) {
  Order& order = orders_.at(order_id);
  if (order.capture_status != "COMPLETED" || amount <= 0 || amount > order.captured - order.refunded - order.disputed) return {};
  const std::string id = text("PP-D-", ++serial_);
  order.disputed += amount;
  disputes_[id] = Dispute{order_id, amount, reason, "WAITING_FOR_SELLER_RESPONSE", "", ""};
  emit_event("CUSTOMER.DISPUTE.CREATED", dispute_json(id));
  return id;
}

bool PaypalSimulator::decide_dispute(const std::string& id, bool won) {
  const auto found = disputes_.find(id);
  if (found == disputes_.end() || found->second.status == "RESOLVED") return false;
  found->second.status = "RESOLVED";
  found->second.outcome = won ? "RESOLVED_SELLER_FAVOUR" : "RESOLVED_BUYER_FAVOUR";
  Order& order = orders_.at(found->second.order_id);
  if (won) order.disputed -= found->second.amount;
  emit_event("CUSTOMER.DISPUTE.RESOLVED", dispute_json(id));
  return true;
}

const PaypalSimulator::Dispute* PaypalSimulator::find_dispute(const std::string& id) const {
  const auto found = disputes_.find(id);
  return found == disputes_.end() ? nullptr : &found->second;
}

std::optional<PaypalSimulator::Call> PaypalSimulator::dispute_call(const http::Request& request) {
  if (!request.path.starts_with(prefix)) return std::nullopt;
  const std::string rest = request.path.substr(prefix.size());
  const std::size_t slash = rest.find('/');
  if (request.method != http::Method::post) return slash == std::string::npos ? std::optional(Call{"get_dispute", rest}) : std::nullopt;
  if (slash == std::string::npos) return std::nullopt;
  const std::string verb = rest.substr(slash + 1);
  if (verb == "provide-evidence") return Call{"evidence", rest.substr(0, slash)};
  if (verb == "accept-claim") return Call{"accept", rest.substr(0, slash)};
  return std::nullopt;
}

http::Response PaypalSimulator::work_dispute(const Call& call, const http::Request& request) {
  const auto found = disputes_.find(call.id);
  if (found == disputes_.end()) return refuse_call(404, "INVALID_RESOURCE_ID");
  Dispute& dispute = found->second;
  if (call.operation == "get_dispute") return json_answer(200, dispute_json(call.id));
  if (dispute.status != "WAITING_FOR_SELLER_RESPONSE") return refuse_call(422, "ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE");
  if (call.operation == "evidence") {
    if (!request.header("content-type").starts_with("multipart/form-data; boundary=")) return refuse_call(415, "UNSUPPORTED_MEDIA_TYPE");
    const std::size_t begin = request.body.find("\r\n\r\n");
    const std::size_t end = request.body.rfind("\r\n--");
    if (request.body.find("name=\"input\"") == std::string::npos || begin == std::string::npos || end <= begin + 4) return refuse_call(400, "MISSING_INPUT");
    const auto document = json::Document::parse(std::string_view(request.body).substr(begin + 4, end - begin - 4));
    if (!document || !document->root().member("evidences")) return refuse_call(400, "MALFORMED_REQUEST_JSON");
    dispute.evidence = document->root().to_json();
    dispute.status = "UNDER_REVIEW";
    emit_event("CUSTOMER.DISPUTE.UPDATED", dispute_json(call.id));
  } else {
    dispute.status = "RESOLVED";
    dispute.outcome = "RESOLVED_BUYER_FAVOUR";
    emit_event("CUSTOMER.DISPUTE.RESOLVED", dispute_json(call.id));
  }
  return json_answer(200, text(R"({"links":[{"href":")", url(), prefix, call.id, R"(","rel":"self"}]})"));
}

std::string PaypalSimulator::dispute_json(const std::string& id) const {
  const Dispute& dispute = disputes_.at(id);
  const Order& order = orders_.at(dispute.order_id);
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("dispute_id").string(id).key("reason").string(dispute.reason).key("status").string(dispute.status);
  writer.key("disputed_transactions").begin_array().begin_object().key("seller_transaction_id").string(order.capture_id).end_object().end_array();
  writer.key("dispute_amount")
      .begin_object()
      .key("currency_code")
      .string(order.currency)
      .key("value")
      .string(value_of(dispute.amount, order.currency))
      .end_object();
  if (!dispute.outcome.empty()) writer.key("dispute_outcome").begin_object().key("outcome_code").string(dispute.outcome).end_object();
  writer.key("seller_response_due_date").string((clock().now() + hours(24 * 10)).to_string());
  writer.end_object();
  return out;
}

}  // namespace emporion::simulators
