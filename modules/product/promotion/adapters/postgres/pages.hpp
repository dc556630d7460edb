#pragma once

#include <optional>
#include <string>

#include "kernel/json/codec.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/postgres/paging.hpp"

namespace emporion::promotion {

/// The contract's message that a statement answered as JSON in its first column. Errors: not_found `absent` without a row.
template <typename T>
Result<T> first_of(const postgres::Rows& rows, const char* absent) {
  if (rows.empty() || rows[0].is_null(0)) return fail(ErrorKind::not_found, absent);
  return parse_json<T>(rows[0].get<std::string>(0));
}

/// A contract enum as the text that is stored, or NULL.
template <typename Enum>
std::optional<std::string> name_of(const std::optional<Enum>& value) {
  if (!value) return std::nullopt;
  return std::string(to_string(*value));
}

}  // namespace emporion::promotion
