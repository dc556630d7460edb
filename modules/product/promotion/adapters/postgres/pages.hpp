#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/json/codec.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::promotion {

inline constexpr std::int32_t page_size_default = 20;

/// The contract's message that a statement answered as JSON in its first column. Errors: not_found `absent` without a row.
template <typename T>
Result<T> first_of(const postgres::Rows& rows, const char* absent) {
  if (rows.empty() || rows[0].is_null(0)) return fail(ErrorKind::not_found, absent);
  return parse_json<T>(rows[0].get<std::string>(0));
}

/// A page of messages: `rows` holds up to one more than `size`, each with its JSON and its id, the token.
template <typename T>
Result<std::pair<std::vector<T>, std::optional<std::string>>> page_of(const postgres::Rows& rows, std::int32_t size) {
  std::pair<std::vector<T>, std::optional<std::string>> page;
  for (std::size_t i = 0; i < rows.size() && i < static_cast<std::size_t>(size); ++i) {
    EMP_ASSIGN(auto message, parse_json<T>(rows[i].get<std::string>(0)));
    page.first.push_back(std::move(message));
    if (i + 1 == static_cast<std::size_t>(size) && rows.size() > i + 1) page.second = rows[i].get<Uuid>(1).to_string();
  }
  return page;
}

/// Errors: PAGE_TOKEN_INVALID.
inline Result<std::optional<Uuid>> token_id(const std::optional<std::string>& token) {
  if (!token) return std::optional<Uuid>();
  const auto id = Uuid::parse(*token);
  if (!id) return fail(ErrorKind::invalid_argument, "PAGE_TOKEN_INVALID", "take the token from the page before");
  return std::optional<Uuid>(*id);
}

/// A contract enum as the text that is stored, or NULL.
template <typename Enum>
std::optional<std::string> name_of(const std::optional<Enum>& value) {
  if (!value) return std::nullopt;
  return std::string(to_string(*value));
}

}  // namespace emporion::promotion
