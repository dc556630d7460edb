#include "apps/emporion/retail/order_book.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::app::retail {

void CancelledCodes::add(const Invoice& cancellation) {
  if (cancellation.customer.empty()) return;
  for (const auto& line : cancellation.lines) {
    if (line.kind == LineKind::cancellation) pairs_.insert(text(cancellation.customer, '|', line.code));
  }
}

bool CancelledCodes::contains(std::string_view customer, std::string_view code) const { return pairs_.contains(text(customer, '|', code)); }

void OrderBook::placed(std::string_view customer, std::string order_id, const std::vector<OrderItem>& items) {
  if (customer.empty()) return;
  Remembered order{.order_id = std::move(order_id)};
  for (const auto& item : items) {
    order.units_left += item.quantity;
    if (cancelled_->contains(customer, item.code)) order.left.push_back(item);
  }
  if (!order.left.empty()) orders_[std::string(customer)].push_back(std::move(order));
}

OrderBook::Match OrderBook::cancel(const Invoice& cancellation) {
  Match out;
  const auto found = orders_.find(cancellation.customer);
  std::unordered_map<Remembered*, std::vector<OrderItem>> taken;
  for (const auto& line : cancellation.lines) {
    if (line.kind != LineKind::cancellation) continue;
    const std::int64_t wanted = -std::int64_t{line.quantity};
    std::int64_t missing = wanted;
    if (found != orders_.end()) {
      for (auto order = found->second.rbegin(); order != found->second.rend() && missing > 0; ++order) {
        const auto item = std::ranges::find(order->left, line.code, &OrderItem::code);
        if (item == order->left.end() || item->quantity == 0) continue;
        const std::int64_t units = std::min(missing, item->quantity);
        item->quantity -= units;
        order->units_left -= units;
        missing -= units;
        auto& items = taken[&*order];
        const auto same = std::ranges::find(items, line.code, &OrderItem::code);
        if (same == items.end()) {
          items.push_back({line.code, units});
        } else {
          same->quantity += units;
        }
      }
    }
    ++(missing == 0 ? out.lines_matched : missing == wanted ? out.lines_unmatched : out.lines_partly);
    out.units_unmatched += missing;
  }
  if (found == orders_.end()) return out;
  for (auto& order : found->second) {  // In the order of purchase: the same for every run.
    if (const auto items = taken.find(&order); items != taken.end()) out.takings.push_back({order.order_id, order.units_left == 0, std::move(items->second)});
  }
  return out;
}

}  // namespace emporion::app::retail
