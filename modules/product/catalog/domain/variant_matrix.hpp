#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernel/base/result.hpp"
#include "modules/product/catalog/domain/sku.hpp"

namespace emporion::catalog {

constexpr std::size_t variants_max = 100;  ///< Source: CAT-6.
constexpr std::size_t axes_max = 3;

/// An axis of a product with the options it is offered in, in the order shown.
struct OptionAxis {
  std::string code;
  std::vector<std::string> options;
};

using OptionValues = std::map<std::string, std::string, std::less<>>;

struct PlannedVariant {
  Sku sku;
  OptionValues options;
};

/// The Cartesian product in axis order; SKU = base + "-" + options. Errors: VARIANT_LIMIT (rule_violated), SKU_INVALID, SKU_COLLISION (conflict, lists the
/// SKUs).
Result<std::vector<PlannedVariant>> plan_variants(const Sku& base, std::span<const OptionAxis> axes);

/// Each variant names every axis and nothing else, and no two the same combination. Errors (rule_violated): VARIANT_LIMIT, VARIANT_OPTIONS_INVALID. Source:
/// CAT-6.
Result<> check_options(std::span<const std::string> axes, std::span<const OptionValues> variants);

}  // namespace emporion::catalog
