#include "apps/emporion/load/target.hpp"

#include <arpa/inet.h>
#include <netdb.h>

#include <charconv>
#include <cstring>

#include "kernel/base/ip_address.hpp"
#include "kernel/base/text.hpp"

namespace emporion::load {
namespace {

std::unexpected<Error> invalid(std::string_view url, std::string_view why) {
  return fail(ErrorKind::invalid_argument, "URL_INVALID", text("'", url, "' ", why, "; give http://HOST or http://HOST:PORT"));
}

Result<std::string> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); code != 0) {
    return fail(ErrorKind::invalid_argument, "HOST_UNKNOWN", text(host, ": ", ::gai_strerror(code)));
  }
  char digits[INET6_ADDRSTRLEN] = {};
  const void* const address = found->ai_family == AF_INET ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr)
                                                          : &reinterpret_cast<const sockaddr_in6*>(found->ai_addr)->sin6_addr;
  ::inet_ntop(found->ai_family, address, digits, sizeof digits);
  ::freeaddrinfo(found);
  return std::string(digits);
}

}  // namespace

Result<Target> read_target(std::string_view url, bool may_be_remote) {
  constexpr std::string_view scheme = "http://";
  while (url.ends_with('/')) url.remove_suffix(1);
  if (url.starts_with("https://")) return invalid(url, "is HTTPS, which the load generator does not speak: go past whoever ends TLS");
  if (!url.starts_with(scheme)) return invalid(url, "is no URL of HTTP");
  std::string_view host = url.substr(scheme.size());
  if (host.find_first_of("/?#@ \t\r\n") != std::string_view::npos) return invalid(url, "has more than a host and a port");
  Target out{.url = std::string(url), .host = std::string(host)};
  const auto colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    const std::string_view digits = host.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
    if (error != std::errc() || end != digits.data() + digits.size() || out.port == 0) return invalid(url, "has no port from 1 to 65535");
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return invalid(url, "names no host");
  const auto ip = canonical_ip(host);
  const bool is_loopback = host == "localhost" || (ip && (ip->starts_with("127.") || *ip == "::1"));
  if (!is_loopback && !may_be_remote) {
    return fail(ErrorKind::invalid_argument, "TARGET_NOT_LOOPBACK",
                text(host, " is not this machine: load makes a shop slow for those who really buy. If it is yours, say so with --remote-i-own"));
  }
  if (ip) {
    out.address = *ip;
  } else if (host == "localhost") {
    out.address = "127.0.0.1";
  } else {
    EMP_ASSIGN(out.address, look_up(std::string(host)));
  }
  return out;
}

}  // namespace emporion::load
