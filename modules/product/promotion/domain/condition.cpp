#include "modules/product/promotion/domain/condition.hpp"

#include <algorithm>
#include <chrono>

namespace emporion::promotion {
namespace {

bool is_one_of(const std::vector<std::string>& values, const std::string& value) { return std::ranges::find(values, value) != values.end(); }

std::string weekday_of(UtcTime at) {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::sys_time<microseconds>(microseconds(at.micros_since_epoch())));
  return std::to_string(std::chrono::weekday(day).iso_encoding());
}

std::string hour_of(UtcTime at) {
  const auto since = std::chrono::sys_time<microseconds>(microseconds(at.micros_since_epoch()));
  return std::to_string(std::chrono::floor<hours>(since - std::chrono::floor<std::chrono::days>(since)).count());
}

bool is_named(const Condition& leaf, const Cart& cart, const Buyer& buyer) {
  const auto named = [&](const std::string& value) { return is_one_of(leaf.values, value); };
  switch (leaf.fact) {
    case Condition::Fact::country: return named(cart.country);
    case Condition::Fact::payment_method: return named(cart.payment_method);
    case Condition::Fact::shipping_method: return named(cart.shipping_method);
    case Condition::Fact::group: return buyer.group && named(*buyer.group);
    case Condition::Fact::segment: return std::ranges::any_of(buyer.segments, named);
    case Condition::Fact::sku: return std::ranges::any_of(cart.lines, named, &Line::sku);
    case Condition::Fact::weekday: return named(weekday_of(cart.at));
    case Condition::Fact::hour: return named(hour_of(cart.at));
    case Condition::Fact::units:
    case Condition::Fact::subtotal: break;
  }
  return false;
}

// Absent where there is nothing to compare.
std::optional<std::int64_t> measure_of(const Condition& leaf, const Cart& cart) {
  if (leaf.fact == Condition::Fact::units) return cart.units();
  if (leaf.fact == Condition::Fact::subtotal && leaf.currency == cart.currency.code()) return cart.subtotal();
  return std::nullopt;
}

}  // namespace

bool holds(const Condition& condition, const Cart& cart, const Buyer& buyer) {
  const auto part_holds = [&](const Condition& part) { return holds(part, cart, buyer); };
  switch (condition.node) {
    case Condition::Node::all: return std::ranges::all_of(condition.parts, part_holds);
    case Condition::Node::any: return std::ranges::any_of(condition.parts, part_holds);
    case Condition::Node::negation: return !part_holds(condition.parts.front());
    case Condition::Node::one_of: return is_named(condition, cart, buyer);
    case Condition::Node::at_least:
    case Condition::Node::at_most: break;
  }
  const auto measure = measure_of(condition, cart);
  if (!measure) return false;
  return condition.node == Condition::Node::at_least ? *measure >= condition.bound : *measure <= condition.bound;
}

}  // namespace emporion::promotion
