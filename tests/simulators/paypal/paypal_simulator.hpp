#pragma once

#include <map>
#include <optional>
#include <string>

#include "kernel/security/keys.hpp"
#include "tests/simulators/common/provider_simulator.hpp"

namespace emporion::json {
class Value;
}

namespace emporion::simulators {

struct PaypalSimulatorOptions {
  std::string client_id = "AX-simulated-client-0001";
  std::string client_secret = "EK-simulated-secret-0001";
  std::string webhook_id = "8PT597110X687430LKGECATA";
  std::string webhook_url;   ///< Empty: events are kept for the test.
  milliseconds hang{3'000};  ///< How long a lost answer keeps its connection open.
};

/// PayPal's side over real HTTP: tokens, orders, authorizations, captures, refunds, webhooks signed with RSA, their certificate, and the check of a signature.
/// Operations for faults: token, create, authorize, get, capture, void, refund, get_refund, verify, certificate. Repeats of a PayPal-Request-Id get the first
/// answer.
class PaypalSimulator final : public ProviderSimulator {
 public:
  PaypalSimulator(Runtime& runtime, const Clock& clock, PaypalSimulatorOptions options);

  void set_webhook_url(std::string url) { options_.webhook_url = std::move(url); }
  /// The buyer agrees at PayPal's page. False: no such order, or not theirs to agree to.
  bool approve(const std::string& order_id);
  /// The next authorization of any order is declined.
  void decline_instrument() { declines_ = true; }
  /// Captures stay PENDING from now on, until `settle_capture`.
  void capture_slowly() { captures_wait_ = true; }
  bool settle_capture(const std::string& order_id, bool completed);
  /// The authorization ends by itself.
  void expire(const std::string& order_id);
  /// Refunds end with this status from now on: COMPLETED, PENDING, FAILED.
  void refund_with(std::string status) { refund_status_ = std::move(status); }
  bool settle_refund(const std::string& refund_id, const std::string& status);
  /// The token in use is forgotten.
  void revoke_token() { token_.clear(); }

  struct Order {
    std::string currency;
    std::int64_t amount = 0;  ///< Minor units.
    std::string reference;
    std::string status = "PAYER_ACTION_REQUIRED";
    std::string authorization_id;
    std::string authorization_status;
    std::string capture_id;
    std::string capture_status;
    std::int64_t captured = 0;
    std::int64_t refunded = 0;
    std::int64_t disputed = 0;  ///< In open disputes, and taken by lost ones.
  };
  struct Dispute {
    std::string order_id;
    std::int64_t amount = 0;
    std::string reason;
    std::string status;
    std::string outcome;
    std::string evidence;  ///< The JSON that was sent.
  };
  /// The buyer disputes what was captured; empty if nothing is left. Then PayPal decides.
  std::string open_dispute(const std::string& order_id, std::int64_t amount, const std::string& reason = "MERCHANDISE_OR_SERVICE_NOT_RECEIVED");
  bool decide_dispute(const std::string& id, bool won);
  const Dispute* find_dispute(const std::string& id) const;
  const Order* find(const std::string& order_id) const;
  std::size_t orders() const noexcept { return orders_.size(); }
  std::int64_t balance() const;
  const std::string& complaint() const noexcept { return complaint_; }
  /// A signed message with that body.
  http::ClientRequest message(std::string body) const;
  std::string event(const std::string& type, const std::string& resource);

 protected:
  Task<http::Response> serve(http::Request request) override;
  http::ClientRequest falsified(http::ClientRequest message) const override;

 private:
  struct Refund {
    std::string order_id;
    std::int64_t amount = 0;
    std::string status;
    std::string custom_id;
  };
  struct Call {
    std::string operation;
    std::string id;
  };
  static std::optional<Call> called(const http::Request& request);
  static std::optional<Call> dispute_call(const http::Request& request);
  http::Response work_dispute(const Call& call, const http::Request& request);
  std::string dispute_json(const std::string& id) const;
  static std::string value_of(std::int64_t minor, std::string_view currency);
  http::Response work(const Call& call, const std::string& body, Spoil spoil);
  http::Response once(const Call& call, const std::string& request_id, const std::string& body, Spoil spoil);
  http::Response give_token(const http::Request& request);
  http::Response create(const json::Value& body, Spoil spoil);
  http::Response authorize(const std::string& id, Spoil spoil);
  http::Response capture(const std::string& authorization_id, const json::Value& body, Spoil spoil);
  http::Response release(const std::string& authorization_id);
  http::Response refund(const std::string& capture_id, const json::Value& body, Spoil spoil);
  http::Response refuse_call(int status, std::string issue);
  std::optional<std::int64_t> amount_in(const json::Value& body, const std::string& currency);
  std::map<std::string, Order>::iterator of_authorization(const std::string& id);
  std::string order_json(const std::string& id, Spoil spoil) const;
  std::string money_json(const Order& order, const std::string& order_id, bool is_capture, Spoil spoil) const;
  std::string refund_json(const std::string& id) const;
  void emit_event(const std::string& type, const std::string& resource) { emit(message(event(type, resource))); }

  PaypalSimulatorOptions options_;
  security::SigningKey key_;
  std::string token_;
  std::map<std::string, Order> orders_;
  std::map<std::string, Refund> refunds_;
  std::map<std::string, Dispute> disputes_;
  struct Stored {
    std::string body;
    http::Response answer;
  };
  std::map<std::string, Stored> answers_;
  int serial_ = 0;
  bool declines_ = false;
  bool captures_wait_ = false;
  std::string refund_status_ = "COMPLETED";
  std::string complaint_;
};

}  // namespace emporion::simulators
