#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/http/router.hpp"

namespace emporion::gateway {

/// Which pages of other origins may read our answers: exact "https://shop.example" or "http://localhost:5173", or "*.shop.example" for every https host below
/// that domain, never the domain itself or another that ends alike. Credentials go to exact ones alone. Source: platform.md §3.5 CORS.
class Cors {
 public:
  Cors() = default;
  /// Errors: CONFIG_INVALID, naming what is no origin.
  static Result<Cors> of(std::vector<std::string> allowed);

  bool allows(std::string_view origin) const { return match(origin) != Match::none; }
  /// Adds what the browser asks for, if the origin is allowed; and Vary in any case once there is a list.
  void add_headers(const http::Request& request, http::Response& response) const;

 private:
  enum class Match : std::uint8_t { none, wildcard, exact };
  Match match(std::string_view origin) const;
  std::vector<std::string> allowed_;
};

}  // namespace emporion::gateway
