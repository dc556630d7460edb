#pragma once

#include <memory>
#include <string>

#include "kernel/http/client.hpp"
#include "kernel/http/server.hpp"
#include "kernel/module/module.hpp"

namespace emporion::shipping {

struct DemoCarrierOptions {
  std::string secret;       ///< Signs the webhooks.
  std::string webhook_url;  ///< Ours: …/api/v1/webhooks/demo.
  microseconds step{seconds(2)};
};

/// How it misbehaves, for tests.
struct DemoCarrierFaults {
  int accept_without_answer = 0;  ///< So many bookings are accepted but answered too late.
  microseconds too_late{milliseconds(400)};
  bool sends_twice = false;
  bool signs_wrong = false;
};

/// See README.md in this folder. Lives on one runtime's thread.
class DemoCarrier final : public http::Application {
 public:
  DemoCarrier(Runtime& runtime, postgres::Database& database, const Clock& clock, DemoCarrierOptions options);
  ~DemoCarrier() override;

  /// Listens on a free port of the loopback interface and starts moving parcels. Errors: LISTEN_FAILED.
  Result<> start();
  Task<void> stop();
  std::string url() const;
  DemoCarrierFaults& faults() noexcept { return faults_; }
  /// Moves what is due by one step each and answers how many; the loop does so all the time.
  Task<Result<int>> move_due();

  std::size_t body_limit(const http::Request&) const override { return 64 * 1024; }
  Task<http::Response> handle(http::Request request) override;
  http::Response refuse(const Error& error) override;

 private:
  struct Step;
  Task<void> keep_moving();
  Task<bool> report(Step step);
  Task<Result<http::Response>> accept(http::Request request);
  Task<Result<http::Response>> find(http::Request request);
  Task<Result<http::Response>> hand_over(std::string number);
  Task<Result<http::Response>> cancel(std::string number);

  Runtime& runtime_;
  postgres::Database& database_;
  const Clock& clock_;
  DemoCarrierOptions options_;
  DemoCarrierFaults faults_;
  http::Server server_;
  http::Client client_;
  Scope scope_;
  bool is_stopping_ = false;
};

}  // namespace emporion::shipping
