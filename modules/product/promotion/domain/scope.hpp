#pragma once

#include <string>
#include <vector>

#include "modules/product/promotion/domain/cart.hpp"

namespace emporion::promotion {

/// Which SKUs a rule concerns: any that one of the lists names. A category stands for all below it.
class Scope {
 public:
  Scope() = default;
  Scope(std::vector<std::string> skus, std::vector<Uuid> products, std::vector<Uuid> categories, std::vector<Uuid> brands, std::vector<Uuid> sellers);

  bool is_empty() const { return skus_.empty() && !needs_facts(); }
  /// True if Catalog's facts are needed to tell.
  bool needs_facts() const { return !(products_.empty() && categories_.empty() && brands_.empty() && sellers_.empty()); }
  /// True if a list names the line. An empty scope names nothing.
  bool names(const Line& line) const;
  const std::vector<std::string>& skus() const { return skus_; }
  /// Of products, categories, brands and sellers.
  std::vector<Uuid> ids() const;
  friend bool operator==(const Scope&, const Scope&) = default;

 private:
  std::vector<std::string> skus_;
  std::vector<Uuid> products_, categories_, brands_, sellers_;
};

}  // namespace emporion::promotion
