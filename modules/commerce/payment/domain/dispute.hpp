#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/money/money.hpp"

namespace emporion::payment {

/// Where a dispute stands. Source: commerce.md §3.1.
enum class DisputeStatus : std::uint8_t { opened, submitted, won, lost, accepted };
std::string_view to_string(DisputeStatus status) noexcept;
std::optional<DisputeStatus> parse_dispute_status(std::string_view text) noexcept;

bool is_open(DisputeStatus status) noexcept;
/// The money is gone.
bool is_lost(DisputeStatus status) noexcept;

/// The answer that staff gave, as it is stored.
struct DisputeAnswer {
  std::string action;    ///< evidence, accept
  std::string evidence;  ///< JSON of the contract's DisputeEvidence; "null" for accept.
  std::string key;       ///< The caller's idempotency key.
  Uuid digest;           ///< Of the request, to tell a repeat from a reused key.
  Uuid by;
  UtcTime at;
  std::string state = "pending";  ///< pending, sent, refused
  std::optional<std::string> refusal = std::nullopt;
};

/// What a buyer's bank or wallet wants back of a payment, as it is stored.
struct Dispute {
  Uuid id = {};
  Uuid payment_id = {};
  Uuid order_id = {};
  std::string provider = {};
  std::string provider_ref = {};
  std::string reason_code = {};
  Money amount = {};
  std::int64_t charged_back = 0;
  DisputeStatus status = DisputeStatus::opened;
  std::optional<UtcTime> evidence_due_at = std::nullopt;
  std::optional<DisputeAnswer> answer = std::nullopt;
  std::int32_t answer_no = 0;
  std::int32_t decision_no = 0;
  std::int32_t tries = 0;
  std::optional<UtcTime> next_run_at = std::nullopt;
  UtcTime opened_at = {};
  std::optional<UtcTime> closed_at = std::nullopt;
};

enum class DisputeVerdict : std::uint8_t {
  apply,
  ignore,  ///< Known, or overtaken.
  query,   ///< Says otherwise than what was decided: only the provider's present state settles it.
};

/// What to do with the news that the dispute is `reported`. `is_present_state`: the provider was asked just now. Providers do reverse their decisions.
DisputeVerdict judge_dispute(DisputeStatus current, DisputeStatus reported, bool is_present_state) noexcept;

}  // namespace emporion::payment
