#include "apps/emporion/retail/quirks.hpp"

#include <algorithm>
#include <cstdio>
#include <unordered_map>
#include <unordered_set>

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::app::retail {

void print_figures(const std::vector<Figure>& figures) {
  for (const auto& figure : figures) {
    if (figure.quirk > 0) {
      std::printf("%12lld  %s (quirk %d)\n", static_cast<long long>(figure.value), figure.label.c_str(), figure.quirk);
    } else {
      std::printf("%12lld  %s\n", static_cast<long long>(figure.value), figure.label.c_str());
    }
  }
}

std::string figures_json(const std::vector<Figure>& figures) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  for (const auto& figure : figures) writer.key_escaped(figure.key).integer(figure.value);
  writer.end_object();
  return out;
}

void Quirks::count(const Row& row) {
  ++rows_;
  switch (row.kind()) {
    case LineKind::sale: ++sale_lines_; break;
    case LineKind::free_goods:
      ++free_lines_;
      if (row.price_thousandths != 0) ++sub_penny_lines_;
      break;
    case LineKind::write_off:
      ++write_off_lines_;
      write_off_units_ -= row.quantity;
      break;
    case LineKind::charge:
      ++charge_lines_;
      ++charges_[row.code];
      break;
    case LineKind::cancellation: break;
    case LineKind::bad_debt: ++bad_debt_lines_; break;
  }
  if (row.invoice.front() == 'C') ++cancellation_lines_;
  if (row.price_thousandths == 0) ++zero_price_lines_;
  if (row.customer.empty()) ++no_customer_lines_;
  if (row.code_folded && is_goods(row.code)) ++lower_case_goods_lines_;
  if (row.description.empty()) ++empty_descriptions_;
  if (trimmed(row.description).size() != row.description.size()) ++padded_descriptions_;
  if (row.price_rounded()) ++rounded_prices_;
  const Country* const country = find_country(row.country);
  if (country->is_guess) ++guessed_country_lines_;
  if (country->is_unusual) ++unusual_country_lines_;
  quantity_max_ = std::max<std::int64_t>(quantity_max_, row.quantity);
  price_max_thousandths_ = std::max(price_max_thousandths_, row.price_thousandths);
  if (const auto day = std::string_view(row.time).substr(0, 10); !days_.contains(day)) days_.emplace(day);
}

void Quirks::count(const Invoice& invoice) {
  ++invoices_;
  if (invoice.has_two_times) ++two_times_;
  if (invoice.is_scattered) ++scattered_;
  if (invoice.customer.empty()) ++no_customer_invoices_;
  lines_max_ = std::max(lines_max_, static_cast<std::int64_t>(invoice.lines.size()));
  std::unordered_set<std::uint64_t> rows;
  std::unordered_map<std::string_view, std::int64_t> price_of;
  bool has_site_postage = false, is_sold = false, has_two_prices = false;
  std::int64_t extra = 0;
  for (const auto& line : invoice.lines) {
    if (!rows.insert(line.fingerprint).second) ++repeated_rows_;
    const auto [at, is_new] = price_of.emplace(line.code, line.price_pence);
    if (!is_new) ++extra;
    if (at->second != line.price_pence) has_two_prices = true;
    has_site_postage |= line.code == "DOT";
    is_sold |= line.kind == LineKind::sale;
  }
  if (extra > 0) ++invoices_with_repeated_code_;
  extra_lines_of_a_code_ += extra;
  if (has_two_prices) ++two_prices_in_invoice_;
  if (invoice.is_cancellation()) {
    ++cancellations_;
  } else if (!invoice.is_order()) {
    ++bad_debts_;
  } else {
    ++orders_;
    if (is_sold) {
      ++importable_orders_;
      if (invoice.customer.empty()) ++guest_orders_;
    } else {
      ++orders_without_goods_;
    }
    if (has_site_postage) {
      ++site_orders_;
      site_lines_ += static_cast<std::int64_t>(invoice.lines.size());
    }
  }
}

std::vector<Figure> Quirks::figures() const {
  std::vector<Figure> out = {
      {0, "rows", "rows", rows_},
      {0, "corrupt_rows", "corrupt rows left out", corrupt_rows_},
      {0, "invoices", "invoices", invoices_},
      {0, "orders", "orders (numeric invoices)", orders_},
      {0, "importable_orders", "orders with goods that were sold for something: importable", importable_orders_},
      {0, "orders_without_sale", "orders of movements, notes, gifts or charges only: nothing to sell", orders_without_goods_},
      {0, "sale_lines", "lines of goods sold", sale_lines_},
      {1, "cancellations", "C invoices", cancellations_},
      {1, "cancellation_lines", "lines of C invoices", cancellation_lines_},
      {2, "bad_debt_invoices", "A invoices (bad debt): left out", bad_debts_},
      {2, "bad_debt_lines", "lines of A invoices", bad_debt_lines_},
      {3, "write_off_lines", "write-offs posing as sales: left out", write_off_lines_},
      {3, "write_off_units", "units written off by them", write_off_units_},
      {4, "charge_lines", "lines of codes that are not goods (without A invoices): left out", charge_lines_},
  };
  for (const auto& [code, lines] : charges_) out.push_back({4, text("charge_lines_", ascii_lower(code)), text("  ", code, ": ", meaning_of(code)), lines});
  const std::vector<Figure> rest = {
      {5, "no_customer_lines", "lines without a customer", no_customer_lines_},
      {5, "no_customer_invoices", "invoices without a customer", no_customer_invoices_},
      {5, "guest_orders", "importable orders without a customer: guests", guest_orders_},
      {6, "zero_price_lines", "lines at price 0", zero_price_lines_},
      {6, "free_lines", "goods of orders at price 0, or below half a penny: left out", free_lines_},
      {7, "lower_case_lines", "lines of goods whose code is written in lower case: folded", lower_case_goods_lines_},
      {8, "padded_descriptions", "descriptions with outer spaces: trimmed", padded_descriptions_},
      {8, "empty_descriptions", "empty descriptions", empty_descriptions_},
      {9, "rounded_prices", "prices with a third decimal: rounded half up", rounded_prices_},
      {9, "sub_penny_lines", "goods of orders priced under half a penny: as price 0", sub_penny_lines_},
      {9, "two_prices_in_invoice", "invoices that have one code at two prices", two_prices_in_invoice_},
      {10, "repeated_rows", "exact copies of an earlier row: kept, their units add up", repeated_rows_},
      {10, "invoices_with_repeated_code", "invoices that repeat a code", invoices_with_repeated_code_},
      {10, "extra_lines_of_a_code", "lines of a code beyond its first in an invoice: added up", extra_lines_of_a_code_},
      {11, "two_times", "invoices with two times: the first counts", two_times_},
      {11, "scattered_invoices", "invoices with another one's rows between: put together", scattered_},
      {11, "lines_per_invoice_max", "lines of the longest invoice", lines_max_},
      {12, "quantity_max", "largest quantity of a line", quantity_max_},
      {12, "price_max_pence", "highest price of a line, in pence", price_max_thousandths_ / 10},
      {13, "site_orders", "orders of the retail site (with DOT): batches, not baskets", site_orders_},
      {13, "site_lines", "lines of them", site_lines_},
      {14, "unusual_country_lines", "lines whose country is not named as in ISO 3166: mapped", unusual_country_lines_},
      {14, "guessed_country_lines", "lines without a real country: taken as the United Kingdom", guessed_country_lines_},
      {17, "trading_days", "trading days", static_cast<std::int64_t>(days_.size())},
  };
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

}  // namespace emporion::app::retail
