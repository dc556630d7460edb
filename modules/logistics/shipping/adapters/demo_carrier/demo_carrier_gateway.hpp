#pragma once

#include <functional>
#include <string>

#include "kernel/http/client.hpp"
#include "modules/logistics/shipping/app/ports.hpp"

namespace emporion::shipping {

/// Speaks the demo carrier's wire contract.
class DemoCarrierGateway final : public CarrierGateway {
 public:
  /// `url` is asked before each call: the carrier in this process takes a free port when it starts.
  DemoCarrierGateway(Runtime& runtime, std::function<std::string()> url, milliseconds timeout) : client_(runtime), url_(std::move(url)), timeout_(timeout) {}
  Task<Result<Booking>> book(CallContext context, BookingRequest request) override;
  Task<Result<std::optional<Booking>>> find(CallContext context, Uuid reference) override;
  Task<Result<>> hand_over(CallContext context, std::string tracking_number) override;
  Task<Result<>> cancel(CallContext context, std::string tracking_number) override;

 private:
  Task<Result<http::Response>> send(CallContext context, http::Method method, std::string path, std::string body);
  http::Client client_;
  std::function<std::string()> url_;
  milliseconds timeout_;
};

/// Our own drivers: nobody is to be asked.
class OwnFleetGateway final : public CarrierGateway {
 public:
  explicit OwnFleetGateway(const Clock& clock) : clock_(clock) {}
  Task<Result<Booking>> book(CallContext context, BookingRequest request) override;
  Task<Result<std::optional<Booking>>> find(CallContext context, Uuid reference) override;
  Task<Result<>> hand_over(CallContext, std::string) override { co_return Result<>(); }
  Task<Result<>> cancel(CallContext, std::string) override { co_return Result<>(); }

 private:
  const Clock& clock_;
};

}  // namespace emporion::shipping
