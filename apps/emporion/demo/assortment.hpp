#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace emporion::app::demo {

/// A category of the demo shop and the shape that its pictures show.
struct DemoCategory {
  std::string_view slug;
  std::string_view name;
  std::string_view shape;  ///< SVG elements within a 200 × 200 field; `{c}` stands for the product's colour, `{d}` for a darker one.
};

/// A product and its variants: the axis and its values, each with its own SKU and price.
struct DemoProduct {
  std::string_view sku;  ///< Of the product; a variant's SKU is `sku-VALUE`.
  std::string_view name;
  std::string_view category;  ///< Slug.
  std::int64_t price_vnd;     ///< Of the first variant; each further one costs a quarter of it more where the axis is a size or a weight.
  std::int32_t weight_g;
  std::string_view axis;    ///< "size", "color", "weight", or "" for one variant.
  std::string_view values;  ///< Separated by spaces.
  std::string_view text;
};

std::span<const DemoCategory> categories();
std::span<const DemoProduct> products();

/// A picture of the product, drawn from its category's shape in a colour of its own.
std::string picture(const DemoProduct& product);

}  // namespace emporion::app::demo
