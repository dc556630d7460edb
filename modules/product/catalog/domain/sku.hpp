#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>

#include "kernel/base/result.hpp"

namespace emporion::catalog {

/// Stock keeping unit: the merchant's code of one sellable variant, `[A-Z0-9][A-Z0-9._-]{1,63}`, upper-cased on input. Unique over all variants ever,
/// deleted ones included. Source: CAT-1.
class Sku {
 public:
  /// Errors: SKU_INVALID.
  static Result<Sku> parse(std::string_view text);
  const std::string& text() const noexcept { return text_; }
  std::string to_string() const { return text_; }
  friend auto operator<=>(const Sku&, const Sku&) = default;

 private:
  explicit Sku(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// True for 8, 12, 13 or 14 digits whose last is the check digit of the others. Source: GS1 General Specifications, section 7.9.
bool is_gtin(std::string_view digits) noexcept;

/// The last part of a product's or category's address, `[a-z0-9]+([-_][a-z0-9]+)*`, at most 120. Unique per kind. Source: CAT-3.
class Slug {
 public:
  /// Errors: SLUG_INVALID.
  static Result<Slug> parse(std::string_view text);
  /// A slug made of a name in any language; what is no ASCII letter or digit separates words. Accents of Latin letters are dropped ("Áo" becomes "ao").
  /// A name without any such letter gives `fallback`, which must be a slug.
  static Slug of_name(std::string_view name, std::string_view fallback);
  const std::string& text() const noexcept { return text_; }
  friend auto operator<=>(const Slug&, const Slug&) = default;

 private:
  explicit Slug(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace emporion::catalog
