#include "modules/product/catalog/domain/product_lifecycle.hpp"

#include <algorithm>
#include <array>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"

namespace emporion::catalog {
namespace {

using enum ProductStatus;
using Step = ProductStep;

//                                                                         needs_complete  may_schedule
constexpr std::array transitions{
    ProductTransition{draft, Step::submit, pending_review, true, false},
    ProductTransition{rejected, Step::submit, pending_review, true, false},
    ProductTransition{draft, Step::publish, active, true, true},
    ProductTransition{pending_review, Step::approve, active, true, true},
    ProductTransition{pending_review, Step::reject, rejected, false, false},
    ProductTransition{scheduled, Step::fall_due, active, false, false},
    ProductTransition{active, Step::deactivate, inactive, false, false},
    ProductTransition{inactive, Step::activate, active, true, false},
    ProductTransition{active, Step::archive, archived, false, false},
    ProductTransition{inactive, Step::archive, archived, false, false},
    ProductTransition{archived, Step::restore, inactive, false, false},
    ProductTransition{draft, Step::remove, deleted, false, false},
    ProductTransition{rejected, Step::remove, deleted, false, false},
    ProductTransition{archived, Step::remove, deleted, false, false},
};

constexpr std::array<std::string_view, 8> status_names{"draft", "pending_review", "rejected", "scheduled", "active", "inactive", "archived", "deleted"};
constexpr std::array<std::string_view, 10> step_names{"submit",     "publish",  "approve", "reject",  "fall_due",
                                                      "deactivate", "activate", "archive", "restore", "delete"};

}  // namespace

std::span<const ProductTransition> product_transitions() noexcept { return transitions; }

Result<ProductStepResult> take(ProductStep step, ProductStatus status, const std::optional<UtcTime>& publish_at, UtcTime now) {
  const auto found = std::ranges::find_if(transitions, [&](const ProductTransition& row) { return row.from == status && row.step == step; });
  if (found == transitions.end()) {
    return fail(Error(ErrorKind::conflict, "ILLEGAL_TRANSITION", text("a product that is ", to_string(status), " cannot ", to_string(step)))
                    .with("from", to_string(status))
                    .with("step", to_string(step)));
  }
  const bool ahead = found->may_schedule && publish_at && *publish_at > now;
  return ProductStepResult{ahead ? scheduled : found->to, found->needs_complete};
}

std::string_view to_string(ProductStatus status) noexcept { return status_names[static_cast<std::size_t>(status)]; }
std::string_view to_string(ProductStep step) noexcept { return step_names[static_cast<std::size_t>(step)]; }

ProductStatus product_status_of(std::string_view text) noexcept {
  const auto found = std::ranges::find(status_names, text);
  EMP_ASSERT(found != status_names.end());
  return static_cast<ProductStatus>(found - status_names.begin());
}

}  // namespace emporion::catalog
