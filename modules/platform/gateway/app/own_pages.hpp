#pragma once

#include <optional>
#include <string_view>

#include "kernel/http/router.hpp"

namespace emporion::gateway {

struct OwnPages {
  bool is_ready = false;        ///< Settings, keys and our own database; what other modules do is no part of it.
  bool metrics_public = false;  ///< Else they are for loopback only.
  std::string_view openapi;
};

/// Health, metrics and the contract: what the gateway answers by itself, to whoever asks, before any limit.
std::optional<http::Response> own_page(const http::Request& request, const OwnPages& pages);

}  // namespace emporion::gateway
