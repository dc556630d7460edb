#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/money/money.hpp"
#include "modules/commerce/payment/domain/ledger.hpp"
#include "modules/commerce/payment/domain/status.hpp"

namespace emporion::payment {

/// One attempt to get an order paid, as it is stored. Changed only under its row lock, by `advance` and the few rules below.
struct Payment {
  Uuid id = {};
  Uuid order_id = {};
  std::optional<std::string> order_number = std::nullopt;
  std::int32_t attempt_no = 1;
  std::optional<Uuid> customer_id = std::nullopt;
  std::string method = {};
  std::string provider = {};
  Money amount;
  std::int64_t captured_amount = 0;
  std::int64_t refunded_amount = 0;
  std::int64_t reduced_amount = 0;    ///< Cash on delivery: taken off by cancelled lines and returned parcels.
  std::int64_t collected_amount = 0;  ///< Cash on delivery: reported so far.
  Status status = Status::created;
  std::optional<std::string> provider_ref = std::nullopt;
  std::optional<std::string> provider_txn_id = std::nullopt;
  std::optional<std::string> provider_token = std::nullopt;
  std::optional<std::string> card_brand = std::nullopt;
  std::optional<std::string> card_last4 = std::nullopt;
  std::optional<std::string> next_action = std::nullopt;  ///< JSON
  std::optional<std::string> decline_category = std::nullopt;
  std::optional<std::string> decline_code = std::nullopt;
  Uuid assessment_id = {};
  bool force_3ds = false;
  std::optional<std::string> return_url = std::nullopt;
  std::optional<UtcTime> auth_expires_at = std::nullopt;
  std::optional<UtcTime> window_ends_at = std::nullopt;
  std::optional<UtcTime> captured_at = std::nullopt;
  std::optional<UtcTime> capture_asked_at = std::nullopt;
  std::optional<std::int64_t> capture_amount = std::nullopt;
  std::optional<UtcTime> void_requested_at = std::nullopt;
  std::optional<std::string> void_reason = std::nullopt;
  bool superseded = false;
  std::optional<UtcTime> next_run_at = std::nullopt;  ///< When the worker looks at it again.
  std::int32_t run_tries = 0;
  std::int32_t transaction_seq = 0;
  std::int64_t version = 1;
  UtcTime created_at = {};
  UtcTime updated_at = {};

  bool is_window_over(UtcTime now) const noexcept { return window_ends_at && now >= *window_ends_at; }
  /// What couriers are to collect in all.
  std::int64_t cash_due() const noexcept { return amount.amount() - reduced_amount; }
};

/// One line of a payment's history.
struct TransactionNote {
  std::string type;  ///< create, authorize, capture, void, refund, webhook, sync, collect, expire
  std::optional<Status> from = std::nullopt;
  std::optional<Status> to = std::nullopt;
  std::optional<std::int64_t> amount = std::nullopt;
  std::string outcome;  ///< succeeded, failed, unknown, ignored
  std::optional<std::string> detail = std::nullopt;
};

/// What a change brings with it; stored in the transaction of the change.
struct Effects {
  std::vector<Status> announced;  ///< Each becomes the event of that status.
  std::optional<Posting> posting = std::nullopt;
  bool return_money = false;  ///< Money came that nobody waits for: refund it under the key `late:{payment}`.
  std::vector<TransactionNote> notes;
};

/// Moves the payment along an edge of the table. `taken` is what was captured (for captured). `order_waits`: the order still wants this payment and no other
/// holds it. Money for an order that does not wait is marked superseded, or asked back.
void advance(Payment& payment, Status to, std::int64_t taken, bool order_waits, UtcTime now, Effects& effects);

/// When an open outcome is asked for again: 5, 15, 30, 60, 120, 300 s, then every 5 min. Source: commerce.md §3.6.
seconds unknown_outcome_delay(int tries) noexcept;
/// When a capture is tried again: 5 s, 15 s, 60 s, 5 min, then every 15 min.
seconds capture_retry_delay(int tries) noexcept;

/// An authorization whose end the provider did not tell. Source: Stripe's usual seven days.
constexpr hours authorization_life{24 * 7};
/// No capture is tried again this close to the end of the authorization.
constexpr hours capture_margin{12};

}  // namespace emporion::payment
