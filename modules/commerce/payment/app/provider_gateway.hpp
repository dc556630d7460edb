#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/money/money.hpp"
#include "modules/commerce/payment/app/dispute_gateway.hpp"
#include "modules/commerce/payment/app/report_gateway.hpp"
#include "modules/commerce/payment/domain/payment.hpp"
#include "modules/commerce/payment/domain/refund.hpp"

namespace emporion::payment {

/// A provider's word on one payment, translated. Never trusted further than amount, currency and reference agree with ours.
struct ProviderReport {
  enum class State : std::uint8_t {
    not_confirmed,    ///< The object exists; no money was asked for.
    requires_action,  ///< The buyer's turn. Without `next_action` it is news only of a payment that the buyer is busy with already.
    approved,         ///< The buyer agreed; `confirm` takes or holds the money.
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
  std::optional<Uuid> payment_id = std::nullopt;          ///< What we told the provider when we made the object.
  std::optional<std::string> next_action = std::nullopt;  ///< JSON of the contract's NextAction.
  std::optional<std::string> decline_category = std::nullopt;
  std::optional<std::string> decline_code = std::nullopt;
  std::optional<std::string> txn_id = std::nullopt;  ///< What captures and refunds name.
  std::optional<std::string> card_brand = std::nullopt;
  std::optional<std::string> card_last4 = std::nullopt;
  std::optional<UtcTime> auth_expires_at = std::nullopt;
  std::optional<std::string> suspicion = std::nullopt;  ///< The provider took the money and warns of fraud: a person looks at it.
};

struct RefundReport {
  enum class State : std::uint8_t { pending, succeeded, failed };
  std::string ref;
  State state = State::pending;
  Money amount;
  std::optional<Uuid> refund_id = std::nullopt;
  std::optional<std::string> failure = std::nullopt;
};

/// What a provider sent us: the bytes that it signed (the body, or the query of a GET) and the headers by lower-case name.
struct ProviderMessage {
  std::string text;
  std::map<std::string, std::string> headers;
};

/// Money on our bank account, as the bank announces it.
struct BankCredit {
  std::string bank_txn_id;
  Money amount;
  std::string remittance;
  std::vector<std::string> references;  ///< What in the remittance could be ours.
};

/// A verified message of the provider. One `id` takes effect once.
struct ProviderEvent {
  std::string id;
  std::string type;
  std::optional<ProviderReport> payment = std::nullopt;
  std::optional<RefundReport> refund = std::nullopt;
  std::optional<BankCredit> credit = std::nullopt;
  std::optional<DisputeReport> dispute = std::nullopt;
};

/// Who pays, as far as a provider's page needs to know.
struct Buyer {
  std::string return_url;  ///< Where the page sends the browser afterwards.
  std::string address;     ///< IP; empty if unknown.
};

/// What a shop offers its buyers with a provider.
struct Offer {
  std::string_view method;              ///< The contract's word: card, paypal, vnpay, …
  bool needs_token = false;             ///< CreatePayment must bring a token made in the browser.
  bool wants_address = false;           ///< The provider is told the buyer's IP address.
  bool is_slow = false;                 ///< Its first answer may take longer than CreatePayment waits.
  bool ends_by_call = false;            ///< What a failed attempt left there is ended by `cancel`.
  std::vector<std::string> currencies;  ///< Empty: any.
  std::optional<Money> min_amount = std::nullopt;
  std::optional<Money> max_amount = std::nullopt;
  std::string publishable_key;
};

/// A payment provider. A declined payment is a report (failed), not an error. Every call may be repeated: all tries of one operation are one to the provider.
/// Two-phase providers go from `create` or `confirm` to authorized and take the money with `capture`; one-phase providers report captured and have no
/// `capture`. Errors of every call: PROVIDER_UNREACHABLE (unavailable: certainly not executed), PROVIDER_OUTCOME_UNKNOWN (deadline_exceeded: a timeout, a 5xx,
/// an answer that cannot be read), PROVIDER_REFUSED (rule_violated: certainly not executed, and repeating will not help), PROVIDER_BUSY (resource_exhausted:
/// not executed, later).
class ProviderGateway {
 public:
  virtual ~ProviderGateway() = default;
  virtual bool is_enabled() const noexcept = 0;
  virtual std::string_view name() const noexcept = 0;
  virtual Offer offer() const = 0;
  /// How long no call will be made, since the provider does not answer; nothing if one would be.
  virtual std::optional<seconds> rests_for() const { return std::nullopt; }
  /// Where answers to its disputes go; null if it takes none by program.
  virtual DisputeGateway* disputes() noexcept { return nullptr; }
  /// Its own report of what it moved; null if it has to be asked payment by payment.
  virtual ReportGateway* reports() noexcept { return nullptr; }

  /// Makes the provider's object; moves no money. What it reports may be the buyer's turn already (requires_action).
  virtual Task<Result<ProviderReport>> create(Payment payment, Buyer buyer) = 0;
  /// Asks for the money of an object that is not_confirmed or approved: it is taken or held, or its owner must act.
  virtual Task<Result<ProviderReport>> confirm(Payment payment, Buyer buyer) = 0;
  /// Takes `capture_amount` of what is held, or all of it.
  virtual Task<Result<ProviderReport>> capture(Payment payment) = 0;
  /// Releases what is held, or ends what was not paid. A page that no call can end is reported cancelled if it is unpaid now; money that comes later goes back.
  virtual Task<Result<ProviderReport>> cancel(Payment payment) = 0;
  virtual Task<Result<ProviderReport>> query(Payment payment) = 0;
  virtual Task<Result<RefundReport>> refund(Payment payment, Refund refund) = 0;
  virtual Task<Result<RefundReport>> query_refund(Payment payment, Refund refund) = 0;

  /// Checks the signature before anything is read. Errors: INVALID_SIGNATURE, or those of a call where the provider has to be asked for its certificate.
  virtual Task<Result<>> verify(ProviderMessage message, UtcTime now) = 0;
  /// Reads the text of a verified message. Errors: MALFORMED_JSON and such.
  virtual Result<ProviderEvent> read_event(std::string_view text) const = 0;
};

/// True for the error of a call that was not made at all, because the provider is left alone for a while: it carries `retry_after`.
inline bool was_not_made(const Error& error) { return error.reason() == "PROVIDER_UNREACHABLE" && !error.metadata_json("retry_after").empty(); }

/// The providers that this program speaks to, enabled or not.
class Providers {
 public:
  explicit Providers(std::vector<ProviderGateway*> all) : all_(std::move(all)) {}

  /// Null for what has no provider: cash on delivery.
  ProviderGateway* find(std::string_view name) const noexcept;
  /// The enabled provider of a method, or null.
  ProviderGateway* of_method(std::string_view method) const;
  const std::vector<ProviderGateway*>& all() const noexcept { return all_; }

 private:
  std::vector<ProviderGateway*> all_;
};

}  // namespace emporion::payment
