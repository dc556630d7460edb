#include "modules/commerce/order/domain/status.hpp"

#include <utility>

namespace emporion::order {
namespace {

constexpr std::array status_names{
    std::pair{Status::pending_payment, std::string_view("pending_payment")},
    std::pair{Status::fraud_review, std::string_view("fraud_review")},
    std::pair{Status::confirmed, std::string_view("confirmed")},
    std::pair{Status::processing, std::string_view("processing")},
    std::pair{Status::partially_shipped, std::string_view("partially_shipped")},
    std::pair{Status::shipped, std::string_view("shipped")},
    std::pair{Status::delivered, std::string_view("delivered")},
    std::pair{Status::delivery_failed, std::string_view("delivery_failed")},
    std::pair{Status::completed, std::string_view("completed")},
    std::pair{Status::cancelled, std::string_view("cancelled")},
    std::pair{Status::returned, std::string_view("returned")},
};

constexpr std::array payment_names{
    std::pair{PaymentStatus::none, std::string_view("none")},
    std::pair{PaymentStatus::pending, std::string_view("pending")},
    std::pair{PaymentStatus::authorized, std::string_view("authorized")},
    std::pair{PaymentStatus::captured, std::string_view("captured")},
    std::pair{PaymentStatus::cod_pending, std::string_view("cod_pending")},
    std::pair{PaymentStatus::failed, std::string_view("failed")},
    std::pair{PaymentStatus::voided, std::string_view("voided")},
    std::pair{PaymentStatus::partially_refunded, std::string_view("partially_refunded")},
    std::pair{PaymentStatus::refunded, std::string_view("refunded")},
};

template <typename Names, typename Value>
std::string_view name_of(const Names& names, Value value) noexcept {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return {};
}

template <typename Value, typename Names>
std::optional<Value> value_of(const Names& names, std::string_view text) noexcept {
  for (const auto& [value, name] : names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Status status) noexcept { return name_of(status_names, status); }
std::optional<Status> parse_status(std::string_view text) noexcept { return value_of<Status>(status_names, text); }
std::string_view to_string(PaymentStatus status) noexcept { return name_of(payment_names, status); }
std::optional<PaymentStatus> parse_payment_status(std::string_view text) noexcept { return value_of<PaymentStatus>(payment_names, text); }

bool is_secured(PaymentStatus status) noexcept {
  return status == PaymentStatus::authorized || status == PaymentStatus::captured || status == PaymentStatus::partially_refunded;
}

}  // namespace emporion::order
