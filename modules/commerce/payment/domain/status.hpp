#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace emporion::payment {

/// Where a payment stands. Source: commerce.md §3.3.
enum class Status : std::uint8_t {
  created,
  requires_action,
  processing,
  authorized,
  pending_collection,  ///< Cash on delivery, not yet reported.
  captured,
  partially_refunded,
  refunded,
  failed,
  expired,
  voided,
};

constexpr std::array all_statuses{Status::created,  Status::requires_action,    Status::processing, Status::authorized, Status::pending_collection,
                                  Status::captured, Status::partially_refunded, Status::refunded,   Status::failed,     Status::expired,
                                  Status::voided};

std::string_view to_string(Status status) noexcept;
std::optional<Status> parse_status(std::string_view text) noexcept;

/// Money may still move: not ended without success, and not yet taken.
bool is_live(Status status) noexcept;
/// Money was taken, whatever was given back since.
bool is_successful(Status status) noexcept;
/// The order may count on it: authorized, or cash promised at the door, or taken.
bool is_secured(Status status) noexcept;

/// Is there an edge? Includes the late successes of failed, expired and voided payments.
bool has_edge(Status from, Status to) noexcept;

/// How far along a status is: a webhook of lower rank never overwrites a status of higher rank.
int rank(Status status) noexcept;

/// Where news of a payment comes from.
enum class Source : std::uint8_t {
  answer,   ///< The provider's answer to our own call, or a query: the truth as of now.
  webhook,  ///< Verified, but possibly late or out of order.
};

enum class Verdict : std::uint8_t {
  apply,
  ignore,  ///< Known already, or overtaken.
  query,   ///< Contradicts what we have in a way that only the provider's present state settles.
};

/// What to do with the news that the provider's status is `reported`.
Verdict judge(Status current, Status reported, Source source) noexcept;

/// What a provider's "canceled" means here: voided if we asked for it and the table has that edge, else expired, else failed.
Status status_of_cancellation(Status current, bool void_requested) noexcept;

}  // namespace emporion::payment
