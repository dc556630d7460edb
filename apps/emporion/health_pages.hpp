#pragma once

#include "kernel/http/server.hpp"

namespace emporion::app {

/// What a process tells its operators, at an address that is not the public's: /health/live, /health/ready (503 until it is ready) and /metrics.
class HealthPages final : public http::Application {
 public:
  void set_ready(bool ready) noexcept { ready_ = ready; }

  std::size_t body_limit(const http::Request&) const override { return 0; }
  Task<http::Response> handle(http::Request request) override;
  http::Response refuse(const Error& error) override { return http::problem(error, Uuid(), ""); }

 private:
  bool ready_ = false;
};

}  // namespace emporion::app
