#include "modules/product/promotion/adapters/postgres/fact_store.hpp"

#include "kernel/json/codec.hpp"

namespace emporion::promotion {
namespace {

using postgres::Statement;

constexpr Statement read_skus{"promotion.read_skus", "SELECT sku, product_id, brand_id, seller_id, categories FROM sku_facts($1::text[])"};
constexpr Statement read_coupons{"promotion.read_coupons", R"(
SELECT code, id, promotion_id, version, status = 'disabled', customer_id, usage_limit - used, limit_per_customer, starts_at, ends_at, terms::text
  FROM coupon WHERE code = ANY ($1::text[]))"};
constexpr Statement read_customer{"promotion.read_customer", "SELECT segments, customer_group, has_ordered FROM customer_fact WHERE customer_key = $1::text"};
constexpr Statement read_limits{"promotion.read_limits", R"(
SELECT p.id, p.limit_total - p.used, p.unit_quota - p.used_units, c.budget_limit - c.budget_reserved - c.budget_spent
  FROM promotion p LEFT JOIN campaign c ON c.id = p.campaign_id WHERE p.id = ANY ($1::uuid[] || ARRAY(SELECT k.promotion_id FROM coupon k WHERE k.code = ANY ($2::text[]))))"};
constexpr Statement read_uses{"promotion.read_uses", R"(
SELECT promotion_id, coupon_id, used FROM customer_counter
 WHERE customer_key = $1::text AND (promotion_id = ANY ($2::uuid[]) OR promotion_id IN (SELECT c.promotion_id FROM coupon c WHERE c.code = ANY ($3::text[]))))"};

void read_sku(const postgres::Row& row, Facts& out) {
  out.skus.emplace(row.get<std::string>(0), SkuFacts{.product = row.get<Uuid>(1),
                                                     .brand = row.get<std::optional<Uuid>>(2),
                                                     .seller = row.get<std::optional<Uuid>>(3),
                                                     .categories = row.get<std::vector<Uuid>>(4)});
}

Result<> read_coupon(const postgres::Row& row, Facts& out) {
  EMP_ASSIGN(const auto terms, parse_json<v1::CouponTerms>(row.get<std::string>(10)));
  out.coupons.emplace(row.get<std::string>(0), StoredCoupon{.id = row.get<Uuid>(1),
                                                            .promotion = row.get<Uuid>(2),
                                                            .version = row.get<std::int64_t>(3),
                                                            .is_disabled = row.get<bool>(4),
                                                            .customer = row.get<std::optional<Uuid>>(5),
                                                            .left = row.get<std::optional<std::int64_t>>(6),
                                                            .limit_per_customer = row.get<std::optional<std::int64_t>>(7),
                                                            .starts_at = row.get<std::optional<UtcTime>>(8),
                                                            .ends_at = row.get<std::optional<UtcTime>>(9),
                                                            .min_order = {terms.min_order.begin(), terms.min_order.end()}});
  return {};
}

}  // namespace

Task<Result<Facts>> PostgresFactStore::read(FactsQuestion question) {
  std::vector<postgres::Bound> statements;
  statements.push_back(postgres::bind(read_skus, question.skus));
  statements.push_back(postgres::bind(read_coupons, question.codes));
  statements.push_back(postgres::bind(read_customer, question.customer_key));
  statements.push_back(postgres::bind(read_limits, question.limited, question.codes));
  statements.push_back(postgres::bind(read_uses, question.customer_key, question.limited, question.codes));
  EMP_CO_ASSIGN(const auto results, co_await database_.run_together(std::move(statements)));
  Facts out;
  for (const auto row : results[0]) read_sku(row, out);
  for (const auto row : results[1]) EMP_CO_TRY(read_coupon(row, out));
  for (const auto row : results[2]) {
    out.buyer.segments = row.get<std::vector<std::string>>(0);
    out.buyer.group = row.get<std::optional<std::string>>(1);
    out.buyer.has_ordered = row.get<bool>(2);
  }
  for (const auto row : results[3]) {
    out.limits.emplace(row.get<Uuid>(0), LimitsLeft{.uses = row.get<std::optional<std::int64_t>>(1),
                                                    .units = row.get<std::optional<std::int64_t>>(2),
                                                    .budget = row.get<std::optional<std::int64_t>>(3)});
  }
  for (const auto row : results[4]) out.customer_uses.emplace(std::pair(row.get<Uuid>(0), row.get<Uuid>(1)), row.get<std::int64_t>(2));
  co_return out;
}

}  // namespace emporion::promotion
