#include "modules/commerce/order/app/csv.hpp"

namespace emporion::order {
namespace {

// Source: OWASP, CSV Injection.
bool looks_like_formula(std::string_view cell) { return !cell.empty() && std::string_view("=+-@\t\r").find(cell.front()) != std::string_view::npos; }

void append_cell(std::string& out, std::string_view cell) {
  const bool is_formula = looks_like_formula(cell);
  if (!is_formula && cell.find_first_of("\",\r\n") == std::string_view::npos) {
    out.append(cell);
    return;
  }
  out.push_back('"');
  if (is_formula) out.push_back('\'');
  for (const char c : cell) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

std::string_view text_of(std::string_view cell) { return cell; }
std::string_view text_of(const std::optional<std::string>& cell) { return cell ? std::string_view(*cell) : std::string_view(); }

template <typename Cells>
void append_record(std::string& out, const Cells& cells) {
  bool is_first = true;
  for (const auto& cell : cells) {
    if (!is_first) out.push_back(',');
    is_first = false;
    append_cell(out, text_of(cell));
  }
  out.append("\r\n");
}

}  // namespace

void append_csv(std::string& out, std::span<const std::optional<std::string>> cells) { append_record(out, cells); }
void append_csv(std::string& out, std::span<const std::string_view> cells) { append_record(out, cells); }

}  // namespace emporion::order
