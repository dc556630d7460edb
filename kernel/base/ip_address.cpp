#include "kernel/base/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "kernel/base/text.hpp"

namespace emporion {
namespace {

struct Range {
  std::string address;
  int bits = 0;  ///< Of the prefix.
  int bits_max = 32;
};

std::optional<Range> range_of(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> form{};
  Range out;
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) {
    inet_ntop(AF_INET, bytes.data(), form.data(), form.size());
  } else if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) {
    constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    const bool is_mapped = slash == std::string_view::npos && std::equal(mapped.begin(), mapped.end(), bytes.begin());
    if (is_mapped) std::memmove(bytes.data(), bytes.data() + 12, 4);
    if (!is_mapped) out.bits_max = 128;
    inet_ntop(is_mapped ? AF_INET : AF_INET6, bytes.data(), form.data(), form.size());
  } else {
    return std::nullopt;
  }
  out.bits = out.bits_max;
  if (slash != std::string_view::npos) {
    const std::string_view written = text.substr(slash + 1);
    const auto read = std::from_chars(written.data(), written.data() + written.size(), out.bits);
    if (written.empty() || read.ec != std::errc() || read.ptr != written.data() + written.size() || out.bits < 1 || out.bits > out.bits_max)
      return std::nullopt;
    // What lies below the prefix is zero: one text per range.
    for (int bit = out.bits; bit < out.bits_max; ++bit) bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<unsigned char>(~(0x80 >> (bit % 8)));
    inet_ntop(out.bits_max == 32 ? AF_INET : AF_INET6, bytes.data(), form.data(), form.size());
  }
  out.address = form.data();
  return out;
}

}  // namespace

std::optional<std::string> canonical_network(std::string_view written) {
  const auto range = range_of(trimmed(written));
  if (!range) return std::nullopt;
  return range->bits == range->bits_max ? range->address : text(range->address, "/", range->bits);
}

std::optional<std::string> canonical_ip(std::string_view written) {
  return written.find('/') == std::string_view::npos ? canonical_network(written) : std::nullopt;
}

}  // namespace emporion
