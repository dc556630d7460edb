#include "apps/emporion/seeding/world.hpp"

#include <array>

#include "kernel/base/text.hpp"

namespace emporion::app::seeding {
namespace {

constexpr std::int64_t units_received = 1'000'000;           // Of each SKU.
constexpr std::int64_t units_sold_max = 900'000;             // What is left can be bought.
constexpr std::int64_t orders_max = 10'000'000;              // One every three seconds: within a year.
constexpr std::int64_t things_max = 10'000'000;              // Their number has eight digits in codes.
constexpr std::array strides = {7'919, 104'729, 1'299'709};  // Primes; one of them has no divisor in common with any number of SKUs below their product.

constexpr Place hanoi{"VN", "VN-HN", "Hà Nội", "1 Phạm Hùng", "", "Asia/Ho_Chi_Minh", 210'277'640, 1'058'341'600};
constexpr Place london{"GB", "GB-ENG", "London", "5 Thames Road", "IG11 0HZ", "Europe/London", 515'073'510, -1'277'580};

/// A stride over the SKUs that comes to each of them before it comes to one again.
std::int64_t stride_over(std::int64_t skus) {
  for (const std::int64_t stride : strides) {
    if (skus % stride != 0) return stride;
  }
  return 1;
}

// The tables of SeedPart. What an order's lines are is said here and nowhere else.
constexpr std::string_view tables = R"(
CREATE TEMP TABLE seeded_promotion (n bigint, id uuid, coupon_id uuid, code text, name text) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE seeded_sku (n bigint, sku text, product_id uuid, variant_id uuid, name text, slug text, price bigint, units integer) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE seeded_line (n bigint, line_no integer, sku text, product_id uuid, name text, qty integer, unit_price bigint, discount bigint, total bigint) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE seeded_order (n bigint, id uuid, number text, saga_id uuid, session_id uuid, reservation_id uuid, payment_id uuid, fulfillment_id uuid, package_id uuid,
  shipment_id uuid, tracking_number text, customer_id uuid, email text, buyer text, address jsonb, line_count integer, unit_count bigint, subtotal bigint, discount bigint,
  total bigint, promotion_id uuid, coupon_id uuid, placed_at timestamptz, confirmed_at timestamptz, started_at timestamptz, shipped_at timestamptz, delivered_at timestamptz,
  completed_at timestamptz) ON COMMIT DELETE ROWS;
)";

constexpr std::string_view promotion_rows = R"(
INSERT INTO seeded_promotion SELECT p.n, pg_temp.seeded_id('promotion', p.n), pg_temp.seeded_id('coupon', p.n), 'SEED' || g.seed || '-' || lpad(p.n::text, 8, '0'),
       'Promotion ' || p.n || ' of seed ' || g.seed FROM generate_series(%from::bigint, %to) AS p(n) CROSS JOIN seeded g;
ANALYZE seeded_promotion)";

constexpr std::string_view sku_rows = R"(
INSERT INTO seeded_sku SELECT s.n, pg_temp.seeded_sku(s.n), pg_temp.seeded_time_id('product', s.n, g.starts_at), pg_temp.seeded_time_id('variant', s.n, g.starts_at),
       pg_temp.seeded_name(s.n), 'seed-' || g.seed || '-article-' || s.n, pg_temp.seeded_price(s.n), %units FROM generate_series(%from::bigint, %to) AS s(n) CROSS JOIN seeded g;
ANALYZE seeded_sku)";

// Lines go round all SKUs, so that each is sold equally often.
constexpr std::string_view order_rows = R"(
INSERT INTO seeded_line SELECT l.n, l.line_no, pg_temp.seeded_sku(l.k), pg_temp.seeded_time_id('product', l.k, g.starts_at), pg_temp.seeded_name(l.k), l.qty, l.price, l.discount,
       l.price * l.qty - l.discount
  FROM (SELECT q.*, CASE WHEN %promotions > 0 AND q.n % 4 = 0 THEN q.price * q.qty / 10 ELSE 0 END AS discount
          FROM (SELECT k.*, 1 + ((k.n + k.line_no) % 3)::integer AS qty, pg_temp.seeded_price(k.k) AS price
                  FROM (SELECT o.n, l.line_no, 1 + ((o.n - 1) * %lines + l.line_no - 1) * %stride % %skus AS k
                          FROM generate_series(%from::bigint, %to) AS o(n) CROSS JOIN generate_series(1, %lines) AS l(line_no)) k) q) l CROSS JOIN seeded g;
ANALYZE seeded_line;
INSERT INTO seeded_order
SELECT o.n, pg_temp.seeded_time_id('order', o.n, o.at), pg_temp.seeded_number(o.n, o.at), pg_temp.seeded_time_id('saga', o.n, o.at), pg_temp.seeded_time_id('session', o.n, o.at),
       pg_temp.seeded_id('reservation', o.n), pg_temp.seeded_id('payment', o.n), pg_temp.seeded_id('fulfillment', o.n), pg_temp.seeded_id('package', o.n),
       pg_temp.seeded_time_id('shipment', o.n, o.at), 'SEED' || o.seed || '-' || lpad(o.n::text, 8, '0'), pg_temp.seeded_id('customer', o.customer),
       'buyer-' || o.customer || '@seed.example', 'Buyer ' || o.customer,
       jsonb_build_object('name', 'Buyer ' || o.customer, 'country', o.country, 'region_code', o.region_code, 'city', o.city, 'line1', o.customer || ' Seed Street',
                          'phone', '+8490' || lpad((o.customer % 10000000)::text, 7, '0')),
       l.lines, l.units, l.subtotal, l.discount, l.total, CASE WHEN l.discount > 0 THEN pg_temp.seeded_id('promotion', o.promotion) END,
       CASE WHEN l.discount > 0 THEN pg_temp.seeded_id('coupon', o.promotion) END, o.at, o.at + interval '1 second', o.at + interval '1 hour', o.at + interval '1 day',
       o.at + interval '3 days', o.at + interval '10 days'
  FROM (SELECT n.n, 1 + (n.n - 1) / 10 AS customer, 1 + (n.n / 4) % greatest(%promotions, 1) AS promotion, g.starts_at + (n.n - 1) * interval '3 seconds' AS at, g.*
          FROM generate_series(%from::bigint, %to) AS n(n) CROSS JOIN seeded g) o
  JOIN (SELECT i.n, count(*) AS lines, sum(i.qty) AS units, sum(i.unit_price * i.qty) AS subtotal, sum(i.discount) AS discount, sum(i.total) AS total FROM seeded_line i GROUP BY i.n) l
    ON l.n = o.n;
ANALYZE seeded_order)";

/// Puts numbers in the place of their names.
std::string filled(std::string_view sql, const Terms& terms, std::int64_t from, std::int64_t to) {
  const std::pair<std::string_view, std::int64_t> values[] = {{"%from", from},
                                                              {"%to", to},
                                                              {"%promotions", terms.promotions},
                                                              {"%lines", terms.lines},
                                                              {"%stride", stride_over(terms.skus)},
                                                              {"%skus", terms.skus},
                                                              {"%units", units_received}};
  std::string out(sql);
  for (const auto& [name, value] : values) {
    for (auto at = out.find(name); at != std::string::npos; at = out.find(name, at)) out.replace(at, name.size(), std::to_string(value));
  }
  return out;
}

Result<> refused(std::string detail) { return fail(ErrorKind::invalid_argument, "SEED_TERMS_INVALID", std::move(detail)); }

}  // namespace

std::string_view name_of(RowsOf rows_of) {
  switch (rows_of) {
    case RowsOf::promotions: return "promotions";
    case RowsOf::skus: return "skus";
    case RowsOf::orders: return "orders";
  }
  return "";
}

std::int64_t Terms::amount(RowsOf rows_of) const {
  switch (rows_of) {
    case RowsOf::promotions: return promotions;
    case RowsOf::skus: return skus;
    case RowsOf::orders: return orders;
  }
  return 0;
}

Result<> Terms::check() const {
  if (skus < 1 || skus > things_max) return refused(text("from 1 to ", things_max, " SKUs"));
  if (orders < 0 || orders > orders_max) return refused(text("up to ", orders_max, " orders"));
  if (promotions < 0 || promotions > things_max) return refused(text("up to ", things_max, " promotions"));
  if (seed < 1 || seed > 999) return refused("a seed from 1 to 999");
  if (lines < 1 || lines > 100 || lines > skus) return refused("an order has from 1 to 100 lines, each of another SKU");
  if (orders * lines * 2 / skus + 3 > units_sold_max)
    return refused(text("orders sell more than ", units_sold_max, " units of a SKU; seed more SKUs, or fewer orders"));
  return {};
}

std::string Terms::origin(RowsOf rows_of) const {
  const std::string common = text("seed ", seed, ", ", currency.code());
  if (rows_of != RowsOf::orders) return common;
  return text(common, ", ", skus, " SKUs, ", promotions, " promotions, ", lines, " lines");
}

const Place& place_of(const Terms& terms) { return terms.currency.code() == "GBP" ? london : hanoi; }
Uuid category_id(const Terms& terms) { return Uuid::from_name(text("seed:", terms.seed, ":category")); }
Uuid warehouse_id(const Terms& terms) { return Uuid::from_name(text("seed:", terms.seed, ":warehouse")); }
Uuid method_id() { return Uuid::from_name("seed:method"); }

std::string session_sql(const Terms& terms) {
  const Place& place = place_of(terms);
  const int price_unit = terms.currency.code() == "VND" ? 1'000 : 10;
  // Each function is one expression, no less volatile than what is in it, so that the planner puts it in its place.
  std::string out =
      "SET client_min_messages = error; SET statement_timeout = 0; SET lock_timeout = '60s'; SET work_mem = '64MB'; SET temp_buffers = '64MB'; SET jit = off;";
  // An id by name, and one that begins with the time in milliseconds as RFC 9562's version 7 does.
  out += text("CREATE FUNCTION pg_temp.seeded_id(what text, n bigint) RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT overlay(overlay(md5('seed ", terms.seed,
              " ' || what || ' ' || n) PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid $$;");
  out += text(
      "CREATE FUNCTION pg_temp.seeded_time_id(what text, n bigint, at timestamptz) RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT (lpad(to_hex((extract(epoch "
      "FROM at) * "
      "1000)::bigint), 12, '0') || '7' || substr(md5('seed ",
      terms.seed, " ' || what || ' ' || n), 1, 3) || '8' || substr(md5('seed ", terms.seed, " ' || what || ' ' || n), 4, 15))::uuid $$;");
  out += text(
      "CREATE FUNCTION pg_temp.seeded_money(minor bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT jsonb_build_object('amount', minor, 'currency', '",
      terms.currency.code(), "') $$;");
  out +=
      text("CREATE FUNCTION pg_temp.seeded_sku(n bigint) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'SEED", terms.seed, "-' || lpad(n::text, 8, '0') $$;");
  out += text("CREATE FUNCTION pg_temp.seeded_name(n bigint) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'Article ' || n || ' of seed ", terms.seed, "' $$;");
  out += text("CREATE FUNCTION pg_temp.seeded_price(n bigint) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT (10 + n % 90) * ", price_unit, " $$;");
  // As orders are numbered: the day, and seven of 32 signs. A multiple of an odd number never repeats among 2^35.
  out +=
      "CREATE FUNCTION pg_temp.seeded_number(n bigint, at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'EM-' || to_char(at AT TIME ZONE 'UTC', "
      "'YYMMDD') || '-'";
  for (int bits = 30; bits >= 0; bits -= 5)
    out += text(" || substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', ((n * 2654435761) >> ", bits, " & 31)::integer + 1, 1)");
  out += " $$;";
  out += text("CREATE TEMP TABLE seeded AS SELECT ", terms.seed, " AS seed, '", terms.currency.code(), "'::text AS currency, '", place.country,
              "'::text AS country, '", place.region_code, "'::text AS region_code, '", place.city, "'::text AS city, '", category_id(terms),
              "'::uuid AS category_id, '", warehouse_id(terms), "'::uuid AS warehouse_id, '", method_id(),
              "'::uuid AS method_id, timestamptz '2024-01-01 00:00:00Z' AS starts_at;");
  out += tables;
  return out;
}

std::string batch_sql(const Terms& terms, RowsOf rows_of, std::int64_t from, std::int64_t to) {
  switch (rows_of) {
    case RowsOf::promotions: return filled(promotion_rows, terms, from, to);
    case RowsOf::skus: return filled(sku_rows, terms, from, to);
    case RowsOf::orders: return filled(order_rows, terms, from, to);
  }
  return {};
}

}  // namespace emporion::app::seeding
