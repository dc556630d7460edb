#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/json/codec.hpp"
#include "kernel/postgres/rows.hpp"

namespace emporion::postgres {

constexpr std::int32_t page_size_default = 20;

/// The row after which a page begins. Errors: PAGE_TOKEN_INVALID.
inline Result<std::optional<Uuid>> page_start(const std::optional<std::string>& token) {
  if (!token) return std::optional<Uuid>();
  const auto id = Uuid::parse(*token);
  if (!id) return fail(ErrorKind::invalid_argument, "PAGE_TOKEN_INVALID", "take the token from the page before");
  return std::optional(*id);
}

/// Fills a page from documents in the rows' first column, of which there is one more than it holds if there is a next page.
template <typename Item>
Result<> fill_page(const Rows& rows, std::int32_t size, std::vector<Item>& items, std::optional<std::string>& next) {
  for (const auto row : rows) {
    if (static_cast<std::int32_t>(items.size()) == size) {
      next = items.back().id.to_string();
      break;
    }
    EMP_ASSIGN(auto item, parse_json<Item>(row.template get<std::string>(0)));
    items.push_back(std::move(item));
  }
  return {};
}

}  // namespace emporion::postgres
