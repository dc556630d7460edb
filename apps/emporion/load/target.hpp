#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"

namespace emporion::load {

/// Where a shop is, made of its URL.
struct Target {
  std::string url;      ///< Without a slash at its end.
  std::string address;  ///< IP address, to connect to.
  std::uint16_t port = 80;
  std::string host;  ///< For the header.
};

/// Reads http://HOST[:PORT]. Load hits nobody by mistake: without `may_be_remote` the host is an address of this machine's loopback, or `localhost`, which is
/// then 127.0.0.1 whatever the resolver says. With it names are looked up, which may block for seconds. Errors: URL_INVALID, TARGET_NOT_LOOPBACK, HOST_UNKNOWN.
Result<Target> read_target(std::string_view url, bool may_be_remote);

}  // namespace emporion::load
