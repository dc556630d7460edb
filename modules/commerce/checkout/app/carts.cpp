#include "modules/commerce/checkout/app/carts.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/checkout/app/discounts.hpp"
#include "modules/commerce/checkout/app/quoting.hpp"

namespace emporion::checkout {
namespace {

constexpr hours share_life{7 * 24};

v1::Availability availability_of(warehouse::v1::StockStatus status) {
  switch (status) {
    case warehouse::v1::StockStatus::low: return v1::Availability::low;
    case warehouse::v1::StockStatus::out: return v1::Availability::out;
    default: return v1::Availability::in_stock;
  }
}

/// Names the SKUs a refusal is about: items[{sku, reason}].
class Refusals {
 public:
  void add(std::string_view sku, std::string_view reason) {
    writer_.begin_object().key("sku").string(sku).key("reason").string(reason).end_object();
    any_ = true;
  }
  bool any() const noexcept { return any_; }
  Error error(ErrorKind kind, std::string reason, std::string detail) && {
    return Error(kind, std::move(reason), std::move(detail)).with_json("items", "[" + json_ + "]");
  }

 private:
  std::string json_;
  json::Writer writer_{json_};
  bool any_ = false;
};

}  // namespace

std::string caller_of(const Owner& owner) {
  return owner.customer ? text("customer:", *owner.customer) : text("guest:", security::hex(owner.guest_sha256->substr(0, 16)));
}

v1::Cart Carts::empty_cart() const {
  v1::Cart out;
  out.currency = settings_.shop_currency.to_string();
  out.status = v1::CartStatus::active;
  out.subtotal = Money::zero(settings_.shop_currency);
  return out;
}

Task<Result<std::vector<NewLine>>> Carts::lines_of(CallContext context, std::vector<v1::CartItemInput> items, Currency currency) {
  const CallContext call = context.as_service("checkout");
  catalog::v1::BatchGetProductsRequest wanted;
  pricing::v1::GetBulkPricesRequest prices;
  warehouse::v1::BatchStockRequest stock;
  prices.currency = currency.to_string();
  std::unordered_set<std::string> seen;
  for (auto& item : items) {
    item.sku = ascii_upper(item.sku);
    if (!seen.insert(item.sku).second)
      co_return fail(Error(ErrorKind::invalid_argument, "SKU_REPEATED", "a SKU may appear once; add up the quantities").with("sku", item.sku));
    wanted.skus.push_back(item.sku);
    prices.items.push_back({.sku = item.sku, .qty = item.qty});
    stock.skus.push_back(item.sku);
  }
  const auto facts = co_await neighbours_.catalog().batch_get_products(call, std::move(wanted));
  if (!facts) co_return fail(as_dependency_error(facts.error()));
  std::unordered_map<std::string_view, const catalog::v1::SkuFacts*> by_sku;
  for (const auto& fact : facts->found) by_sku[fact.sku] = &fact;
  Refusals unknown, unsellable;
  for (const auto& item : items) {
    const auto found = by_sku.find(item.sku);
    if (found == by_sku.end()) {
      unknown.add(item.sku, "SKU_UNKNOWN");
    } else if (!found->second->sellable) {
      unsellable.add(item.sku, "SKU_NOT_SELLABLE");
    }
  }
  if (unknown.any()) co_return fail(std::move(unknown).error(ErrorKind::not_found, "SKU_UNKNOWN", "no such SKU"));
  if (unsellable.any()) co_return fail(std::move(unsellable).error(ErrorKind::rule_violated, "SKU_NOT_SELLABLE", "not for sale at present"));

  const auto priced = co_await neighbours_.pricing().get_bulk_prices(call, std::move(prices));
  if (!priced) {
    if (priced.error().is_transient()) co_return fail(Error(ErrorKind::unavailable, "PRICING_UNAVAILABLE", "prices cannot be read now").with("retry_after", 2));
    co_return fail(priced.error());
  }
  std::unordered_map<std::string_view, const pricing::v1::ResolvedPrice*> price_of;
  for (const auto& price : priced->prices) {
    if (price.sku) price_of[*price.sku] = &price;
  }
  const auto stocked = co_await neighbours_.warehouse().batch_stock(call, std::move(stock));
  if (!stocked) co_return fail(as_dependency_error(stocked.error()));

  Refusals priceless, short_of;
  std::vector<NewLine> out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& fact = *by_sku[items[i].sku];
    const auto price = price_of.find(items[i].sku);
    if (price == price_of.end()) {
      priceless.add(items[i].sku, "PRICE_NOT_FOUND");
      continue;
    }
    const auto& level = stocked->stock[i];
    if (level.available < items[i].qty) short_of.add(items[i].sku, "OUT_OF_STOCK");
    out.push_back({.line = Uuid::v7(clock_.now(), random_),
                   .sku = items[i].sku,
                   .product = fact.product_id,
                   .qty = items[i].qty,
                   .unit_price = price->second->unit_price,
                   .list_price = price->second->list_price,
                   .name = fact.name,
                   .image = fact.image,
                   .seller = fact.seller_id,
                   .availability = availability_of(level.status)});
  }
  if (priceless.any()) co_return fail(std::move(priceless).error(ErrorKind::rule_violated, "SKU_NOT_SELLABLE", "it has no price in this currency"));
  if (short_of.any()) co_return fail(std::move(short_of).error(ErrorKind::conflict, "OUT_OF_STOCK", "not enough in stock"));
  co_return out;
}

Task<Result<CartChanged>> Carts::add(CallContext context, Owner owner, AddItems command) {
  std::string request = command.currency.value_or("");
  for (const auto& item : command.items) request += text('|', item.sku, ':', item.qty);
  KeyedRequest keyed{.caller = caller_of(owner), .key = context.idempotency_key, .request = std::move(request), .trace = context.trace};
  // Nearly all adds are new, and in the shop's currency: these ask the store once. Only where that is not the end, what was there before is looked at first.
  const auto asked = command.currency ? Currency::parse(*command.currency) : Result<Currency>(settings_.shop_currency);
  const Currency currency = asked.value_or(settings_.shop_currency);
  Result<std::vector<NewLine>> lines = std::vector<NewLine>();
  if (asked) {
    lines = co_await lines_of(context, command.items, currency);
  } else {
    lines = fail(asked.error());
  }
  if (lines) {
    auto added = co_await store_.add(owner, keyed, std::move(*lines), currency, command.if_match, settings_.limits);
    const bool other_currency = !added && !command.currency && added.error().reason() == "CURRENCY_MISMATCH";
    if (!other_currency) co_return added;
  }
  co_return co_await add_to_known(std::move(context), std::move(owner), std::move(keyed), std::move(command), currency, std::move(lines));
}

Task<Result<CartChanged>> Carts::add_to_known(CallContext context, Owner owner, KeyedRequest keyed, AddItems command, Currency currency,
                                              Result<std::vector<NewLine>> lines) {
  // A repeat gets the first answer whatever prices and stock say by now, so the key comes before them.
  EMP_CO_ASSIGN(auto before, co_await store_.before_add(owner, keyed));
  if (before.answer) co_return CartChanged{.cart = std::move(*before.answer), .replayed = true};
  if (before.token_is_dead) co_return fail(ErrorKind::gone, token_is_dead, "the cart of this token went into a customer's");
  const bool is_priced_otherwise = !command.currency && before.currency && *before.currency != currency;
  if (!lines && !is_priced_otherwise) co_return fail(lines.error());
  if (is_priced_otherwise) currency = *before.currency;
  EMP_CO_ASSIGN(auto now, co_await lines_of(context, std::move(command.items), currency));
  co_return co_await store_.add(owner, std::move(keyed), std::move(now), currency, command.if_match, settings_.limits);
}

Task<Result<v1::Cart>> Carts::apply_coupon(CallContext context, Owner owner, std::string code, std::optional<std::int64_t> if_match) {
  code = ascii_upper(trimmed(code));
  EMP_CO_ASSIGN(auto cart, co_await store_.find(owner));
  if (!cart || bought_lines(*cart).empty()) co_return fail(coupon_invalid(code, "not_applicable"));
  const CartStore::CouponChange change{.code = code, .is_applied = true};
  if (std::ranges::find(cart->coupons, code) != cart->coupons.end()) co_return *cart;
  if (std::ssize(cart->coupons) >= change.coupons_max)
    co_return fail(Error(ErrorKind::rule_violated, "COUPON_LIMIT", "no more codes in one cart").with("max", change.coupons_max));
  cart->coupons.push_back(code);
  const auto made = co_await neighbours_.promotion().evaluate(context.as_service("checkout"), evaluation_of(*cart, owner));
  if (!made) co_return fail(made.error().reason() == "TOO_MANY_CODES" ? made.error() : as_dependency_error(made.error()));
  for (const auto& rejected : made->rejected) {
    if (!rejected.coupon) continue;
    if (*rejected.coupon == code && rejected.reason == "LOGIN")
      co_return fail(ErrorKind::rule_violated, "COUPON_LOGIN_REQUIRED", "this code is for customers who are signed in");
    if (*rejected.coupon == code) co_return fail(coupon_invalid(code, coupon_reason(rejected.reason)));
    // It would push out a code that is in the cart.
    if (coupon_reason(rejected.reason) == "not_stackable") co_return fail(coupon_invalid(code, "not_stackable"));
  }
  EMP_CO_ASSIGN(auto changed, co_await store_.change_coupon(owner, change, if_match));
  if (!changed) co_return fail(coupon_invalid(code, "not_applicable"));
  co_return std::move(*changed);
}

Task<Result<CartStore::Refreshed>> Carts::refresh(CallContext context, Owner owner) {
  EMP_CO_ASSIGN(const auto cart, co_await store_.find(owner));
  if (!cart || cart->lines.empty()) co_return CartStore::Refreshed{.cart = cart};
  const CallContext call = context.as_service("checkout");
  catalog::v1::BatchGetProductsRequest wanted;
  pricing::v1::GetBulkPricesRequest prices;
  warehouse::v1::BatchStockRequest stock;
  prices.currency = cart->currency;
  for (const auto& line : cart->lines) {
    wanted.skus.push_back(line.sku);
    prices.items.push_back({.sku = line.sku, .qty = line.qty});
    stock.skus.push_back(line.sku);
  }
  const auto facts = co_await neighbours_.catalog().batch_get_products(call, std::move(wanted));
  if (!facts) co_return fail(as_dependency_error(facts.error()));
  const auto priced = co_await neighbours_.pricing().get_bulk_prices(call, std::move(prices));
  if (!priced) co_return fail(Error(ErrorKind::unavailable, "PRICING_UNAVAILABLE", "prices cannot be read now").with("retry_after", 2));
  const auto stocked = co_await neighbours_.warehouse().batch_stock(call, std::move(stock));
  if (!stocked) co_return fail(as_dependency_error(stocked.error()));
  std::vector<LineFacts> now;
  for (std::size_t i = 0; i < cart->lines.size(); ++i) {
    LineFacts fact{.sku = cart->lines[i].sku, .availability = availability_of(stocked->stock[i].status)};
    for (const auto& price : priced->prices) {
      if (price.sku != fact.sku) continue;
      fact.unit_price = price.unit_price;
      fact.list_price = price.list_price;
    }
    const auto known = std::ranges::find(facts->found, fact.sku, &catalog::v1::SkuFacts::sku);
    if (known == facts->found.end() || !known->sellable) {
      fact.availability = v1::Availability::discontinued;
    } else {
      fact.name = known->name;
      fact.image = known->image;
    }
    now.push_back(std::move(fact));
  }
  co_return co_await store_.refresh(owner, std::move(now));
}

Task<Result<v1::ShareCartResponse>> Carts::share(Owner owner) {
  EMP_CO_ASSIGN(const auto cart, co_await store_.find(owner));
  if (!cart || bought_lines(*cart).empty()) co_return fail(ErrorKind::rule_violated, "CART_EMPTY", "there is nothing to share in the cart");
  v1::SharedCart shared;
  shared.currency = cart->currency;
  shared.expires_at = clock_.now() + share_life;
  for (const auto& line : bought_lines(*cart)) {
    shared.lines.push_back(
        {.product_id = line.product_id, .sku = line.sku, .qty = line.qty, .name = line.name, .image = line.image, .unit_price = line.unit_price});
  }
  std::array<std::uint8_t, 24> secret{};
  random_.fill(secret);
  const std::string token = security::base64url(std::string_view(reinterpret_cast<const char*>(secret.data()), secret.size()));
  EMP_CO_TRY(co_await store_.share(security::sha256(token), *cart->id, to_json(shared), shared.expires_at));
  v1::ShareCartResponse out;
  out.token = token;
  out.url = "/api/v1/cart/shared/" + token;
  out.expires_at = shared.expires_at;
  co_return out;
}

Task<Result<v1::SharedCart>> Carts::shared(std::string token) {
  EMP_CO_ASSIGN(const auto found, co_await store_.find_shared(security::sha256(token)));
  if (found.expires_at <= clock_.now()) co_return fail(ErrorKind::gone, "SHARE_EXPIRED", "this link has expired");
  co_return parse_json<v1::SharedCart>(found.snapshot);
}

Task<Result<CartStore::Merged>> Carts::merge(CallContext context, Uuid customer, std::optional<std::string> guest_sha256) {
  if (guest_sha256) {
    KeyedRequest keyed{
        .caller = caller_of({.customer = customer}), .key = context.idempotency_key, .request = security::hex(*guest_sha256), .trace = context.trace};
    co_return co_await store_.merge(customer, *guest_sha256, std::move(keyed), settings_.limits);
  }
  EMP_CO_ASSIGN(auto cart, co_await store_.find({.customer = customer}));
  co_return CartStore::Merged{.cart = std::move(cart)};
}

}  // namespace emporion::checkout
