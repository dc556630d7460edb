#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/money/money.hpp"

namespace emporion::payment {

/// A provider's word on one payment, translated. Never trusted further than amount, currency and reference agree with ours.
struct ProviderReport {
  enum class State : std::uint8_t {
    not_confirmed,  ///< The object exists; no money was asked for.
    requires_action,
    processing,
    authorized,
    captured,
    failed,
    cancelled,
  };
  std::string ref;
  State state = State::processing;
  Money amount;
  std::int64_t captured = 0;
  std::optional<Uuid> payment_id = std::nullopt;        ///< What we told the provider when we made the object.
  std::optional<std::string> next_action = std::nullopt;  ///< JSON of the contract's NextAction.
  std::optional<std::string> decline_category = std::nullopt;
  std::optional<std::string> decline_code = std::nullopt;
  std::optional<std::string> txn_id = std::nullopt;
  std::optional<std::string> card_brand = std::nullopt;
  std::optional<std::string> card_last4 = std::nullopt;
  std::optional<UtcTime> auth_expires_at = std::nullopt;
};

struct RefundReport {
  enum class State : std::uint8_t { pending, succeeded, failed };
  std::string ref;
  State state = State::pending;
  Money amount;
  std::optional<Uuid> refund_id = std::nullopt;
  std::optional<std::string> failure = std::nullopt;
};

/// A verified message of the provider.
struct ProviderEvent {
  std::string id;
  std::string type;
  std::optional<ProviderReport> payment = std::nullopt;
  std::optional<RefundReport> refund = std::nullopt;
};

struct IntentOrder {
  Uuid payment_id;
  Uuid order_id;
  Money amount;
  std::string token;
  std::optional<std::string> description = std::nullopt;
};
struct ConfirmOrder {
  Uuid payment_id;
  std::string ref;
  std::string return_url;
  bool force_3ds = false;
};

/// A card provider. A declined card is a report (failed), not an error.
/// Errors of every call: PROVIDER_UNREACHABLE (unavailable: certainly not executed), PROVIDER_OUTCOME_UNKNOWN (deadline_exceeded: a timeout, a 5xx, an answer that cannot be
/// read), PROVIDER_REFUSED (rule_violated: certainly not executed, and repeating will not help), PROVIDER_BUSY (resource_exhausted: not executed, later).
class CardGateway {
 public:
  virtual ~CardGateway() = default;
  virtual bool is_enabled() const noexcept = 0;
  virtual std::string_view name() const noexcept = 0;

  /// Makes the provider's object; moves no money.
  virtual Task<Result<ProviderReport>> create(IntentOrder order) = 0;
  /// Asks for the money: the card is charged or held, or its owner must act.
  virtual Task<Result<ProviderReport>> confirm(ConfirmOrder order) = 0;
  virtual Task<Result<ProviderReport>> capture(Uuid payment_id, std::string ref, std::int64_t amount) = 0;
  virtual Task<Result<ProviderReport>> cancel(Uuid payment_id, std::string ref) = 0;
  virtual Task<Result<ProviderReport>> query(std::string ref) = 0;
  virtual Task<Result<RefundReport>> refund(Uuid payment_id, Uuid refund_id, std::string ref, Money amount) = 0;
  virtual Task<Result<RefundReport>> query_refund(std::string refund_ref) = 0;

  /// Checks the signature over the raw body. Errors: INVALID_SIGNATURE.
  virtual Result<> verify(std::string_view body, std::string_view signature, UtcTime now) const = 0;
  /// Reads a verified message. Errors: MALFORMED_JSON and such.
  virtual Result<ProviderEvent> read_event(std::string_view body) const = 0;
};

}  // namespace emporion::payment
