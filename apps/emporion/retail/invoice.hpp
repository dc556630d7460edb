#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "apps/emporion/retail/countries.hpp"
#include "apps/emporion/retail/row.hpp"

namespace emporion::app::retail {

struct InvoiceLine {
  std::string code;
  std::int32_t quantity = 0;
  std::int64_t price_pence = 0;
  LineKind kind = LineKind::sale;
  std::uint64_t fingerprint = 0;
};

/// The lines of one number, in the file's order.
struct Invoice {
  std::string number;
  std::string customer;  ///< Empty: the file names none.
  const Country* country = nullptr;
  std::string time;  ///< Of its first line.
  bool has_two_times = false;
  bool is_scattered = false;  ///< Another invoice's rows stand between its own.
  std::vector<InvoiceLine> lines;

  bool is_order() const noexcept { return number.front() != 'C' && number.front() != 'A'; }
  bool is_cancellation() const noexcept { return number.front() == 'C'; }
};

/// What can be bought of an invoice: one item per code with its units added up, in the order of first appearance. Only sales count.
struct OrderItem {
  std::string code;
  std::int64_t quantity = 0;
};
std::vector<OrderItem> items_of(const Invoice& invoice);

/// Puts rows together to invoices. An invoice leaves when `window` younger ones are open, so memory does not grow with the file; rows of one number that are
/// further apart than that are refused.
class InvoiceWindow {
 public:
  explicit InvoiceWindow(std::size_t window = 64) : window_(window) {}
  /// Answers an invoice that is complete by now, if there is one. Errors: INVOICE_SCATTERED (a number that left already), INVOICE_MIXED (two customers or
  /// countries).
  Result<std::optional<Invoice>> add(const Row& row);
  /// At the end of the file: the invoices left, oldest first.
  std::optional<Invoice> drain();

 private:
  std::size_t window_;
  std::deque<Invoice> open_;
  std::vector<bool> closed_ = std::vector<bool>(3'000'000);  ///< By letter and number: 375 KB whatever the file's size.
};

}  // namespace emporion::app::retail
