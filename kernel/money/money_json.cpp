#include "kernel/money/money_json.hpp"

#include "kernel/json/fields.hpp"

namespace emporion {

void append_json(std::string& out, const Money& value) {
  out.append("{\"amount\":");
  json::append_json(out, value.amount());
  out.append(",\"currency\":\"").append(value.currency().code()).append("\"}");
}

void read_json(const json::Value& value, json::Reader& reader, Money& out) {
  if (value.type() != json::Type::object) return reader.wrong_type("object");
  std::optional<std::int64_t> amount;
  std::optional<std::string> currency;
  bool readable = true;
  value.for_each_member([&](std::string_view name, json::Value member) {
    if (name != "amount" && name != "currency") {
      json::unknown_member(name, member, reader);
      readable = false;
      return true;
    }
    const json::Reader::At at(reader, name);
    if (name == "amount") {
      readable &= member.type() == json::Type::integer;
      read_json(member, reader, amount.emplace());
    } else {
      readable &= member.type() == json::Type::string;
      read_json(member, reader, currency.emplace());
    }
    return true;
  });
  if (!amount) reader.missing("amount");
  if (!currency) reader.missing("currency");
  if (!readable || !amount || !currency) return;
  if (auto money = Money::parse(*amount, *currency)) {
    out = *money;
  } else {
    reader.invalid(money.error());
  }
}

}  // namespace emporion
