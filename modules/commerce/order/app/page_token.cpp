#include "modules/commerce/order/app/page_token.hpp"

#include <charconv>

#include "kernel/base/text.hpp"

namespace emporion::order {

std::string PageToken::to_string() const { return text(at.micros_since_epoch(), "_", id); }

Result<PageToken> PageToken::parse(std::string_view text) {
  const auto refuse = [] { return fail(ErrorKind::invalid_argument, "INVALID_PAGE_TOKEN", "take next_page_token as it was given"); };
  const std::size_t first = text.find('_');
  if (first == std::string_view::npos || first == 0) return refuse();
  std::int64_t micros = 0;
  PageToken token;
  if (std::from_chars(text.data(), text.data() + first, micros).ptr != text.data() + first) return refuse();
  const auto id = Uuid::parse(text.substr(first + 1));
  if (!id) return refuse();
  token.at = UtcTime::from_micros(micros);
  token.id = *id;
  return token;
}

}  // namespace emporion::order
