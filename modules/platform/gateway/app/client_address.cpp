#include "modules/platform/gateway/app/client_address.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "kernel/base/ip_address.hpp"
#include "kernel/base/text.hpp"

namespace emporion::gateway {
namespace {

bool is_v6(std::string_view canonical) { return canonical.contains(':'); }

}  // namespace

Result<TrustedNetworks> TrustedNetworks::of(const std::vector<std::string>& texts) {
  TrustedNetworks out;
  for (const auto& item : texts) {
    const auto canonical = canonical_network(item);
    if (!canonical) {
      return fail(ErrorKind::invalid_argument, "CONFIG_INVALID",
                  text("gateway.trusted_proxies: ", item, " is neither an IP address nor a network such as 10.0.0.0/8"));
    }
    Network network{.canonical = *canonical, .is_v6 = is_v6(*canonical)};
    network.bits = network.is_v6 ? 128 : 32;
    if (const auto slash = canonical->find('/'); slash != std::string::npos) {
      std::from_chars(canonical->data() + slash + 1, canonical->data() + canonical->size(), network.bits);
    }
    out.networks_.push_back(std::move(network));
  }
  return out;
}

bool TrustedNetworks::contains(std::string_view address) const {
  if (networks_.empty()) return false;
  const auto canonical = canonical_ip(address);
  if (!canonical) return false;
  const bool v6 = is_v6(*canonical);
  return std::ranges::any_of(
      networks_, [&](const Network& network) { return network.is_v6 == v6 && canonical_network(text(*canonical, '/', network.bits)) == network.canonical; });
}

std::string client_address(const http::Request& request, const TrustedNetworks& trusted) {
  std::string_view client = request.peer_address;
  if (!trusted.contains(client)) return std::string(client);
  // Several headers of that name are one list (RFC 9110 §5.3); the last one was added last.
  std::string hops_text;
  for (const auto& header : request.headers) {
    if (header.name != "x-forwarded-for") continue;
    if (!hops_text.empty()) hops_text += ',';
    hops_text += header.value;
  }
  std::string_view hops = hops_text;
  if (hops.empty()) {
    const auto real = trimmed(request.header("x-real-ip"));
    return std::string(canonical_ip(real) ? real : client);
  }
  while (trusted.contains(client) && !hops.empty()) {
    const auto comma = hops.rfind(',');
    const auto hop = trimmed(comma == std::string_view::npos ? hops : hops.substr(comma + 1));
    if (!canonical_ip(hop)) break;
    client = hop;
    hops = comma == std::string_view::npos ? std::string_view() : hops.substr(0, comma);
  }
  return std::string(client);
}

std::string rate_subject(std::string_view address) {
  if (!is_v6(address)) return std::string(address);
  const auto canonical = canonical_ip(address);
  if (!canonical) return std::string(address);
  return is_v6(*canonical) ? *canonical_network(text(*canonical, "/64")) : *canonical;
}

void remove_claims(http::Request& request) {
  std::erase_if(request.headers, [](const http::Header& header) {
    const std::string_view name = header.name;
    if (!name.starts_with("x-")) return false;
    return name == "x-roles" || name == "x-real-ip" ||
           std::ranges::any_of(std::array<std::string_view, 5>{"x-user-", "x-customer-", "x-admin-", "x-internal-", "x-forwarded-"},
                               [&](std::string_view prefix) { return name.starts_with(prefix); });
  });
}

}  // namespace emporion::gateway
