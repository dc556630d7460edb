#pragma once

#include <string_view>
#include <vector>

namespace emporion {

/// One module's part of a bulk seed: how it puts a batch of seeded things into its own tables (ADR 0043). The composition root runs it on the module's own
/// database, as its role, one batch a transaction; it never says what other modules' tables look like, nor does it know them.
///
/// What a batch is about lies in temporary tables of the session. They are the same in every module's database, since each is derived from the things' numbers
/// alone; so are the rows that modules make of them, and a batch that is made again is the same batch.
///
///   seeded         one row: seed, currency, country, region_code, city, category_id, warehouse_id, method_id, starts_at (of the first order)
///   seeded_promotion  n, id, coupon_id, code, name
///   seeded_sku     n, sku, product_id, variant_id, name, slug, price (minor units), units (received)
///   seeded_order   n, id, number, saga_id, session_id, reservation_id, payment_id, fulfillment_id, package_id, shipment_id, tracking_number, customer_id,
///                  email, buyer, address (jsonb), line_count, unit_count, subtotal, discount, total, promotion_id, coupon_id (both null: none), and when it
///                  was placed_at, confirmed_at, started_at, shipped_at, delivered_at, completed_at
///   seeded_line    n (of its order), line_no, sku, product_id, name, qty, unit_price, discount, total
///
/// And functions: pg_temp.seeded_id(what text, n bigint) is the uuid of the n-th thing of a kind, pg_temp.seeded_time_id(what, n, at) one that sorts by time as
/// those of the commands do, pg_temp.seeded_money(minor bigint) its JSON.
///
/// An order that was seeded was placed in 2024, paid in cash at the door, delivered and completed: nothing is owed for it, no job has to do anything with it,
/// and all that would ever be told of it was told.
struct SeedPart {
  std::string_view module;
  std::vector<std::string_view> promotions = {};  ///< Statements, in order.
  std::vector<std::string_view> skus = {};
  std::vector<std::string_view> orders = {};
  std::string_view has_orders = {};  ///< Answers a row if there are orders. Of the module that keeps them.
};

}  // namespace emporion
