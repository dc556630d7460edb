#include "tests/audit/breaks.hpp"

namespace emporion::audit {
namespace {

constexpr std::string_view counted = "PRM-2 each counter is what the live redemptions add up to";
constexpr std::string_view limited = "PRM-2 no limit is exceeded";
constexpr std::string_view complete = "PRM-6 a redemption that is no mark has lines, and every line its redemption and promotion";
constexpr std::string_view given_back = "PRM-7 what is live counts, what was given back does not";
constexpr std::string_view enclosed = "PRM-10 a promotion's window lies inside its campaign's";
constexpr std::string_view let_off = "what standing orders were let off is what Promotion counts for them";

}  // namespace

// The shop has one promotion, whose one coupon was used once. It has no campaign.
std::vector<Break> breaks_of_promotion() {
  return {
      {.module = "promotion", .invariant = counted, .sql = "UPDATE promotion SET used = used + 1 RETURNING 'promotion.used ' || id"},
      {.module = "promotion", .invariant = counted, .sql = "UPDATE promotion SET used_units = used_units + 1 RETURNING 'promotion.used_units ' || id"},
      {.module = "promotion", .invariant = counted, .sql = "UPDATE coupon SET used = used + 1 RETURNING 'coupon.used ' || id"},
      {.module = "promotion",
       .invariant = counted,
       .sql = "DELETE FROM customer_counter RETURNING 'customer ' || promotion_id || ' ' || coupon_id || ' ' || customer_key"},
      {.module = "promotion",
       .invariant = counted,
       .sql = "INSERT INTO campaign (id, terms, starts_at, ends_at, budget_reserved, budget_spent, created_at, updated_at)"
              " VALUES (gen_random_uuid(), '{}', now(), now() + interval '1 day', 1, 2, now(), now());"
              "SELECT 'campaign.' || what || ' ' || id FROM campaign, (VALUES ('budget_reserved'), ('budget_spent')) AS w(what)"},
      {.module = "promotion",
       .invariant = limited,
       .sql = "UPDATE promotion SET limit_total = used - 1 RETURNING id::text",
       .held_by = {"promotion_limit", "promotion_limit_total_check"}},
      {.module = "promotion",
       .invariant = limited,
       .sql = "UPDATE promotion SET unit_quota = 1, used_units = 2 RETURNING id::text",
       .held_by = {"promotion_quota"},
       .also = {counted}},
      {.module = "promotion",
       .invariant = limited,
       .sql = "UPDATE coupon SET usage_limit = used - 1 RETURNING id::text",
       .held_by = {"coupon_limit", "coupon_usage_limit_check"}},
      {.module = "promotion",
       .invariant = limited,
       .sql = "INSERT INTO campaign (id, terms, starts_at, ends_at, budget_limit, budget_currency, budget_reserved, budget_spent, created_at, updated_at)"
              " VALUES (gen_random_uuid(), '{}', now(), now() + interval '1 day', 2, 'VND', 1, 2, now(), now()) RETURNING id::text",
       .held_by = {"campaign_prm_2"},
       .also = {counted}},
      {.module = "promotion",
       .invariant = "PRM-2 nobody uses a coupon more often than its limit per customer",
       .sql = "UPDATE coupon SET limit_per_customer = 1;"
              "UPDATE customer_counter k SET used = 2 FROM coupon c WHERE c.id = k.coupon_id RETURNING k.coupon_id || ' ' || k.customer_key",
       .also = {counted}},
      {.module = "promotion",
       .invariant = complete,
       .sql = "INSERT INTO redemption (id, checkout_id, body, currency, evaluation_hash, status, created_at)"
              " SELECT gen_random_uuid(), gen_random_uuid(), body, currency, evaluation_hash, 'expired', created_at FROM redemption RETURNING id::text"},
      {.module = "promotion",
       .invariant = complete,
       .sql = "INSERT INTO redemption_line SELECT (jsonb_populate_record(l, jsonb_build_object('redemption_id', gen_random_uuid(), 'is_counted', false))).*"
              " FROM redemption_line l RETURNING redemption_id::text"},
      {.module = "promotion",
       .invariant = complete,
       .sql = "DELETE FROM promotion_revision v USING redemption_line l WHERE l.promotion_id = v.promotion_id AND l.revision = v.revision"
              " RETURNING l.redemption_id::text"},
      {.module = "promotion", .invariant = given_back, .sql = "UPDATE redemption_line SET is_counted = false RETURNING redemption_id::text", .also = {counted}},
      {.module = "promotion", .invariant = given_back, .sql = "UPDATE redemption SET status = 'released' RETURNING id::text", .also = {let_off}},
      {.module = "promotion", .invariant = given_back, .sql = "UPDATE redemption SET status = 'reversed' RETURNING id::text", .also = {let_off}},
      {.module = "promotion",
       .invariant = enclosed,
       .sql = "INSERT INTO campaign (id, terms, starts_at, ends_at, status, created_at, updated_at)"
              " SELECT gen_random_uuid(), '{}', starts_at + interval '1 day', ends_at, 'active', now(), now() FROM promotion;"
              "UPDATE promotion p SET campaign_id = c.id FROM campaign c RETURNING p.id::text"},
      {.module = "promotion",
       .invariant = enclosed,
       .sql = "INSERT INTO campaign (id, terms, starts_at, ends_at, status, created_at, updated_at)"
              " SELECT gen_random_uuid(), '{}', starts_at, ends_at - interval '1 day', 'active', now(), now() FROM promotion;"
              "UPDATE promotion p SET campaign_id = c.id FROM campaign c RETURNING p.id::text"},
      {.module = "promotion",
       .invariant = "PRM-11 no promotion runs in a campaign that does not",
       .sql = "INSERT INTO campaign (id, terms, starts_at, ends_at, status, created_at, updated_at)"
              " SELECT gen_random_uuid(), '{}', starts_at, ends_at, 'paused', now(), now() FROM promotion;"
              "UPDATE promotion p SET campaign_id = c.id FROM campaign c RETURNING p.id::text"},
  };
}

}  // namespace emporion::audit
