#include "modules/logistics/fulfillment/app/order_facts.hpp"

#include "kernel/base/assert.hpp"
#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::fulfillment {

std::string to_json_text(const OrderFacts& facts) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("number").string(facts.number).key("currency").string(facts.currency);
  if (facts.customer_id) writer.key("customer_id").string(facts.customer_id->to_string());
  if (facts.payment_id) writer.key("payment_id").string(facts.payment_id->to_string());
  if (facts.method_id) writer.key("method_id").string(*facts.method_id);
  writer.key("shorts").begin_array();
  for (const auto& [line, qty] : facts.shorts) {
    if (qty > 0) writer.begin_array().integer(line).integer(qty).end_array();
  }
  writer.end_array().key("delivered").begin_array();
  for (const Uuid& id : facts.delivered) writer.string(id.to_string());
  writer.end_array().end_object();
  return out;
}

OrderFacts order_facts_of(std::string_view json) {
  const auto document = json::Document::parse(json);
  EMP_ASSERT(document.has_value());
  const json::Value root = document->root();
  const auto string_at = [&](std::string_view name) -> std::optional<std::string> {
    const auto value = root.member(name);
    return value && value->string() ? std::optional(std::string(*value->string())) : std::nullopt;
  };
  const auto id_of = [](std::optional<std::string_view> written) -> std::optional<Uuid> {
    const auto id = written ? Uuid::parse(*written) : Result<Uuid>(Uuid());
    return written && id ? std::optional(*id) : std::nullopt;
  };
  OrderFacts out;
  out.number = string_at("number").value_or("");
  out.currency = string_at("currency").value_or("");
  out.customer_id = id_of(string_at("customer_id"));
  out.payment_id = id_of(string_at("payment_id"));
  out.method_id = string_at("method_id");
  if (const auto shorts = root.member("shorts")) {
    shorts->for_each_element([&](json::Value pair) {
      std::vector<std::int32_t> numbers;
      pair.for_each_element([&](json::Value number) {
        numbers.push_back(static_cast<std::int32_t>(number.integer().value_or(0)));
        return true;
      });
      if (numbers.size() == 2) out.shorts[numbers[0]] = numbers[1];
      return true;
    });
  }
  if (const auto delivered = root.member("delivered")) {
    delivered->for_each_element([&](json::Value id) {
      if (const auto package = id_of(id.string())) out.delivered.push_back(*package);
      return true;
    });
  }
  return out;
}

}  // namespace emporion::fulfillment
