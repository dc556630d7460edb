#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/simulators/common/provider_simulator.hpp"

namespace emporion::simulators {

struct MomoSimulatorOptions {
  std::string partner_code = "MOMOSIMU20200101";
  std::string access_key = "simulatedAccess1";
  std::string secret_key = "simulatedSecretKey0123456789";
  milliseconds hang{3'000};  ///< How long a lost answer keeps its connection open.
};

/// MoMo's side over real HTTP: create, confirm, query and refund, and IPNs to the address that `create` names. Checks the signature over the raw values, the
/// names and types of all members, the limits of amounts, and that ids are new: a repeated requestId or orderId is answered with 40 or 41.
class MomoSimulator final : public ProviderSimulator {
 public:
  MomoSimulator(Runtime& runtime, const Clock& clock, MomoSimulatorOptions options)
      : ProviderSimulator(runtime, clock, options.hang), options_(std::move(options)) {}

  struct Payment {
    std::int64_t amount = 0;
    std::string ipn_url;
    std::string order_info;
    std::string request_id;
    bool auto_capture = true;
    std::int64_t expires_at = 0;  ///< Unix seconds.
    std::int64_t trans_id = 0;
    std::int64_t result_code = 1000;
    std::int64_t captured = 0;
    struct Refund {
      std::int64_t amount = 0;
      std::int64_t result_code = 0;
    };
    std::map<std::string, Refund> refunds;
  };

  /// What the buyer does in the app: 0 pays, any other resultCode declines. MoMo books it and sends the IPN. False: no such page, over, or done.
  bool pay(const std::string& order_id, std::int64_t result_code = 0);
  /// Refunds end with this resultCode from now on.
  void refund_with(std::int64_t result_code) { refund_code_ = result_code; }
  /// An authorization that the buyer's wallet let go.
  void lapse(const std::string& order_id) { payments_.at(order_id).result_code = 1005; }
  /// An IPN as MoMo would send it now, with another code or amount if the test wants.
  http::ClientRequest ipn(const std::string& order_id, std::int64_t result_code, std::int64_t amount) const;

  const Payment* find(const std::string& order_id) const;
  std::size_t payments() const noexcept { return payments_.size(); }
  /// Money taken and not given back.
  std::int64_t balance() const;
  const std::string& complaint() const noexcept { return complaint_; }

 protected:
  Task<http::Response> serve(http::Request request) override;
  http::ClientRequest falsified(http::ClientRequest message) const override;

 private:
  using Fields = std::map<std::string, std::string>;
  http::Response create(const Fields& fields, Spoil spoil);
  http::Response confirm(const Fields& fields, Spoil spoil);
  http::Response query(const Fields& fields, Spoil spoil);
  http::Response refund(const Fields& fields, Spoil spoil);
  /// Nothing if the request is as MoMo wants it; else the refusal.
  std::optional<http::Response> refuse_call(const Fields& fields, const std::vector<std::string>& signed_names, const std::vector<std::string>& all_names);
  http::Response answer(const Fields& fields, std::int64_t code, std::int64_t amount, Spoil spoil, const std::string& more = "") const;
  std::int64_t now_unix() const { return clock().now().micros_since_epoch() / 1'000'000; }
  std::string sign(const std::vector<std::string>& names, const Fields& fields) const;

  MomoSimulatorOptions options_;
  std::map<std::string, Payment> payments_;
  std::map<std::string, bool> request_ids_;
  std::int64_t next_trans_id_ = 4'088'000'000;
  std::int64_t refund_code_ = 0;
  std::string complaint_;
};

}  // namespace emporion::simulators
