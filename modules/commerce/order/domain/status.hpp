#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace emporion::order {

/// Where an order stands. Source: commerce.md §2.3.
enum class Status : std::uint8_t {
  pending_payment,
  fraud_review,
  confirmed,
  processing,
  partially_shipped,
  shipped,
  delivered,
  delivery_failed,
  completed,
  cancelled,
  returned,
};

constexpr std::array all_statuses{Status::pending_payment,   Status::fraud_review, Status::confirmed, Status::processing,
                                  Status::partially_shipped, Status::shipped,      Status::delivered, Status::delivery_failed,
                                  Status::completed,         Status::cancelled,    Status::returned};

std::string_view to_string(Status status) noexcept;
std::optional<Status> parse_status(std::string_view text) noexcept;

/// What the order knows of its payment: a facet of the order, not a state (ruling D10).
enum class PaymentStatus : std::uint8_t { none, pending, authorized, captured, cod_pending, failed, voided, partially_refunded, refunded };

std::string_view to_string(PaymentStatus status) noexcept;
std::optional<PaymentStatus> parse_payment_status(std::string_view text) noexcept;

/// True while money is held or taken for the order.
bool is_secured(PaymentStatus status) noexcept;

}  // namespace emporion::order
