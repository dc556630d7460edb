#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/http/router.hpp"

namespace emporion::gateway {

/// The networks of our own proxies: "10.0.0.0/8", "2001:db8::/32", or a single address.
class TrustedNetworks {
 public:
  /// Errors: CONFIG_INVALID, naming what is no network.
  static Result<TrustedNetworks> of(const std::vector<std::string>& texts);
  bool contains(std::string_view address) const;

 private:
  struct Network {
    std::string canonical;
    int bits = 0;
    bool is_v6 = false;
  };
  std::vector<Network> networks_;
};

/// Who sent a request: the peer, or while that is one of our proxies the next hop to the left in X-Forwarded-For; from one of ours alone also X-Real-IP, where
/// there is no X-Forwarded-For. Source: platform.md §3.5 client address.
std::string client_address(const http::Request& request, const TrustedNetworks& trusted);

/// What is limited together: an IPv4 address, or the /64 of an IPv6 address. What is no address stands for itself.
std::string rate_subject(std::string_view address);

/// Removes what only we may say of a client: X-User-*, X-Customer-*, X-Admin-*, X-Roles, X-Internal-*, X-Forwarded-*, X-Real-IP (G-I4).
void remove_claims(http::Request& request);

}  // namespace emporion::gateway
