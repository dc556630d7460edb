#pragma once

#include <memory>
#include <string>

#include "kernel/postgres/database.hpp"
#include "modules/product/pricing/app/price_book.hpp"

namespace emporion::pricing {

/// Prices by one set-based statement for all SKUs. The tables are kept in memory and read again when the revision that comes with the prices says so.
class PostgresPriceBook final : public PriceBook {
 public:
  PostgresPriceBook(postgres::Database& database, Currency store_currency) : database_(database), store_currency_(store_currency) {}

  Task<Result<PriceBookPage>> read(PriceBookQuestion question) override;
  Task<Result<SkuPrices>> read_product(Uuid product, std::optional<std::string> sku, PriceBookQuestion question) override;
  Task<Result<std::shared_ptr<const PricingTables>>> tables() override;

 private:
  Task<Result<std::shared_ptr<const PricingTables>>> tables_at(std::int64_t revision);
  Task<Result<std::shared_ptr<const PricingTables>>> load_tables();

  postgres::Database& database_;
  Currency store_currency_;
  std::shared_ptr<const PricingTables> tables_;
};

}  // namespace emporion::pricing
