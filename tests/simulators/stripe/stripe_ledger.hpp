#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace emporion::simulators {

/// Decoded form fields, in their order.
using Fields = std::vector<std::pair<std::string, std::string>>;
std::string field(const Fields& fields, std::string_view name);
/// Decodes application/x-www-form-urlencoded.
Fields decode_form(std::string_view body);

/// An answer of the simulated provider: status and JSON body.
struct Answer {
  int status = 200;
  std::string body;
};

struct Intent {
  std::string id;
  std::int64_t amount = 0;
  std::string currency;
  std::string status = "requires_confirmation";
  std::string payment_method;
  std::string decline_code;
  std::map<std::string, std::string> metadata;
  std::int64_t amount_received = 0;
  std::int64_t capturable = 0;
  std::int64_t refunded = 0;
  std::int64_t disputed = 0;        ///< In open disputes.
  std::int64_t charged_back = 0;    ///< By lost ones.
  std::int64_t capture_before = 0;  ///< Unix seconds.
};

struct SimulatedRefund {
  std::string id;
  std::string intent;
  std::int64_t amount = 0;
  std::string currency;
  std::string status = "succeeded";
  std::map<std::string, std::string> metadata;
};

/// The provider's books: payment intents and refunds with Stripe's own rules. Knows no HTTP. Test tokens decide a card's fate, as at Stripe:
/// pm_card_visa (approved), pm_card_chargeDeclined, pm_card_chargeDeclinedInsufficientFunds, pm_card_chargeDeclinedExpiredCard,
/// pm_card_chargeDeclinedIncorrectCvc, pm_card_threeDSecure2Required (the buyer must act), pm_card_processing (stays open until `settle`), pm_card_refundFail
/// (refunds fail).
class StripeLedger {
 public:
  Answer create(const Fields& fields);
  Answer confirm(const std::string& id, const Fields& fields, std::int64_t now_unix);
  Answer capture(const std::string& id, const Fields& fields, std::int64_t now_unix);
  Answer cancel(const std::string& id);
  Answer get(const std::string& id) const;
  Answer refund(const Fields& fields);
  Answer get_refund(const std::string& id) const;
  Answer list_refunds(const Fields& fields) const;

  /// What the buyer or the bank does: requires_action or processing → requires_capture, or a decline.
  bool settle(const std::string& id, bool approved, std::int64_t now_unix);
  /// The authorization lapses at once.
  bool lapse(const std::string& id);

  const Intent* find(const std::string& id) const;
  /// For what else of the provider moves its money.
  Intent* change(const std::string& id);
  const SimulatedRefund* find_refund(const std::string& id) const;
  /// The only intent of a payment, by its metadata; null if there is none or more than one.
  const Intent* of_payment(const std::string& payment_id) const;
  std::size_t intents() const noexcept { return intents_.size(); }
  std::size_t refunds() const noexcept { return refunds_.size(); }
  /// Money taken and not given back.
  std::int64_t balance() const noexcept;

  std::string to_json(const Intent& intent) const;
  std::string to_json(const SimulatedRefund& refund) const;

 private:
  Answer not_found(const std::string& id) const;
  Answer unexpected_state(const Intent& intent, std::string_view wanted) const;
  std::map<std::string, Intent> intents_;
  std::map<std::string, SimulatedRefund> refunds_;
};

/// Stripe's error object.
Answer error_answer(int status, std::string_view type, std::string_view code, std::string_view message, std::string_view more = "");

}  // namespace emporion::simulators
