#include "apps/emporion/retail/invoice.hpp"

#include <algorithm>
#include <unordered_map>

#include "kernel/base/text.hpp"

namespace emporion::app::retail {
namespace {

std::size_t index_of(std::string_view number) {
  std::size_t series = 0;
  if (number.front() == 'C' || number.front() == 'A') {
    series = number.front() == 'C' ? 1 : 2;
    number.remove_prefix(1);
  }
  std::size_t value = 0;
  for (const char c : number) value = value * 10 + static_cast<std::size_t>(c - '0');
  return series * 1'000'000 + value;
}

}  // namespace

std::vector<OrderItem> items_of(const Invoice& invoice) {
  std::vector<OrderItem> out;
  std::unordered_map<std::string_view, std::size_t> known;
  for (const auto& line : invoice.lines) {
    if (line.kind != LineKind::sale) continue;
    const auto [at, is_new] = known.emplace(line.code, out.size());
    if (is_new) {
      out.push_back({line.code, line.quantity});
    } else {
      out[at->second].quantity += line.quantity;
    }
  }
  return out;
}

Result<std::optional<Invoice>> InvoiceWindow::add(const Row& row) {
  auto found = std::ranges::find(open_, row.invoice, &Invoice::number);
  std::optional<Invoice> complete;
  if (found == open_.end()) {
    if (closed_[index_of(row.invoice)]) {
      return fail(ErrorKind::invalid_argument, "INVOICE_SCATTERED",
                  text("row ", row.number, ": invoice ", row.invoice, " began over ", window_, " invoices ago"));
    }
    if (open_.size() == window_) complete = drain();
    open_.push_back({.number = row.invoice, .customer = row.customer, .country = find_country(row.country), .time = row.time});
    found = std::prev(open_.end());
  } else {
    if (found->customer != row.customer || found->country != find_country(row.country)) {
      return fail(ErrorKind::invalid_argument, "INVOICE_MIXED", text("row ", row.number, ": invoice ", row.invoice, " has two customers or countries"));
    }
    if (std::next(found) != open_.end()) found->is_scattered = true;
    if (found->time != row.time) found->has_two_times = true;
  }
  found->lines.push_back({row.code, row.quantity, row.price().amount(), row.kind(), row.fingerprint});
  return complete;
}

std::optional<Invoice> InvoiceWindow::drain() {
  if (open_.empty()) return std::nullopt;
  Invoice oldest = std::move(open_.front());
  open_.pop_front();
  closed_[index_of(oldest.number)] = true;
  return oldest;
}

}  // namespace emporion::app::retail
