#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace emporion {

/// An IP address in its shortest form, IPv4 in IPv6 as IPv4. Nothing: it is none, or a range of them.
std::optional<std::string> canonical_ip(std::string_view text);
/// The same, or a range of addresses as `address/bits` with the bits below the prefix cleared: one text per range. A range of one address is that address.
std::optional<std::string> canonical_network(std::string_view text);

}  // namespace emporion
