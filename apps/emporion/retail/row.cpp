#include "apps/emporion/retail/row.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>

#include "apps/emporion/retail/countries.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app::retail {
namespace {

struct NotGoods {
  std::string_view code;
  std::string_view meaning;
};
// Source: data/README.md, quirk 4.
constexpr NotGoods not_goods[] = {{"22016", "voucher of 100 pounds"},
                                  {"23444", "next day carriage"},
                                  {"23574", "packing charge"},
                                  {"AMAZONFEE", "marketplace fee"},
                                  {"B", "bad debt"},
                                  {"BANK CHARGES", "bank charges"},
                                  {"C2", "carriage"},
                                  {"CRUK", "charity commission"},
                                  {"D", "discount"},
                                  {"DOT", "postage of the retail site"},
                                  {"GIFT_0001_10", "voucher"},
                                  {"GIFT_0001_20", "voucher"},
                                  {"GIFT_0001_30", "voucher"},
                                  {"GIFT_0001_40", "voucher"},
                                  {"GIFT_0001_50", "voucher"},
                                  {"M", "manual entry"},
                                  {"POST", "postage"},
                                  {"S", "samples"}};

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_invoice(std::string_view text) {
  if (!text.empty() && (text.front() == 'C' || text.front() == 'A')) text.remove_prefix(1);
  return text.size() == 6 && all_digits(text);
}

bool is_code(std::string_view text) {
  return !text.empty() && text.size() <= 20 && text.front() != ' ' && text.back() != ' ' &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_time(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00";
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == '0' ? (text[i] < '0' || text[i] > '9') : text[i] != form[i]) return false;
  }
  const auto number = [text](std::size_t at, std::size_t count) {
    int value = 0;
    for (const char c : text.substr(at, count)) value = value * 10 + (c - '0');
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)), std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  return day.ok() && number(11, 2) < 24 && number(14, 2) < 60 && number(17, 2) < 60;
}

}  // namespace

LineKind Row::kind() const {
  if (invoice.front() == 'A') return LineKind::bad_debt;
  if (!is_goods(code)) return LineKind::charge;
  if (invoice.front() == 'C') return LineKind::cancellation;
  if (quantity < 0) return LineKind::write_off;
  return price().amount() > 0 ? LineKind::sale : LineKind::free_goods;
}

Money Row::price() const {
  const std::int64_t half = price_thousandths < 0 ? -5 : 5;
  return Money((price_thousandths + half) / 10, Currency::of("GBP"));
}

Result<std::int64_t> parse_price(std::string_view text) {
  const auto refused = [text](std::string_view why) { return fail(ErrorKind::invalid_argument, "INVALID_PRICE", emporion::text("\"", text, "\" ", why)); };
  std::string_view digits = text;
  const bool is_negative = digits.starts_with('-');
  if (is_negative) digits.remove_prefix(1);
  const std::size_t point = digits.find('.');
  const std::string_view whole = digits.substr(0, point);
  const std::string_view decimals = point == std::string_view::npos ? std::string_view() : digits.substr(point + 1);
  if (!all_digits(whole) || (point != std::string_view::npos && !all_digits(decimals))) return refused("is not a decimal number");
  if (whole.size() > 9) return refused("is too large");
  if (decimals.size() > 3) return refused("has over three decimals");
  std::int64_t value = 0;
  for (const char c : whole) value = value * 10 + (c - '0');
  for (std::size_t i = 0; i < 3; ++i) value = value * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  return is_negative ? -value : value;
}

Result<> check_header(const CsvRecord& record) {
  static const std::vector<std::string> columns = {"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"};
  if (record.fields == columns) return {};
  return fail(ErrorKind::invalid_argument, "CSV_COLUMNS",
              "row 1: the columns must be InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country");
}

Result<Row> parse_row(const CsvRecord& record) {
  const auto refused = [&record](std::string_view column, std::string_view why) {
    return fail(ErrorKind::invalid_argument, "ROW_INVALID", text("row ", record.row, ", ", column, ": ", why));
  };
  const auto& f = record.fields;
  if (f.size() != 8) return fail(ErrorKind::invalid_argument, "ROW_INVALID", text("row ", record.row, ": ", f.size(), " fields, not 8"));
  Row out;
  out.number = record.row;
  if (!is_invoice(f[0])) return refused("InvoiceNo", text("\"", f[0], "\" is not six digits, with C or A before them or not"));
  out.invoice = f[0];
  if (!is_code(f[1])) return refused("StockCode", text("\"", f[1], "\" is not 1 to 20 printable characters"));
  out.code = ascii_upper(f[1]);
  out.code_folded = out.code != f[1];
  if (f[2].size() > 200) return refused("Description", "over 200 bytes");
  out.description = f[2];
  const auto [end, error] = std::from_chars(f[3].data(), f[3].data() + f[3].size(), out.quantity);
  if (error != std::errc() || end != f[3].data() + f[3].size() || out.quantity == 0 || out.quantity > 10'000'000 || out.quantity < -10'000'000) {
    return refused("Quantity", text("\"", f[3], "\" is not an integer other than 0 within 10,000,000"));
  }
  if (!is_time(f[4])) return refused("InvoiceDate", text("\"", f[4], "\" is not a time such as 2010-12-01T08:26:00"));
  out.time = f[4];
  const auto price = parse_price(f[5]);
  if (!price) return refused("UnitPrice", price.error().detail());
  out.price_thousandths = *price;
  if (!f[6].empty() && (f[6].size() != 5 || !all_digits(f[6]))) return refused("CustomerID", text("\"", f[6], "\" is not five digits"));
  out.customer = f[6];
  if (find_country(f[7]) == nullptr) return refused("Country", text("\"", f[7], "\" is not known"));
  out.country = f[7];
  std::string whole;
  for (const auto& field : f) whole.append(field).push_back('\0');
  out.fingerprint = std::hash<std::string>{}(whole);
  return out;
}

bool is_goods(std::string_view folded_code) { return std::ranges::find(not_goods, folded_code, &NotGoods::code) == std::end(not_goods); }

std::string_view meaning_of(std::string_view folded_code) {
  const auto* const found = std::ranges::find(not_goods, folded_code, &NotGoods::code);
  return found == std::end(not_goods) ? std::string_view("goods") : found->meaning;
}

}  // namespace emporion::app::retail
