#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/async/task.hpp"
#include "modules/product/pricing/domain/fx.hpp"
#include "modules/product/pricing/domain/price.hpp"
#include "modules/product/pricing/domain/tax.hpp"

namespace emporion::pricing {

/// Tax of one country.
struct CountryTax {
  std::vector<TaxZone> zones;
  std::vector<TaxRate> rates;
  TaxSettings settings;
  std::string shipping_tax_class = "shipping";
  bool prices_include_tax = false;
};

/// All taxes and exchange rates as of one revision; shared and never changed.
struct PricingTables {
  std::int64_t revision = 0;
  std::map<std::string, CountryTax, std::less<>> countries;
  std::vector<FxRate> fx;

  /// Defaults for a country without zones or settings.
  const CountryTax& country(std::string_view code) const;
};

/// What Catalog said of a SKU.
struct SkuFacts {
  Uuid product_id;
  std::string tax_class;
  bool is_deleted = false;
};

/// A SKU with all its active price rows and those of its product, whenever and wherever they apply.
struct SkuPrices {
  std::optional<SkuFacts> facts;
  std::vector<Price> candidates;
};

/// Whose prices are read, and when.
struct PriceBookQuestion {
  std::vector<std::string> skus;  ///< Distinct.
  std::vector<Uuid> warehouses;
  std::optional<std::string> customer_group;
  Currency currency = Currency::of("USD");
  UtcTime at;
};

struct PriceBookPage {
  std::unordered_map<std::string, std::shared_ptr<const SkuPrices>> skus;  ///< Every SKU asked, also unknown ones.
  std::shared_ptr<const PricingTables> tables;
  std::int64_t revision = 0;  ///< Nothing of it is older than this.
};

/// Reads prices, facts and tables, at most 100 ms old: one round trip for any number of SKUs.
class PriceBook {
 public:
  virtual ~PriceBook() = default;
  virtual Task<Result<PriceBookPage>> read(PriceBookQuestion question) = 0;
  /// The rows of one product, and of one of its SKUs if given.
  virtual Task<Result<SkuPrices>> read_product(Uuid product, std::optional<std::string> sku, PriceBookQuestion question) = 0;
  /// The tables of the latest revision.
  virtual Task<Result<std::shared_ptr<const PricingTables>>> tables() = 0;
  /// What is read from now on is at least as new as this moment.
  virtual void look_again() noexcept = 0;
};

}  // namespace emporion::pricing
