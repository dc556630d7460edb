#include "modules/commerce/checkout/adapters/postgres/cart_store.hpp"

#include "kernel/json/codec.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/checkout/adapters/postgres/owner_columns.hpp"

namespace emporion::checkout {
namespace {

using postgres::Effect;
using postgres::Statement;

// Two statements: of one with OR, an index of all live carts is read from end to end if there were few when it was planned.
constexpr Statement select_live_of_customer{"checkout.find_cart", "SELECT cart_json(id) FROM cart WHERE status IN ('active', 'locked') AND customer_id = $1"};
constexpr Statement select_live_of_guest{"checkout.find_guest_cart",
                                         "SELECT cart_json(id) FROM cart WHERE status IN ('active', 'locked') AND guest_token_sha256 = $1"};
constexpr Statement before_adding{"checkout.before_add",
                                  "SELECT b.currency, b.answer, $5::bytea IS NOT NULL AND guest_token_is_dead($5) FROM cart_before_add($1, $2, $3, $4, $5) b"};
constexpr Statement change_one{"checkout.change_cart_line", "SELECT cart_change_line($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", Effect::writes};
constexpr Statement change_coupons{"checkout.change_coupon", "SELECT cart_change_coupon($1, $2, $3, $4, $5, $6)", Effect::writes};
constexpr Statement clear_all{"checkout.clear_cart", "SELECT cart_clear($1, $2, $3, $4)", Effect::writes};
constexpr Statement refresh_all{"checkout.refresh_cart", "SELECT changes, cart FROM cart_refresh($1, $2, $3, $4, $5, $6, $7, $8)", Effect::writes};
constexpr Statement merge_guest{"checkout.merge_cart", "SELECT replayed, merged_lines, cart FROM cart_merge_once($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                                Effect::writes};
constexpr Statement insert_share{"checkout.share_cart", "INSERT INTO cart_share (token_sha256, cart_id, snapshot, expires_at) VALUES ($1, $2, $3, $4)",
                                 Effect::writes};
constexpr Statement select_share{"checkout.find_shared_cart", "SELECT snapshot, expires_at FROM cart_share WHERE token_sha256 = $1"};

postgres::Bytes digest_of(const KeyedRequest& keyed) { return {security::sha256(keyed.request)}; }

Result<std::optional<v1::Cart>> read_cart(const std::optional<std::string>& text) {
  if (!text) return std::optional<v1::Cart>();
  EMP_ASSIGN(auto cart, parse_json<v1::Cart>(*text));
  return std::optional(std::move(cart));
}

}  // namespace

Task<Result<std::optional<v1::Cart>>> PostgresCartStore::find(Owner owner) {
  auto live = owner.is_guest() ? postgres::bind(select_live_of_guest, guest_column(owner)) : postgres::bind(select_live_of_customer, owner.customer);
  EMP_CO_ASSIGN(const auto rows, co_await database_.run(std::move(live)));
  if (rows.empty()) co_return std::optional<v1::Cart>();
  co_return read_cart(rows[0].get<std::optional<std::string>>(0));
}

Task<Result<CartStore::BeforeAdd>> PostgresCartStore::before_add(Owner owner, KeyedRequest keyed) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(before_adding, keyed.caller, keyed.key, digest_of(keyed), owner.customer, guest_column(owner)));
  BeforeAdd out;
  if (const auto code = rows[0].get<std::optional<std::string>>(0)) out.currency = Currency::of(*code);
  EMP_CO_ASSIGN(out.answer, read_cart(rows[0].get<std::optional<std::string>>(1)));
  out.token_is_dead = rows[0].get<bool>(2);
  co_return out;
}

Task<Result<std::optional<v1::Cart>>> PostgresCartStore::change_line(Owner owner, LineChange change, std::optional<std::int64_t> if_match, Uuid trace,
                                                                     CartLimits limits) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(change_one, owner.customer, guest_column(owner), if_match, trace, change.line, change.qty,
                                                          change.saved_for_later, change.absent_is_fine, limits.lines_max, limits.units_max));
  co_return read_cart(rows[0].get<std::optional<std::string>>(0));
}

Task<Result<std::optional<v1::Cart>>> PostgresCartStore::change_coupon(Owner owner, CouponChange change, std::optional<std::int64_t> if_match) {
  EMP_CO_ASSIGN(const auto rows,
                co_await database_.query(change_coupons, owner.customer, guest_column(owner), if_match, change.code, change.is_applied, change.coupons_max));
  co_return read_cart(rows[0].get<std::optional<std::string>>(0));
}

Task<Result<std::optional<v1::Cart>>> PostgresCartStore::clear(Owner owner, std::optional<std::int64_t> if_match, Uuid trace) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(clear_all, owner.customer, guest_column(owner), if_match, trace));
  co_return read_cart(rows[0].get<std::optional<std::string>>(0));
}

Task<Result<CartStore::Refreshed>> PostgresCartStore::refresh(Owner owner, std::vector<LineFacts> facts) {
  std::vector<std::string> skus, availabilities;
  std::vector<std::optional<std::int64_t>> prices, list_prices;
  std::vector<std::optional<std::string>> names, images;
  for (const auto& fact : facts) {
    skus.push_back(fact.sku);
    prices.push_back(fact.unit_price ? std::optional(fact.unit_price->amount()) : std::nullopt);
    list_prices.push_back(fact.list_price ? std::optional(fact.list_price->amount()) : std::nullopt);
    names.push_back(fact.name);
    images.push_back(fact.image);
    availabilities.emplace_back(v1::to_string(fact.availability));
  }
  EMP_CO_ASSIGN(const auto rows,
                co_await database_.query(refresh_all, owner.customer, guest_column(owner), skus, prices, list_prices, names, images, availabilities));
  Refreshed out;
  EMP_CO_ASSIGN(out.cart, read_cart(rows[0].get<std::optional<std::string>>(1)));
  if (const auto changes = rows[0].get<std::optional<std::string>>(0)) {
    EMP_CO_ASSIGN(const auto document, json::Document::parse(*changes));
    json::Reader reader;
    document.root().for_each_element([&](json::Value value) {
      read_json(value, reader, out.changes.emplace_back());
      return true;
    });
    if (!reader.ok()) co_return fail(reader.to_error());
  }
  co_return out;
}

Task<Result<CartStore::Merged>> PostgresCartStore::merge(Uuid customer, std::string guest_sha256, KeyedRequest keyed, CartLimits limits) {
  const postgres::Bytes digest = digest_of(keyed);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(merge_guest, keyed.caller, keyed.key, digest, customer, postgres::Bytes{guest_sha256}, keyed.trace,
                                                          Uuid::v7(clock_.now(), random_), limits.lines_max, limits.units_max));
  Merged out{.lines = rows[0].get<std::int32_t>(1), .replayed = rows[0].get<bool>(0)};
  EMP_CO_ASSIGN(out.cart, read_cart(rows[0].get<std::optional<std::string>>(2)));
  co_return out;
}

Task<Result<>> PostgresCartStore::share(std::string token_sha256, Uuid cart, std::string snapshot, UtcTime expires_at) {
  EMP_CO_TRY(co_await database_.query(insert_share, postgres::Bytes{token_sha256}, cart, snapshot, expires_at));
  co_return Result<>();
}

Task<Result<CartStore::Shared>> PostgresCartStore::find_shared(std::string token_sha256) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_share, postgres::Bytes{token_sha256}));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "SHARE_NOT_FOUND", "no such link");
  co_return Shared{rows[0].get<std::string>(0), rows[0].get<UtcTime>(1)};
}

}  // namespace emporion::checkout
