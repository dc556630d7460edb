#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "apps/emporion/retail/invoice.hpp"
#include "apps/emporion/retail/row.hpp"

namespace emporion::app::retail {

/// A counted fact of the report. `quirk` is its number in data/README.md, 0 for plain counts.
struct Figure {
  int quirk = 0;
  std::string key;
  std::string label;
  std::int64_t value = 0;
};
void print_figures(const std::vector<Figure>& figures);
std::string figures_json(const std::vector<Figure>& figures);

/// Counts what is odd about rows and invoices, in memory that grows with trading days only.
class Quirks {
 public:
  void count(const Row& row);
  void count(const Invoice& invoice);
  void count_corrupt_row() { ++corrupt_rows_; }
  std::vector<Figure> figures() const;

  std::int64_t corrupt_rows() const noexcept { return corrupt_rows_; }
  std::int64_t rows() const noexcept { return rows_; }
  std::int64_t importable_orders() const noexcept { return importable_orders_; }

 private:
  std::int64_t rows_ = 0, corrupt_rows_ = 0;
  std::int64_t cancellation_lines_ = 0, bad_debt_lines_ = 0, write_off_lines_ = 0, write_off_units_ = 0, free_lines_ = 0, sale_lines_ = 0,
               zero_price_lines_ = 0;
  std::int64_t no_customer_lines_ = 0, lower_case_goods_lines_ = 0, padded_descriptions_ = 0, empty_descriptions_ = 0, rounded_prices_ = 0,
               sub_penny_lines_ = 0;
  std::int64_t guessed_country_lines_ = 0, unusual_country_lines_ = 0, quantity_max_ = 0, price_max_thousandths_ = 0, charge_lines_ = 0;
  std::map<std::string, std::int64_t, std::less<>> charges_;
  std::int64_t invoices_ = 0, orders_ = 0, cancellations_ = 0, bad_debts_ = 0, importable_orders_ = 0, guest_orders_ = 0, no_customer_invoices_ = 0;
  std::int64_t two_times_ = 0, scattered_ = 0, repeated_rows_ = 0, invoices_with_repeated_code_ = 0, extra_lines_of_a_code_ = 0, two_prices_in_invoice_ = 0;
  std::int64_t site_orders_ = 0, site_lines_ = 0, lines_max_ = 0, orders_without_goods_ = 0;
  std::set<std::string, std::less<>> days_;
};

}  // namespace emporion::app::retail
