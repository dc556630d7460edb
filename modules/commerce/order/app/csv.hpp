#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace emporion::order {

/// Appends one record, ended by CRLF. A cell with a comma, quote or line break is quoted (RFC 4180). A cell that a spreadsheet would take for a formula gets an
/// apostrophe before it; an absent one is empty.
void append_csv(std::string& out, std::span<const std::optional<std::string>> cells);
void append_csv(std::string& out, std::span<const std::string_view> cells);

}  // namespace emporion::order
