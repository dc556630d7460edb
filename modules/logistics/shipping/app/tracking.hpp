#pragma once

#include "kernel/lanes/lane.hpp"
#include "kernel/module/jobs.hpp"
#include "modules/logistics/shipping/app/ports.hpp"

namespace emporion::shipping {

/// Webhook intake: check the raw bytes, store, answer; a job applies what was stored. Source: logistics.md §3.7.
class Tracking {
 public:
  /// `secrets`: those that sign now, at most two while one replaces the other. Without any, every webhook is refused.
  Tracking(ShipmentStore& store, postgres::Database& database, Runtime& runtime, Jobs& jobs, const Clock& clock, std::vector<std::string> secrets);
  Task<void> stop() { co_await receipts_.close(); }

  Task<Result<v1::DemoCarrierWebhookResponse>> receive(v1::DemoCarrierWebhookRequest request);
  /// Job: applies what was received.
  Task<Result<>> process(CallContext context);

  static constexpr const char* job_name = "shipping.tracking";

 private:
  Task<Result<std::size_t>> process_some(CallContext context);

  ShipmentStore& store_;
  postgres::Database& database_;
  Jobs& jobs_;
  const Clock& clock_;
  std::vector<std::string> secrets_;
  Lane<Receipt, bool> receipts_;
};

/// True if `header` ("t=<unix seconds>,v1=<hex>") signs "t.body" with one of the secrets, at most 300 s from `now`.
bool is_signed(std::string_view header, std::string_view body, const std::vector<std::string>& secrets, UtcTime now);
std::string signature_of(std::string_view body, std::string_view secret, UtcTime now);

}  // namespace emporion::shipping
