#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/json/codec.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::warehouse {

/// The contract's message that a statement answered as JSON in its only column; no row, or NULL, is the refusal.
template <typename T>
Result<T> answer_of(const Result<postgres::Rows>& rows, Error refusal) {
  if (!rows) return fail(rows.error());
  if (rows->empty() || (*rows)[0].is_null(0)) return fail(std::move(refusal));
  return parse_json<T>((*rows)[0].get<std::string>(0));
}

inline constexpr std::int32_t page_size_default = 20;

/// A page of messages: `rows` holds up to one more than `size`, each with its JSON and the token after it.
template <typename T>
Result<std::pair<std::vector<T>, std::optional<std::string>>> page_of(const postgres::Rows& rows, std::int32_t size) {
  std::pair<std::vector<T>, std::optional<std::string>> page;
  for (std::size_t i = 0; i < rows.size() && i < static_cast<std::size_t>(size); ++i) {
    EMP_ASSIGN(auto message, parse_json<T>(rows[i].get<std::string>(0)));
    page.first.push_back(std::move(message));
    if (i + 1 == static_cast<std::size_t>(size) && rows.size() > i + 1) page.second = rows[i].get<std::string>(1);
  }
  return page;
}

/// A page token that is an id. Errors: INVALID_PAGE_TOKEN.
inline Result<std::optional<Uuid>> token_id(const std::optional<std::string>& token) {
  if (!token) return std::optional<Uuid>();
  auto id = Uuid::parse(*token);
  if (!id) return fail(ErrorKind::invalid_argument, "INVALID_PAGE_TOKEN", "send next_page_token as it was answered");
  return std::optional<Uuid>(*id);
}

/// A contract enum as the text that is stored, or NULL.
template <typename Enum>
std::optional<std::string> name_of(const std::optional<Enum>& value) {
  if (!value) return std::nullopt;
  return std::string(to_string(*value));
}

}  // namespace emporion::warehouse
