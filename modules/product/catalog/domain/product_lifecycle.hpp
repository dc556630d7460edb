#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"

namespace emporion::catalog {

enum class ProductStatus : std::uint8_t { draft, pending_review, rejected, scheduled, active, inactive, archived, deleted };
enum class ProductStep : std::uint8_t { submit, publish, approve, reject, fall_due, deactivate, activate, archive, restore, remove };

/// What a transition does besides the status.
struct ProductTransition {
  ProductStatus from;
  ProductStep step;
  ProductStatus to;     ///< `active` becomes `scheduled` when publish_at lies ahead and the step may publish.
  bool needs_complete;  ///< CAT-4 is checked.
  bool may_schedule;
};

/// The whole state machine, one row per allowed step. Source: product.md §1, product states.
std::span<const ProductTransition> product_transitions() noexcept;

struct ProductStepResult {
  ProductStatus status;
  bool needs_complete;
};
/// Where `step` leads from `status`. Errors: ILLEGAL_TRANSITION (conflict) with from and step.
Result<ProductStepResult> take(ProductStep step, ProductStatus status, const std::optional<UtcTime>& publish_at, UtcTime now);

/// A SKU may be corrected in place only before its product was first submitted or published. Source: CAT-2.
constexpr bool may_change_sku(ProductStatus status) noexcept { return status == ProductStatus::draft; }
constexpr bool is_visible(ProductStatus status) noexcept { return status == ProductStatus::active; }

std::string_view to_string(ProductStatus status) noexcept;
std::string_view to_string(ProductStep step) noexcept;
/// Errors: none; an unknown text is a bug, for it comes from our own rows.
ProductStatus product_status_of(std::string_view text) noexcept;

}  // namespace emporion::catalog
