#include "modules/product/promotion/api/audit.hpp"

namespace emporion::promotion {

std::vector<AuditCheck> audit_checks() {
  return {
      {"PRM-2 each counter is what the live redemptions add up to",
       "SELECT what || ' ' || id, 'counter ' || counter || ' but redemptions add up to ' || counted FROM counter_differences(NULL)"},
      {"PRM-2 no limit is exceeded",
       "SELECT id::text, 'used ' || used || ' of ' || limit_total FROM promotion WHERE used > limit_total "
       "UNION ALL SELECT id::text, 'units ' || used_units || ' of ' || unit_quota FROM promotion WHERE used_units > unit_quota "
       "UNION ALL SELECT id::text, 'used ' || used || ' of ' || usage_limit FROM coupon WHERE used > usage_limit "
       "UNION ALL SELECT id::text, 'reserved ' || budget_reserved || ' and spent ' || budget_spent || ' of ' || budget_limit FROM campaign "
       "WHERE budget_reserved + budget_spent > budget_limit"},
      {"PRM-2 nobody uses a coupon more often than its limit per customer",
       "SELECT k.coupon_id || ' ' || k.customer_key, 'used ' || k.used || ' of ' || c.limit_per_customer FROM customer_counter k JOIN coupon c ON c.id = "
       "k.coupon_id "
       "WHERE k.used > c.limit_per_customer AND c.version = 1"},
      {"PRM-6 a redemption that is no mark has lines, and every line its redemption and promotion",
       "SELECT r.id::text, 'no lines' FROM redemption r WHERE NOT r.is_tombstone AND NOT EXISTS (SELECT FROM redemption_line l WHERE l.redemption_id = r.id) "
       "UNION ALL SELECT l.redemption_id::text, 'line without redemption, promotion or revision' FROM redemption_line l "
       "WHERE NOT EXISTS (SELECT FROM redemption r WHERE r.id = l.redemption_id AND NOT r.is_tombstone) "
       "OR NOT EXISTS (SELECT FROM promotion_revision v WHERE v.promotion_id = l.promotion_id AND v.revision = l.revision)"},
      {"PRM-7 what is live counts, what was given back does not",
       "SELECT r.id::text, r.status || ' and counted: ' || l.is_counted FROM redemption r JOIN redemption_line l ON l.redemption_id = r.id "
       "WHERE (r.status IN ('reserved', 'committed', 'confirmed') AND NOT l.is_counted) OR (r.status IN ('released', 'expired') AND l.is_counted) "
       "OR (r.status = 'reversed' AND l.is_counted = l.restore_on_cancel)"},
      {"PRM-10 a promotion's window lies inside its campaign's",
       "SELECT p.id::text, 'campaign ' || c.id FROM promotion p JOIN campaign c ON c.id = p.campaign_id WHERE p.status <> 'ended' "
       "AND (p.starts_at < c.starts_at OR p.ends_at > c.ends_at)"},
      {"PRM-11 no promotion runs in a campaign that does not",
       "SELECT p.id::text, p.status || ' in a campaign that is ' || c.status FROM promotion p JOIN campaign c ON c.id = p.campaign_id "
       "WHERE p.status IN ('active', 'exhausted') AND c.status IN ('draft', 'paused')"},
  };
}

std::vector<AuditFact> audit_facts() {
  return {
      {"promotion.redeemed_by_order",
       "SELECT r.order_id::text, sum(l.discount)::text FROM redemption r JOIN redemption_line l ON l.redemption_id = r.id WHERE r.status IN ('committed', "
       "'confirmed') GROUP BY "
       "r.order_id"},
      // Sagas of Checkout for which uses are reserved but not bound to an order yet.
      {"promotion.held_sagas", "SELECT checkout_id::text, 'held' FROM redemption WHERE status = 'reserved'"},
  };
}

}  // namespace emporion::promotion
