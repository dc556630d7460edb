#include "modules/product/promotion/adapters/postgres/insight.hpp"

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"
#include "modules/product/promotion/adapters/postgres/pages.hpp"

namespace emporion::promotion {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement campaign_row{
    "promotion.campaign_row",
    "SELECT campaign_document(c), (SELECT count(*) FROM promotion p WHERE p.campaign_id = c.id) FROM campaign c WHERE c.id = $1::uuid"};
constexpr Statement campaign_totals{"promotion.campaign_totals", R"(
SELECT r.currency, sum(l.discount)::int8, count(DISTINCT r.id), sum(l.units)::int8 FROM redemption_line l JOIN redemption r ON r.id = l.redemption_id
 WHERE l.campaign_id = $1::uuid AND l.is_counted GROUP BY 1 ORDER BY 1)"};
constexpr Statement promotion_row{"promotion.promotion_row", R"(
SELECT promotion_document(p), p.limit_total - p.used, p.unit_quota - p.used_units,
       count(*) FILTER (WHERE r.status = 'reserved'), count(*) FILTER (WHERE r.status = 'committed'), count(*) FILTER (WHERE r.status = 'confirmed'),
       count(*) FILTER (WHERE r.status = 'reversed'), count(DISTINCT r.customer_key) FILTER (WHERE l.is_counted)
  FROM promotion p LEFT JOIN redemption_line l ON l.promotion_id = p.id LEFT JOIN redemption r ON r.id = l.redemption_id WHERE p.id = $1::uuid GROUP BY p.id)"};
constexpr Statement promotion_totals{"promotion.promotion_totals", R"(
SELECT r.currency, sum(l.discount)::int8, count(*), sum(l.units)::int8 FROM redemption_line l JOIN redemption r ON r.id = l.redemption_id
 WHERE l.promotion_id = $1::uuid AND l.is_counted GROUP BY 1 ORDER BY 1)"};
constexpr Statement summary_of{"promotion.summary", R"(
SELECT r.currency, sum(l.discount)::int8, count(*), sum(l.units)::int8, p.id, p.terms ->> 'name'
  FROM redemption r JOIN redemption_line l ON l.redemption_id = r.id AND l.is_counted JOIN promotion p ON p.id = l.promotion_id
 WHERE r.created_at >= $1::timestamptz AND r.created_at < $2::timestamptz GROUP BY p.id, r.currency ORDER BY 3 DESC, p.id, r.currency LIMIT 500)"};
constexpr Statement customer_history{"promotion.customer_history", R"(
SELECT redemption_document(r.id), r.id FROM redemption r WHERE r.customer_key = $1::text AND ($2::uuid IS NULL OR r.id < $2::uuid) ORDER BY r.id DESC LIMIT $3::int4)"};
constexpr Statement promotion_ids{"promotion.promotion_ids", "SELECT id FROM promotion WHERE id > $1::uuid ORDER BY id LIMIT 500"};
// Of the page's promotions those with a counter that differs, or one of their campaign's or coupons': each redemption is read once, by its promotion.
constexpr Statement counters_differing{"promotion.counters_differing", R"(
WITH line AS MATERIALIZED (SELECT x.promotion_id, x.coupon_id, x.redemption_id, x.units FROM redemption_line x WHERE x.promotion_id = ANY ($1::uuid[]) AND x.is_counted)
SELECT p.id FROM promotion p LEFT JOIN (SELECT promotion_id, count(*) AS uses, sum(units) AS units FROM line GROUP BY 1) l ON l.promotion_id = p.id
 WHERE p.id = ANY ($1::uuid[]) AND (p.used <> coalesce(l.uses, 0) OR p.used_units <> coalesce(l.units, 0))
UNION
SELECT c.promotion_id FROM coupon c LEFT JOIN (SELECT coupon_id, count(*) AS uses FROM line WHERE coupon_id IS NOT NULL GROUP BY 1) l ON l.coupon_id = c.id
 WHERE c.promotion_id = ANY ($1::uuid[]) AND c.used <> coalesce(l.uses, 0)
UNION
SELECT promotion_id FROM (SELECT k.promotion_id, k.coupon_id, k.customer_key, k.used FROM customer_counter k WHERE k.promotion_id = ANY ($1::uuid[])) k
  FULL JOIN (SELECT l.promotion_id, o.coupon_id, r.customer_key COLLATE "C" AS customer_key, count(*) AS uses FROM line l JOIN redemption r ON r.id = l.redemption_id
              CROSS JOIN LATERAL (VALUES (nil_id()), (l.coupon_id)) AS o(coupon_id) WHERE r.customer_key IS NOT NULL AND o.coupon_id IS NOT NULL GROUP BY 1, 2, 3) AS l
       USING (promotion_id, coupon_id, customer_key)
 WHERE coalesce(k.used, 0) <> coalesce(l.uses, 0)
UNION
SELECT (SELECT p.id FROM promotion p WHERE p.campaign_id = c.id AND p.id = ANY ($1::uuid[]) LIMIT 1) FROM campaign c
  LEFT JOIN (SELECT x.campaign_id, sum(x.discount) FILTER (WHERE r.status NOT IN ('confirmed', 'reversed')) AS reserved, sum(x.discount) FILTER (WHERE r.status = 'confirmed') AS spent
               FROM redemption_line x JOIN redemption r ON r.id = x.redemption_id
              WHERE x.campaign_id IN (SELECT p.campaign_id FROM promotion p WHERE p.id = ANY ($1::uuid[])) AND x.is_counted AND x.is_budgeted GROUP BY 1) AS l ON l.campaign_id = c.id
 WHERE c.id IN (SELECT p.campaign_id FROM promotion p WHERE p.id = ANY ($1::uuid[]))
   AND (c.budget_reserved <> coalesce(l.reserved, 0) OR c.budget_spent <> coalesce(l.spent, 0)))"};
constexpr Statement repair_counters{"promotion.repair_counters", "SELECT what, id, counter, counted FROM counters_repair($1::uuid, $2::timestamptz)",
                                    Effect::writes};

constexpr hours summary_default{30 * 24};

Result<v1::CurrencyTotal> total_of(const postgres::Row& row) {
  EMP_ASSIGN(const auto discount, Money::parse(row.get<std::int64_t>(1), row.get<std::string>(0)));
  return v1::CurrencyTotal{.discount = discount, .redemptions = row.get<std::int64_t>(2), .units = row.get<std::int64_t>(3)};
}

Result<std::vector<v1::CurrencyTotal>> totals_of(const postgres::Rows& rows) {
  std::vector<v1::CurrencyTotal> out;
  for (const auto row : rows) {
    EMP_ASSIGN(auto total, total_of(row));
    out.push_back(std::move(total));
  }
  return out;
}

}  // namespace

Task<Result<v1::CampaignAnalytics>> Insight::campaign(v1::GetCampaignRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(campaign_row, request.id));
  v1::CampaignAnalytics out;
  EMP_CO_ASSIGN(out.campaign, first_of<v1::Campaign>(rows, "CAMPAIGN_NOT_FOUND"));
  out.promotions = rows[0].get<std::int64_t>(1);
  EMP_CO_ASSIGN(const auto totals, co_await database_.query(campaign_totals, request.id));
  EMP_CO_ASSIGN(out.totals, totals_of(totals));
  co_return out;
}

Task<Result<v1::PromotionUsage>> Insight::usage(v1::GetPromotionRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(promotion_row, request.id));
  v1::PromotionUsage out;
  EMP_CO_ASSIGN(out.promotion, first_of<v1::Promotion>(rows, "PROMOTION_NOT_FOUND"));
  const auto row = rows[0];
  out.left = row.get<std::optional<std::int64_t>>(1);
  out.units_left = row.get<std::optional<std::int64_t>>(2);
  out.reserved = row.get<std::int64_t>(3);
  out.committed = row.get<std::int64_t>(4);
  out.confirmed = row.get<std::int64_t>(5);
  out.reversed = row.get<std::int64_t>(6);
  out.customers = row.get<std::int64_t>(7);
  EMP_CO_ASSIGN(const auto totals, co_await database_.query(promotion_totals, request.id));
  EMP_CO_ASSIGN(out.totals, totals_of(totals));
  co_return out;
}

Task<Result<v1::Summary>> Insight::summary(v1::GetSummaryRequest request) {
  const UtcTime now = clock_.now();
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(summary_of, request.from.value_or(now - summary_default), request.to.value_or(now + seconds(1))));
  v1::Summary out;
  for (const auto row : rows) {
    EMP_CO_ASSIGN(auto total, total_of(row));
    out.items.push_back({row.get<Uuid>(4), row.get<std::string>(5), std::move(total)});
  }
  co_return out;
}

Task<Result<v1::ListCustomerHistoryResponse>> Insight::history(CallContext context, v1::ListCustomerHistoryRequest request) {
  if (context.principal.realm == Realm::customer && context.principal.id != request.customer_id) co_return fail(ErrorKind::not_found, "CUSTOMER_NOT_FOUND");
  const auto size = request.page_size.value_or(postgres::page_size_default);
  EMP_CO_ASSIGN(const auto after, postgres::page_start(request.page_token));
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(customer_history, request.customer_id.to_string(), after, size + 1));
  v1::ListCustomerHistoryResponse out;
  EMP_CO_TRY(postgres::fill_page(rows, size, out.redemptions, out.next_page_token));
  co_return out;
}

Task<Result<>> Insight::audit_counters(CallContext context) {
  static_cast<void>(context);
  Uuid after;
  for (;;) {
    EMP_CO_ASSIGN(const auto promotions, co_await database_.query(promotion_ids, after));
    if (promotions.empty()) co_return Result<>();
    std::vector<Uuid> page;
    for (const auto promotion : promotions) page.push_back(promotion.get<Uuid>(0));
    after = page.back();
    EMP_CO_ASSIGN(const auto differing, co_await database_.query(counters_differing, std::move(page)));
    for (const auto promotion : differing) EMP_CO_TRY(co_await repair(promotion.get<Uuid>(0)));
  }
}

Task<Result<>> Insight::repair(Uuid promotion) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(repair_counters, promotion, clock_.now()));
  for (const auto row : rows) {
    observe::counter("emporion_promotion_counters_repaired_total", "Counters that did not say what the redemptions add up to.").increment();
    observe::error("a counter differed from its redemptions and was set right", {{"what", row.get<std::string>(0)},
                                                                                 {"id", row.get<std::string>(1)},
                                                                                 {"counter", text(row.get<std::int64_t>(2))},
                                                                                 {"counted", text(row.get<std::int64_t>(3))}});
  }
  co_return Result<>();
}

}  // namespace emporion::promotion
