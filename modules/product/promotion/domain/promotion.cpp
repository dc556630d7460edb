#include "modules/product/promotion/domain/promotion.hpp"

namespace emporion::promotion {

std::optional<std::int64_t> amount_in(const Amounts& amounts, Currency currency) {
  const auto found = amounts.find(currency.code());
  return found == amounts.end() ? std::nullopt : std::optional(found->second);
}

bool Promotion::needs_facts() const {
  return include.needs_facts() || exclude.needs_facts() || (buy_x_get_y && buy_x_get_y->get_scope && buy_x_get_y->get_scope->needs_facts());
}

bool Promotion::concerns(const Line& line) const {
  if ((exclude_sale_items && line.is_on_sale) || exclude.names(line)) return false;
  const bool is_got = buy_x_get_y && buy_x_get_y->get_scope && buy_x_get_y->get_scope->names(line);
  return include.is_empty() || include.names(line) || is_got;
}

bool comes_before(const Promotion& a, const Promotion& b) {
  if (a.priority != b.priority) return a.priority > b.priority;
  if (a.created_at != b.created_at) return a.created_at < b.created_at;
  return a.id < b.id;
}

}  // namespace emporion::promotion
