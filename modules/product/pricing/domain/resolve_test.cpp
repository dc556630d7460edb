#include "modules/product/pricing/domain/resolve.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace emporion::pricing {
namespace {

constexpr UtcTime noon = UtcTime::from_micros(1'750'000'000'000'000);

Uuid id(std::uint8_t number) {
  std::array<std::uint8_t, 16> bytes{};
  bytes[15] = number;
  return Uuid(bytes);
}

const Uuid shirt = id(100);
const Uuid w1 = id(201);
const Uuid w2 = id(202);

struct PriceBuilder {
  Price price;
  PriceBuilder(std::uint8_t number, std::int64_t base, std::string_view currency = "VND") {
    price.id = id(number);
    price.product_id = shirt;
    price.base_amount = base;
    price.currency = Currency::of(currency);
    price.effective_from = noon - hours(24);
  }
  PriceBuilder& sku(std::string value) { return price.sku = std::move(value), *this; }
  PriceBuilder& warehouse(std::uint8_t number) { return price.warehouse_id = id(number), *this; }
  PriceBuilder& group(std::string value) { return price.customer_group = std::move(value), *this; }
  PriceBuilder& tier(std::int64_t quantity, std::int64_t amount) { return price.tiers.push_back({quantity, amount}), *this; }
  PriceBuilder& sale(std::int64_t amount, std::optional<UtcTime> from, std::optional<UtcTime> to) {
    price.sale_amount = amount;
    price.sale_starts_at = from;
    price.sale_ends_at = to;
    return *this;
  }
  operator Price() const { return price; }
};

PricingPolicy vnd_shop() {
  PricingPolicy policy;
  policy.store_currency = Currency::of("VND");
  return policy;
}

PriceQuestion ask(std::string sku, std::optional<Uuid> warehouse = {}, std::int64_t quantity = 1) {
  PriceQuestion question;
  question.sku = std::move(sku);
  question.product_id = shirt;
  question.warehouse_id = warehouse;
  question.currency = Currency::of("VND");
  question.quantity = quantity;
  question.at = noon;
  return question;
}

FxRate fx(std::uint8_t number, std::string_view base, std::string_view quote, std::string_view rate, microseconds age = hours(1)) {
  return {id(number), Currency::of(base), Currency::of(quote), *Rate::parse(rate), noon - age};
}

TEST(Resolve, TakesTheMostSpecificLevel) {  // PRC-A1
  const std::vector<Price> prices{PriceBuilder(1, 100'000), PriceBuilder(2, 110'000).sku("S"), PriceBuilder(3, 120'000).sku("S").warehouse(201)};
  EXPECT_EQ(resolve(ask("S", w1), prices, {}, vnd_shop())->unit.amount(), 120'000);
  EXPECT_EQ(resolve(ask("S", w2), prices, {}, vnd_shop())->unit.amount(), 110'000);
  EXPECT_EQ(resolve(ask("OTHER", w2), prices, {}, vnd_shop())->unit.amount(), 100'000);
  EXPECT_EQ(resolve(ask("S", w1), prices, {}, vnd_shop())->level, PriceLevel::sku_warehouse);
}

TEST(Resolve, PutsTheCustomersGroupBeforeEveryGenericLevel) {
  const std::vector<Price> prices{PriceBuilder(1, 90'000).group("vip"), PriceBuilder(2, 110'000).sku("S").warehouse(201)};
  auto question = ask("S", w1);
  EXPECT_EQ(resolve(question, prices, {}, vnd_shop())->unit.amount(), 110'000);
  question.customer_group = "vip";
  EXPECT_EQ(resolve(question, prices, {}, vnd_shop())->unit.amount(), 90'000);
}

TEST(Resolve, AppliesTheSaleInItsHalfOpenWindow) {  // PRC-A2
  const UtcTime start = noon;
  const UtcTime end = noon + hours(2);
  const std::vector<Price> prices{PriceBuilder(1, 120'000).sku("S").sale(110'000, start, end)};
  const auto unit_at = [&](UtcTime at, std::int64_t quantity = 1) {
    auto question = ask("S", {}, quantity);
    question.at = at;
    return resolve(question, prices, {}, vnd_shop());
  };
  EXPECT_EQ(unit_at(start - milliseconds(1))->unit.amount(), 120'000);
  EXPECT_EQ(unit_at(start)->unit.amount(), 110'000);
  EXPECT_TRUE(unit_at(start)->on_sale);
  EXPECT_EQ(unit_at(start)->list.amount(), 120'000);
  EXPECT_EQ(unit_at(start, 2)->line.amount(), 220'000);
  EXPECT_EQ(unit_at(end)->unit.amount(), 120'000);
}

TEST(Resolve, TakesTheLowerOfTierAndSale) {
  const std::vector<Price> prices{PriceBuilder(1, 100).sku("S").tier(10, 80).tier(100, 60).sale(70, {}, {})};
  const auto unit = [&](std::int64_t quantity) { return resolve(ask("S", {}, quantity), prices, {}, vnd_shop())->unit.amount(); };
  EXPECT_EQ(unit(1), 70);
  EXPECT_EQ(unit(10), 70);
  EXPECT_EQ(unit(100), 60);
}

TEST(Resolve, LeavesTheWindowAtItsEnd) {
  Price price = PriceBuilder(1, 100).sku("S");
  price.effective_to = noon;
  const std::vector<Price> prices{price};
  EXPECT_EQ(resolve(ask("S"), prices, {}, vnd_shop()).error().reason(), "PRICE_NOT_FOUND");
}

TEST(Resolve, IgnoresThePriceOfAnotherProduct) {
  Price other = PriceBuilder(1, 100);
  other.product_id = id(101);
  const std::vector<Price> prices{other};
  EXPECT_EQ(resolve(ask("S"), prices, {}, vnd_shop()).error().reason(), "PRICE_NOT_FOUND");
}

TEST(Resolve, HasNoPriceOfZeroWhereNoneIsSet) {  // PRC-3
  const std::vector<Price> prices{PriceBuilder(1, 100).sku("OTHER"), PriceBuilder(2, 100).sku("S").warehouse(209)};
  const auto answer = resolve(ask("S", w1), prices, {}, vnd_shop());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind(), ErrorKind::not_found);
  EXPECT_EQ(answer.error().reason(), "PRICE_NOT_FOUND");
}

TEST(Resolve, ConvertsExactlyAndRoundsOnce) {  // PRC-A3
  const std::vector<FxRate> rates{fx(10, "USD", "VND", "25431.5"), fx(11, "USD", "KWD", "0.3071")};
  const Money price(1'999, Currency::of("USD"));
  EXPECT_EQ(convert(price, Currency::of("VND"), rates, {}, noon)->amount, Money(508'376, Currency::of("VND")));
  EXPECT_EQ(convert(price, Currency::of("KWD"), rates, {}, noon)->amount, Money(6'139, Currency::of("KWD")));
}

TEST(Resolve, ConvertsThroughThePivotWithOneRounding) {  // PRC-A4
  const std::vector<FxRate> rates{fx(10, "USD", "EUR", "0.92"), fx(11, "USD", "VND", "25431.5")};
  const auto answer = convert(Money(1'000, Currency::of("EUR")), Currency::of("VND"), rates, {}, noon);
  EXPECT_EQ(answer->amount, Money(276'429, Currency::of("VND")));
  EXPECT_EQ(answer->rate_ids, (std::vector{id(10), id(11)}));
}

TEST(Resolve, SnapsAConvertedPriceHalfUp) {
  const std::vector<FxRate> rates{fx(10, "USD", "VND", "25431.5")};
  FxSettings settings;
  settings.price_increment = 1'000;
  EXPECT_EQ(convert(Money(1'999, Currency::of("USD")), Currency::of("VND"), rates, settings, noon)->amount.amount(), 508'000);
  EXPECT_EQ(convert(Money(2'000, Currency::of("USD")), Currency::of("VND"), rates, settings, noon)->amount.amount(), 509'000);
}

TEST(Resolve, SaysThatAPriceWasConverted) {
  const std::vector<Price> prices{PriceBuilder(1, 1'999, "USD").sku("S")};
  const std::vector<FxRate> rates{fx(10, "USD", "VND", "25431.5")};
  PricingPolicy policy = vnd_shop();
  policy.store_currency = Currency::of("USD");
  const auto answer = resolve(ask("S", {}, 2), prices, rates, policy);
  EXPECT_EQ(answer->line, Money(1'016'752, Currency::of("VND")));
  EXPECT_EQ(answer->fx_rate_ids, std::vector{id(10)});
}

TEST(Resolve, RefusesAStaleRateAndStillPricesInTheSameCurrency) {  // PRC-A6
  const std::vector<Price> prices{PriceBuilder(1, 1'999, "USD").sku("S")};
  const std::vector<FxRate> rates{fx(10, "USD", "VND", "25431.5", hours(25))};
  PricingPolicy policy = vnd_shop();
  policy.store_currency = Currency::of("USD");
  auto question = ask("S");
  const auto refused = resolve(question, prices, rates, policy);
  EXPECT_EQ(refused.error().kind(), ErrorKind::unavailable);
  EXPECT_EQ(refused.error().reason(), "FX_STALE");
  question.currency = Currency::of("USD");
  EXPECT_EQ(resolve(question, prices, rates, policy)->unit.amount(), 1'999);
}

TEST(Resolve, RefusesALineThatOverflows) {  // PRC-A9
  const std::vector<Price> prices{PriceBuilder(1, 1'000'000'000'000).sku("S")};
  const auto answer = resolve(ask("S", {}, 9'999), prices, {}, vnd_shop());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind(), ErrorKind::rule_violated);
  EXPECT_EQ(answer.error().reason(), "AMOUNT_OVERFLOW");
}

TEST(Resolve, RefusesAQuantityOutsideItsBounds) {
  const std::vector<Price> prices{PriceBuilder(1, 100).sku("S")};
  for (const std::int64_t quantity : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{100'001}}) {
    EXPECT_EQ(resolve(ask("S", {}, quantity), prices, {}, vnd_shop()).error().reason(), "INVALID_QUANTITY");
  }
}

TEST(Resolve, RaisesTheUnitToTheFloor) {
  Price price = PriceBuilder(1, 100).sku("S").sale(50, {}, {});
  price.min_amount = 60;
  price.cost_amount = 65;
  PricingPolicy policy = vnd_shop();
  policy.min_margin_bp = 1'000;
  const std::vector<Price> prices{price};
  const auto answer = resolve(ask("S"), prices, {}, policy);
  EXPECT_EQ(answer->unit.amount(), 72);  // 65 × 1.1 = 71.5
  EXPECT_TRUE(answer->floored);
  EXPECT_FALSE(answer->on_sale);
}

RC_GTEST_PROP(Resolve, DoesNotDependOnTheOrderOfTheRows, ()) {
  const auto flags = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 8));
  std::vector<Price> prices;
  std::uint8_t seen = 0;
  for (const std::uint8_t flag : flags) {
    if (seen & (1u << flag)) continue;  // One row per scope, as the exclusion constraint guarantees.
    seen = static_cast<std::uint8_t>(seen | (1u << flag));
    PriceBuilder builder(flag, 1'000 + flag);
    if (flag & 1) builder.sku("S");
    if (flag & 2) builder.warehouse(201);
    if (flag & 4) builder.group("G");
    prices.push_back(builder);
  }
  auto question = ask("S", w1);
  question.customer_group = "G";
  const auto first = resolve(question, prices, {}, vnd_shop());
  std::ranges::reverse(prices);
  const auto second = resolve(question, prices, {}, vnd_shop());
  RC_ASSERT(first.has_value() == second.has_value());
  RC_ASSERT(first.has_value() == !prices.empty());
  if (first) RC_ASSERT(first->price_id == second->price_id);
}

TEST(Price, RefusesWhatIsNotAPrice) {
  const auto rule_of = [](Price price) { return check_price(price).error().reason(); };
  EXPECT_TRUE(check_price(PriceBuilder(1, 100).tier(2, 90).tier(5, 80).sale(50, noon, noon + hours(1))).has_value());
  EXPECT_EQ(rule_of(PriceBuilder(1, 0)), "PRICE_INVALID");
  EXPECT_EQ(rule_of(PriceBuilder(1, -5)), "PRICE_INVALID");
  EXPECT_EQ(rule_of(PriceBuilder(1, 100).tier(1, 90)), "PRICE_INVALID");
  EXPECT_EQ(rule_of(PriceBuilder(1, 100).tier(5, 90).tier(5, 80)), "PRICE_INVALID");
  EXPECT_EQ(rule_of(PriceBuilder(1, 100).tier(5, 90).tier(6, 90)), "PRICE_INVALID");
  EXPECT_EQ(rule_of(PriceBuilder(1, 100).sale(100, {}, {})), "PRICE_INVALID");
  EXPECT_EQ(rule_of(PriceBuilder(1, 100).sale(50, noon, noon)), "PRICE_INVALID");
  Price free = PriceBuilder(1, 0);
  free.is_free = true;
  EXPECT_TRUE(check_price(free).has_value());
}

TEST(Price, NeedsAnOverrideForALargeMoveOrBelowCost) {
  EXPECT_FALSE(needs_override(100, PriceBuilder(1, 150)));
  EXPECT_TRUE(needs_override(100, PriceBuilder(1, 151)));
  EXPECT_TRUE(needs_override(100, PriceBuilder(1, 49)));
  EXPECT_FALSE(needs_override(std::nullopt, PriceBuilder(1, 1)));
  Price below = PriceBuilder(1, 90);
  below.cost_amount = 91;
  EXPECT_TRUE(needs_override(std::nullopt, below));
}

}  // namespace
}  // namespace emporion::pricing
