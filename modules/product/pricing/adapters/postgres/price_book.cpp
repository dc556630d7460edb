#include "modules/product/pricing/adapters/postgres/price_book.hpp"

#include "modules/product/pricing/adapters/postgres/price_rows.hpp"

namespace emporion::pricing {
namespace {

using postgres::Statement;

// $1 SKUs.
constexpr Statement read_prices{"pricing.read_prices", R"(
SELECT w.sku, f.product_id, f.tax_class, f.is_deleted, )" EMP_PRICE_COLUMNS R"(
  FROM unnest($1::text[]) AS w(sku)
  LEFT JOIN sku_fact f ON f.sku = w.sku
  LEFT JOIN LATERAL (
    SELECT * FROM price s WHERE s.is_active AND s.sku = w.sku
    UNION ALL
    SELECT * FROM price b WHERE b.is_active AND b.sku IS NULL AND b.product_id = f.product_id) p ON true)"};

// $1 product, $2 SKU or null, $3 instant, $4 and $5 currencies, $6 warehouses, $7 group.
constexpr Statement read_product_prices{"pricing.read_product_prices", R"(
SELECT (SELECT f.product_id FROM sku_fact f WHERE f.sku = $2::text AND NOT f.is_deleted), )" EMP_PRICE_COLUMNS R"(
  FROM (SELECT * FROM price s WHERE s.is_active AND s.sku = $2::text
        UNION ALL
        SELECT * FROM price b WHERE b.is_active AND b.sku IS NULL AND b.product_id = $1::uuid) p
 WHERE p.effective_from <= $3::timestamptz AND (p.effective_to IS NULL OR p.effective_to > $3::timestamptz) AND p.currency IN ($4::text, $5::text)
   AND (p.warehouse_id IS NULL OR p.warehouse_id = ANY ($6::uuid[])) AND (p.customer_group IS NULL OR p.customer_group = $7::text))"};

constexpr Statement read_revision{"pricing.read_revision", "SELECT revision FROM tables_revision"};
constexpr Statement read_zones{"pricing.read_zones", "SELECT id, country, region, postcodes, priority FROM tax_zone ORDER BY id"};
constexpr Statement read_rules{"pricing.read_rules",
                               "SELECT r.id, r.zone_id, r.tax_class, r.customer_group, r.name, r.rate, r.is_compound, r.priority, r.is_exempt, "
                               "r.effective_from, r.effective_to, z.country "
                               "FROM tax_rule r JOIN tax_zone z ON z.id = r.zone_id ORDER BY r.id"};
constexpr Statement read_settings{"pricing.read_settings", "SELECT country, prices_include_tax, rounding, shipping_tax_class, is_strict FROM tax_settings"};
constexpr Statement read_fx{"pricing.read_fx", "SELECT id, base, quote, rate, as_of FROM fx_rate"};

constexpr int price_columns_at = 4;
constexpr std::size_t kept_max = 50'000;  // SKUs; about 1 KiB each.

// The CHECKs of the tables admit only rates that parse.
Rate stored_rate(const std::string& text) {
  const auto rate = Rate::parse(text);
  EMP_ASSERT(rate.has_value());
  return *rate;
}

TaxRate read_rate(const postgres::Row& row) {
  TaxRate rate;
  rate.id = row.get<Uuid>(0);
  rate.zone_id = row.get<Uuid>(1);
  rate.tax_class = row.get<std::string>(2);
  rate.customer_group = row.get<std::optional<std::string>>(3);
  rate.name = row.get<std::string>(4);
  rate.rate = stored_rate(row.get<std::string>(5));
  rate.is_compound = row.get<bool>(6);
  rate.priority = row.get<std::int32_t>(7);
  rate.is_exempt = row.get<bool>(8);
  rate.valid_from = row.get<std::optional<UtcTime>>(9);
  rate.valid_to = row.get<std::optional<UtcTime>>(10);
  return rate;
}

}  // namespace

PostgresPriceBook::PostgresPriceBook(postgres::Database& database, Currency store_currency, const Clock& clock)
    : database_(database), store_currency_(store_currency), watch_(database, read_revision, clock) {}

Task<Result<>> PostgresPriceBook::catch_up() {
  EMP_CO_ASSIGN(const std::int64_t revision, co_await watch_.current());
  if (revision > revision_) {
    kept_.clear();
    revision_ = revision;
  }
  if (!tables_ || tables_->revision < revision) EMP_CO_TRY(co_await load_tables());
  co_return Result<>();
}

Task<Result<PriceBookPage>> PostgresPriceBook::read(PriceBookQuestion question) {
  EMP_CO_TRY(co_await catch_up());
  PriceBookPage page;
  page.tables = tables_;
  page.revision = revision_;
  std::vector<std::string> missing;
  for (auto& sku : question.skus) {
    if (const auto found = kept_.find(sku); found != kept_.end()) {
      page.skus.emplace(found->first, found->second);
    } else {
      missing.push_back(std::move(sku));
    }
  }
  if (!missing.empty()) EMP_CO_TRY(co_await read_missing(std::move(missing), page));
  co_return page;
}

Task<Result<>> PostgresPriceBook::read_missing(std::vector<std::string> skus, PriceBookPage& page) {
  const std::int64_t revision = revision_;
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_prices, skus));
  std::unordered_map<std::string, std::shared_ptr<SkuPrices>> read;
  for (const auto row : rows) {
    auto& prices = read[row.get<std::string>(0)];
    if (!prices) prices = std::make_shared<SkuPrices>();
    if (!prices->facts && !row.is_null(1)) prices->facts = SkuFacts{row.get<Uuid>(1), row.get<std::string>(2), row.get<bool>(3)};
    if (!row.is_null(price_columns_at)) prices->candidates.push_back(read_price(row, price_columns_at));
  }
  if (kept_.size() > kept_max) kept_.clear();
  for (auto& [sku, prices] : read) {
    // What was read while the revision moved may be the older state: it answers this call, but is not kept.
    if (prices->facts && revision == revision_) kept_.insert_or_assign(sku, prices);
    page.skus.emplace(sku, std::move(prices));
  }
  co_return Result<>();
}

Task<Result<SkuPrices>> PostgresPriceBook::read_product(Uuid product, std::optional<std::string> sku, PriceBookQuestion question) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_product_prices, product, sku, question.at, question.currency.to_string(),
                                                          store_currency_.to_string(), question.warehouses, question.customer_group));
  SkuPrices prices;
  for (const auto row : rows) {
    if (!row.is_null(0)) prices.facts = SkuFacts{row.get<Uuid>(0), {}, false};
    prices.candidates.push_back(read_price(row, 1));
  }
  co_return prices;
}

Task<Result<std::shared_ptr<const PricingTables>>> PostgresPriceBook::tables() {
  EMP_CO_TRY(co_await catch_up());
  co_return tables_;
}

Task<Result<std::shared_ptr<const PricingTables>>> PostgresPriceBook::load_tables() {
  std::vector<postgres::Bound> reads;
  reads.push_back(postgres::bind(read_revision));  // First: what is read after it is at least as new.
  reads.push_back(postgres::bind(read_zones));
  reads.push_back(postgres::bind(read_rules));
  reads.push_back(postgres::bind(read_settings));
  reads.push_back(postgres::bind(read_fx));
  EMP_CO_ASSIGN(const auto answers, co_await database_.run_together(std::move(reads)));
  auto fresh = std::make_shared<PricingTables>();
  fresh->revision = answers[0][0].get<std::int64_t>(0);
  for (const auto row : answers[1]) {
    const auto country = row.get<std::string>(1);
    fresh->countries[country].zones.push_back(
        {row.get<Uuid>(0), country, row.get<std::optional<std::string>>(2), row.get<std::vector<std::string>>(3), row.get<std::int32_t>(4)});
  }
  for (const auto row : answers[2]) fresh->countries[row.get<std::string>(11)].rates.push_back(read_rate(row));
  for (const auto row : answers[3]) {
    CountryTax& tax = fresh->countries[row.get<std::string>(0)];
    tax.prices_include_tax = row.get<bool>(1);
    tax.settings.rounding = row.get<std::string>(2) == "total" ? TaxRounding::total : TaxRounding::line;
    tax.shipping_tax_class = row.get<std::string>(3);
    tax.settings.is_strict = row.get<bool>(4);
  }
  for (const auto row : answers[4]) {
    fresh->fx.push_back({row.get<Uuid>(0), Currency::of(row.get<std::string>(1)), Currency::of(row.get<std::string>(2)), stored_rate(row.get<std::string>(3)),
                         row.get<UtcTime>(4)});
  }
  if (!tables_ || tables_->revision < fresh->revision) tables_ = fresh;
  co_return tables_;
}

}  // namespace emporion::pricing
