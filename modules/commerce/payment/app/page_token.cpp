#include "modules/commerce/payment/app/page_token.hpp"

#include <charconv>

#include "kernel/base/text.hpp"

namespace emporion::payment {

std::string PageToken::to_string() const { return text(at.micros_since_epoch(), "_", id, "_", line); }

Result<PageToken> PageToken::parse(std::string_view text) {
  const auto refuse = [] { return fail(ErrorKind::invalid_argument, "INVALID_PAGE_TOKEN", "take next_page_token as it was given"); };
  const std::size_t first = text.find('_');
  const std::size_t last = text.rfind('_');
  if (first == std::string_view::npos || last == first) return refuse();
  std::int64_t micros = 0;
  PageToken token;
  const auto number = [](std::string_view part, auto& out) {
    return std::from_chars(part.data(), part.data() + part.size(), out).ptr == part.data() + part.size() && !part.empty();
  };
  if (!number(text.substr(0, first), micros) || !number(text.substr(last + 1), token.line)) return refuse();
  const auto id = Uuid::parse(text.substr(first + 1, last - first - 1));
  if (!id) return refuse();
  token.at = UtcTime::from_micros(micros);
  token.id = *id;
  return token;
}

}  // namespace emporion::payment
