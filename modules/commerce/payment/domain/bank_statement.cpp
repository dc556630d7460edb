#include "modules/commerce/payment/domain/bank_statement.hpp"

#include <algorithm>
#include <charconv>

#include "kernel/base/text.hpp"

namespace emporion::payment {
namespace {

constexpr std::size_t txn_id_length_max = 64;
constexpr std::size_t remittance_length_max = 500;

using Row = std::vector<std::string>;

/// The next row, from `at` on; `lines` counts those that it took. Nothing at the end. A field that does not end makes the row empty.
std::optional<Row> next_row(std::string_view text, std::size_t& at, int& lines) {
  if (at >= text.size()) return std::nullopt;
  Row row(1);
  bool quoted = false;
  lines = 1;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\n') ++lines;
      if (c != '"') {
        row.back().push_back(c);
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        row.back().push_back('"');
        ++at;
      } else {
        quoted = false;
      }
    } else if (c == '"' && row.back().empty()) {
      quoted = true;
    } else if (c == ',') {
      row.emplace_back();
    } else if (c == '\n') {
      ++at;
      return row;
    } else if (c != '\r') {
      row.back().push_back(c);
    }
  }
  return quoted ? Row{} : row;
}

std::optional<std::int64_t> digits(std::string_view text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size() && !text.empty() && text.front() != '-';
  return whole ? std::optional(value) : std::nullopt;
}

/// "253000", "-12.50": as many decimals as the currency has, or fewer.
std::optional<Money> money_of(std::string_view amount, std::string_view code) {
  const auto currency = Currency::parse(code);
  if (!currency) return std::nullopt;
  const bool negative = amount.starts_with('-');
  if (negative) amount.remove_prefix(1);
  const std::size_t point = std::min(amount.find('.'), amount.size());
  std::string decimals(point < amount.size() ? amount.substr(point + 1) : std::string_view());
  const auto exponent = static_cast<std::size_t>(currency->exponent());
  while (decimals.size() > exponent && decimals.back() == '0') decimals.pop_back();
  if (decimals.size() > exponent) return std::nullopt;
  decimals.append(exponent - decimals.size(), '0');
  const auto minor = digits(std::string(amount.substr(0, point)) + decimals);
  if (!minor || point == 0) return std::nullopt;
  const auto money = Money::parse(negative ? -*minor : *minor, code);
  return money ? std::optional(*money) : std::nullopt;
}

struct Columns {
  std::size_t id, amount, currency, remittance, booked;
};
constexpr std::size_t none = static_cast<std::size_t>(-1);

std::size_t column_of(const Row& header, std::string_view name) {
  const auto found = std::ranges::find_if(header, [&](const std::string& cell) { return ascii_lower(cell) == name; });
  return found == header.end() ? none : static_cast<std::size_t>(found - header.begin());
}

/// Banks send files in other encodings too; such a line is named, like any other that cannot be read.
bool is_text(std::string_view bytes) { return is_valid_utf8(bytes) && bytes.find('\0') == std::string_view::npos; }

std::optional<std::string> read_line(const Row& row, const Columns& columns, StatementLine& out) {
  const std::size_t last = std::max({columns.id, columns.amount, columns.currency, columns.remittance, columns.booked == none ? 0 : columns.booked});
  if (row.size() <= last) return "TOO_FEW_FIELDS";
  out.bank_txn_id = row[columns.id];
  if (out.bank_txn_id.empty() || out.bank_txn_id.size() > txn_id_length_max || !is_text(out.bank_txn_id)) return "BANK_TXN_ID_INVALID";
  const auto money = money_of(row[columns.amount], row[columns.currency]);
  if (!money || money->is_zero()) return "AMOUNT_INVALID";
  out.amount = *money;
  out.remittance = row[columns.remittance];
  if (out.remittance.size() > remittance_length_max) return "REMITTANCE_TOO_LONG";
  if (!is_text(out.remittance)) return "REMITTANCE_INVALID";
  if (columns.booked != none && !row[columns.booked].empty()) {
    std::string when = row[columns.booked];
    if (when.size() == 10) when += "T00:00:00Z";  // A date alone.
    const auto time = UtcTime::parse(when);
    if (!time) return "BOOKED_AT_INVALID";
    out.booked_at = *time;
  }
  return std::nullopt;
}

}  // namespace

Result<BankStatement> parse_bank_statement(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::size_t at = 0;
  int taken = 0;
  const auto header = next_row(text, at, taken);
  const Row names = header.value_or(Row{});
  const Columns columns{column_of(names, "bank_txn_id"), column_of(names, "amount"), column_of(names, "currency"), column_of(names, "remittance"),
                        column_of(names, "booked_at")};
  if (std::max({columns.id, columns.amount, columns.currency, columns.remittance}) == none) {
    return fail(ErrorKind::invalid_argument, "MALFORMED_STATEMENT", "the first line names bank_txn_id, amount, currency and remittance");
  }
  BankStatement out;
  int line = 1 + taken;
  while (const auto row = next_row(text, at, taken)) {
    const bool is_blank = row->size() == 1 && row->front().empty();
    if (!is_blank) {
      StatementLine read{line, {}, {}, {}, {}};
      if (auto reason = row->empty() ? std::optional<std::string>("UNENDED_QUOTES") : read_line(*row, columns, read)) {
        out.refused.push_back({line, std::move(*reason)});
      } else {
        out.lines.push_back(std::move(read));
      }
    }
    if (out.lines.size() + out.refused.size() > statement_lines_max) {
      return fail(Error(ErrorKind::invalid_argument, "MALFORMED_STATEMENT", "too many lines in one file")
                      .with("lines_max", static_cast<std::int64_t>(statement_lines_max)));
    }
    line += taken;
  }
  return out;
}

}  // namespace emporion::payment
