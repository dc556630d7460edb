#include "modules/product/catalog/domain/variant_matrix.hpp"

#include <algorithm>
#include <set>

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

// tidy-allow-file(domain_include): collisions are listed in an Error's metadata, which is JSON.
namespace emporion::catalog {
namespace {

std::unexpected<Error> over_limit() {
  return fail(Error(ErrorKind::rule_violated, "VARIANT_LIMIT", "a product has 1 to 100 variants on at most 3 axes")
                  .with("max", static_cast<std::int64_t>(variants_max)));
}

// "Sky blue" becomes SKY-BLUE; what a SKU cannot hold becomes a hyphen.
std::string sku_part(std::string_view option) {
  std::string out;
  for (const char c : ascii_upper(option)) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    if (plain) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != '-') {
      out.push_back('-');
    }
  }
  while (out.ends_with('-')) out.pop_back();
  return out;
}

}  // namespace

Result<std::vector<PlannedVariant>> plan_variants(const Sku& base, std::span<const OptionAxis> axes) {
  std::size_t count = 1;
  for (const auto& axis : axes) count = std::min(count * axis.options.size(), variants_max + 1);
  if (axes.size() > axes_max || count == 0 || count > variants_max) return over_limit();

  std::vector<PlannedVariant> planned;
  std::set<std::string> seen;
  std::set<std::string> collisions;
  for (std::size_t number = 0; number < count; ++number) {
    std::string sku = base.text();
    OptionValues options;
    std::size_t stride = count;
    for (const auto& axis : axes) {
      stride /= axis.options.size();
      const auto& option = axis.options[number / stride % axis.options.size()];
      sku += "-" + sku_part(option);
      options.emplace(axis.code, option);
    }
    EMP_ASSIGN(Sku parsed, Sku::parse(sku));
    if (!seen.insert(parsed.text()).second) collisions.insert(parsed.text());
    planned.push_back({std::move(parsed), std::move(options)});
  }
  if (!collisions.empty()) {
    std::string list;
    json::Writer writer(list);
    writer.begin_array();
    for (const auto& sku : collisions) writer.string(sku);
    writer.end_array();
    return fail(Error(ErrorKind::conflict, "SKU_COLLISION", "several combinations give one SKU").with_json("skus", list));
  }
  return planned;
}

Result<> check_options(std::span<const std::string> axes, std::span<const OptionValues> variants) {
  if (variants.empty() || variants.size() > variants_max || axes.size() > axes_max) return over_limit();
  std::set<OptionValues> seen;
  for (const auto& options : variants) {
    const bool names_axes = options.size() == axes.size() && std::ranges::all_of(axes, [&](const std::string& axis) { return options.contains(axis); });
    if (!names_axes) return fail(ErrorKind::rule_violated, "VARIANT_OPTIONS_INVALID", "a variant has one option for each axis of its product");
    if (!seen.insert(options).second) return fail(ErrorKind::rule_violated, "VARIANT_OPTIONS_INVALID", "no two variants have the same options");
  }
  return {};
}

}  // namespace emporion::catalog
