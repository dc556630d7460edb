#include <array>
#include <optional>
#include <set>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"
#include "modules/product/promotion/app/terms.hpp"

namespace emporion::promotion {
namespace {

using Fact = Condition::Fact;
using Node = Condition::Node;

constexpr std::array<std::pair<std::string_view, Fact>, 10> facts{{{"country", Fact::country},
                                                                   {"payment_method", Fact::payment_method},
                                                                   {"shipping_method", Fact::shipping_method},
                                                                   {"group", Fact::group},
                                                                   {"segment", Fact::segment},
                                                                   {"sku", Fact::sku},
                                                                   {"units", Fact::units},
                                                                   {"subtotal", Fact::subtotal},
                                                                   {"weekday", Fact::weekday},
                                                                   {"hour", Fact::hour}}};

std::unexpected<Error> invalid(std::string_view message) {
  return fail(Error(ErrorKind::rule_violated, "CONFIG_INVALID", text("condition: ", message))
                  .with_json("errors", text(R"([{"field":"condition","message":")", message, R"("}])")));
}

std::optional<std::string> text_of(const json::Value& value) {
  if (const auto string = value.string()) return std::string(*string);
  if (const auto integer = value.integer()) return text(*integer);
  return std::nullopt;
}

class Reading {
 public:
  Result<Condition> node(const json::Value& value, int depth) {
    if (depth > Condition::depth_max || ++nodes_ > Condition::nodes_max) return invalid("too deep or too large");
    if (value.type() != json::Type::object) return invalid("a node is an object");
    if (const auto parts = value.member("all")) return inner(value, Node::all, *parts, depth);
    if (const auto parts = value.member("any")) return inner(value, Node::any, *parts, depth);
    if (const auto part = value.member("not")) {
      if (value.size() != 1) return invalid("a node has one operator");
      EMP_ASSIGN(auto inside, node(*part, depth + 1));
      Condition out{.node = Node::negation, .parts = {}, .values = {}, .currency = {}};
      out.parts.push_back(std::move(inside));
      return out;
    }
    return leaf(value);
  }

 private:
  Result<Condition> inner(const json::Value& value, Node kind, const json::Value& parts, int depth) {
    if (value.size() != 1) return invalid("a node has one operator");
    if (parts.type() != json::Type::array || parts.size() == 0) return invalid("all and any hold at least one node");
    Condition out{.node = kind, .parts = {}, .values = {}, .currency = {}};
    std::optional<Error> error;
    parts.for_each_element([&](json::Value part) {
      auto inside = node(part, depth + 1);
      if (!inside) {
        error = inside.error();
        return false;
      }
      out.parts.push_back(std::move(*inside));
      return true;
    });
    if (error) return fail(std::move(*error));
    return out;
  }

  Result<Condition> leaf(const json::Value& value) {
    std::set<std::string_view> unknown;
    value.for_each_member([&](std::string_view name, json::Value) {
      if (name != "fact" && name != "op" && name != "values" && name != "value" && name != "currency") unknown.insert(name);
      return true;
    });
    if (!unknown.empty()) return invalid("a member is unknown");
    const auto fact_name = value.member("fact") ? value.member("fact")->string() : std::nullopt;
    const auto op = value.member("op") ? value.member("op")->string() : std::nullopt;
    if (!fact_name || !op) return invalid("a leaf has fact and op");
    Condition out{.parts = {}, .values = {}, .currency = {}};
    bool is_known = false;
    for (const auto& [name, fact] : facts) {
      if (name != *fact_name) continue;
      out.fact = fact;
      is_known = true;
    }
    if (!is_known) return invalid("the fact is unknown");
    const bool is_measure = out.fact == Fact::units || out.fact == Fact::subtotal;
    return is_measure ? measure(value, *op, std::move(out)) : one_of(value, *op, std::move(out));
  }

  static Result<Condition> measure(const json::Value& value, std::string_view op, Condition out) {
    if (op != "at_least" && op != "at_most") return invalid("a measure takes at_least or at_most");
    out.node = op == "at_least" ? Node::at_least : Node::at_most;
    const auto bound = value.member("value") ? value.member("value")->integer() : std::nullopt;
    if (!bound || *bound < 0 || value.member("values")) return invalid("a measure has one value, an integer not below 0");
    out.bound = *bound;
    const auto currency = value.member("currency") ? value.member("currency")->string() : std::nullopt;
    if (currency.has_value() != (out.fact == Fact::subtotal)) return invalid("subtotal, and nothing else, has a currency");
    if (currency && !Currency::parse(*currency)) return invalid("the currency is unknown");
    if (currency) out.currency = ascii_upper(*currency);
    return out;
  }

  static Result<Condition> one_of(const json::Value& value, std::string_view op, Condition out) {
    if (op != "in") return invalid("this fact takes in");
    const auto values = value.member("values");
    if (!values || values->type() != json::Type::array || values->size() == 0 || values->size() > 200 || value.member("value") || value.member("currency"))
      return invalid("in has 1 to 200 values");
    out.node = Node::one_of;
    bool is_text = true;
    values->for_each_element([&](json::Value one) {
      const auto string = text_of(one);
      is_text = is_text && string && string->size() <= 64;
      if (string) out.values.push_back(*string);
      return true;
    });
    if (!is_text) return invalid("values are texts of at most 64 bytes, or integers");
    return out;
  }

  int nodes_ = 0;
};

}  // namespace

Result<Condition> parse_condition(std::string_view json) {
  EMP_ASSIGN(const auto document, json::Document::parse(json));
  return Reading().node(document.root(), 1);
}

}  // namespace emporion::promotion
