#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/postgres/database.hpp"
#include "kernel/postgres/revision_watch.hpp"
#include "modules/product/pricing/app/price_book.hpp"

namespace emporion::pricing {

/// Prices by one set-based statement for all SKUs that are not in memory. What is in memory belongs to one revision of the database and goes with it; SKUs that
/// Catalog has not told of are never kept.
class PostgresPriceBook final : public PriceBook {
 public:
  PostgresPriceBook(postgres::Database& database, Currency store_currency, const Clock& clock);

  Task<Result<PriceBookPage>> read(PriceBookQuestion question) override;
  Task<Result<SkuPrices>> read_product(Uuid product, std::optional<std::string> sku, PriceBookQuestion question) override;
  Task<Result<std::shared_ptr<const PricingTables>>> tables() override;
  void look_again() noexcept override { watch_.look_again(); }

 private:
  Task<Result<>> catch_up();
  Task<Result<>> read_missing(std::vector<std::string> skus, PriceBookPage& page);
  Task<Result<std::shared_ptr<const PricingTables>>> load_tables();

  postgres::Database& database_;
  Currency store_currency_;
  postgres::RevisionWatch watch_;
  std::int64_t revision_ = -1;  ///< Of `kept_`.
  std::unordered_map<std::string, std::shared_ptr<const SkuPrices>> kept_;
  std::shared_ptr<const PricingTables> tables_;
};

}  // namespace emporion::pricing
