#include "modules/product/pricing/domain/tax.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "modules/product/pricing/domain/exact.hpp"

namespace emporion::pricing {
namespace {

constexpr UtcTime noon = UtcTime::from_micros(1'750'000'000'000'000);
const Currency usd = Currency::of("USD");
const Currency vnd = Currency::of("VND");

Uuid id(std::uint8_t number) {
  std::array<std::uint8_t, 16> bytes{};
  bytes[15] = number;
  return Uuid(bytes);
}

TaxZone zone(std::uint8_t number, std::string country, std::optional<std::string> region = {}, std::vector<std::string> postcodes = {}) {
  return {id(number), std::move(country), std::move(region), std::move(postcodes), 0};
}

TaxRate rate(std::uint8_t number, std::string name, std::string_view percent, bool compound = false, std::string tax_class = "standard") {
  TaxRate out;
  out.id = id(number);
  out.zone_id = id(1);
  out.tax_class = std::move(tax_class);
  out.name = std::move(name);
  out.rate = *Rate::parse(percent);
  out.is_compound = compound;
  out.priority = number;
  return out;
}

struct Case {
  std::vector<TaxZone> zones{zone(1, "US")};
  std::vector<TaxRate> rates;
  TaxSettings settings;
  Destination ship_to{"US", "", ""};
  std::optional<std::string> group;

  Result<TaxResult> of(std::vector<TaxableLine> lines, Currency currency) const {
    return calculate_tax(lines, currency, zones, rates, settings, ship_to, group, noon);
  }
};

TEST(Tax, AddsTwoTaxesOnceAndForAll) {  // PRC-A5, first example
  Case given;
  given.rates = {rate(1, "VAT", "0.10"), rate(2, "duty", "0.05")};
  const auto result = given.of({{"standard", Money(220'000, vnd), false}}, vnd);
  EXPECT_EQ(result->net.amount(), 220'000);
  ASSERT_EQ(result->lines[0].components.size(), 2u);
  EXPECT_EQ(result->lines[0].components[0].amount.amount(), 22'000);
  EXPECT_EQ(result->lines[0].components[1].amount.amount(), 11'000);
  EXPECT_EQ(result->gross.amount(), 253'000);
  EXPECT_EQ(result->lines[0].outcome, TaxOutcome::taxed);
}

TEST(Tax, RoundsPerLineOrInTotal) {  // PRC-A5, second example
  Case given;
  given.rates = {rate(1, "sales", "0.0825")};
  const std::vector<TaxableLine> lines(3, TaxableLine{"standard", Money(105, usd), false});
  const auto by_line = given.of(lines, usd);
  for (const auto& line : by_line->lines) EXPECT_EQ(line.tax.amount(), 9);
  EXPECT_EQ(by_line->tax.amount(), 27);
  given.settings.rounding = TaxRounding::total;
  const auto by_total = given.of(lines, usd);
  EXPECT_EQ(by_total->tax.amount(), 26);
  EXPECT_EQ(by_total->lines[0].tax.amount(), 9);
  EXPECT_EQ(by_total->lines[1].tax.amount(), 9);
  EXPECT_EQ(by_total->lines[2].tax.amount(), 8);
}

TEST(Tax, TakesTheTaxOutOfAnInclusivePrice) {  // PRC-A5, third example
  Case given;
  given.rates = {rate(1, "VAT", "0.20")};
  const auto result = given.of({{"standard", Money(1'000, usd), true}}, usd);
  EXPECT_EQ(result->tax.amount(), 167);
  EXPECT_EQ(result->net.amount(), 833);
  EXPECT_EQ(result->gross.amount(), 1'000);
}

TEST(Tax, CompoundsOnTheTaxesBefore) {  // PRC-A5, fourth example
  Case given;
  given.rates = {rate(1, "GST", "0.05"), rate(2, "PST", "0.10", true)};
  const auto exclusive = given.of({{"standard", Money(10'000, usd), false}}, usd);
  EXPECT_EQ(exclusive->lines[0].components[0].amount.amount(), 500);
  EXPECT_EQ(exclusive->lines[0].components[1].amount.amount(), 1'050);
  const auto inclusive = given.of({{"standard", Money(11'550, usd), true}}, usd);
  EXPECT_EQ(inclusive->tax.amount(), 1'550);
  EXPECT_EQ(inclusive->net.amount(), 10'000);
  EXPECT_EQ(inclusive->lines[0].components[0].amount.amount(), 500);
  EXPECT_EQ(inclusive->lines[0].components[1].amount.amount(), 1'050);
}

TEST(Tax, TellsItsFourOutcomesApart) {  // PRC-12
  Case given;
  given.rates = {rate(1, "VAT", "0.20"), rate(2, "VAT", "0", false, "books")};
  const std::vector<TaxableLine> lines{{"standard", Money(100, usd), false}, {"books", Money(100, usd), false}, {"unknown", Money(100, usd), false}};
  const auto result = given.of(lines, usd);
  EXPECT_EQ(result->lines[0].outcome, TaxOutcome::taxed);
  EXPECT_EQ(result->lines[1].outcome, TaxOutcome::zero_rated);
  EXPECT_EQ(result->lines[2].outcome, TaxOutcome::not_configured);
  EXPECT_EQ(result->gross.amount(), 320);
  given.rates.push_back(rate(3, "VAT", "0"));
  given.rates.back().customer_group = "charity";
  given.rates.back().is_exempt = true;
  given.group = "charity";
  EXPECT_EQ(given.of(lines, usd)->lines[0].outcome, TaxOutcome::exempt);
  EXPECT_EQ(given.of(lines, usd)->tax.amount(), 0);
  given.group.reset();
  given.settings.is_strict = true;
  EXPECT_EQ(given.of(lines, usd).error().reason(), "TAX_NOT_CONFIGURED");
}

TEST(Tax, RefusesMixedInclusion) {  // PRC-7
  Case given;
  EXPECT_EQ(given.of({{"standard", Money(1, usd), false}, {"standard", Money(1, usd), true}}, usd).error().reason(), "MIXED_TAX_INCLUSION");
}

TEST(Tax, ReplacesTheGenericRateByTheGroupsOwnOfTheSameName) {
  Case given;
  given.rates = {rate(1, "VAT", "0.20"), rate(2, "VAT", "0.05"), rate(3, "duty", "0.01")};
  given.rates[1].customer_group = "trade";
  const std::vector<TaxableLine> lines{{"standard", Money(10'000, usd), false}};
  EXPECT_EQ(given.of(lines, usd)->tax.amount(), 2'100);
  given.group = "trade";
  EXPECT_EQ(given.of(lines, usd)->tax.amount(), 600);
}

TEST(Tax, HonoursTheWindowOfARate) {
  Case given;
  given.rates = {rate(1, "VAT", "0.20"), rate(2, "VAT", "0.25")};
  given.rates[0].valid_to = noon;
  given.rates[1].valid_from = noon;
  EXPECT_EQ(given.of({{"standard", Money(100, usd), false}}, usd)->tax.amount(), 25);
}

TEST(TaxZone, IsTheMostSpecificThatMatches) {
  const std::vector<TaxZone> zones{zone(1, "US"), zone(2, "US", "US-NY"), zone(3, "US", "US-NY", {"10000..10099"}), zone(4, "US", std::nullopt, {"99501"}),
                                   zone(5, "VN")};
  EXPECT_EQ(find_zone(zones, {"US", "US-CA", "94103"})->id, id(1));
  EXPECT_EQ(find_zone(zones, {"US", "US-NY", "14201"})->id, id(2));
  EXPECT_EQ(find_zone(zones, {"US", "US-NY", "10007"})->id, id(3));
  EXPECT_EQ(find_zone(zones, {"US", "US-AK", "99501"})->id, id(4));
  EXPECT_EQ(find_zone(zones, {"US", "US-NY", "100070"})->id, id(2));
  EXPECT_EQ(find_zone(zones, {"DE", "", ""}), nullptr);
}

TEST(TaxZone, RefusesARangeThatIsNone) {
  EXPECT_TRUE(check_tax_zone(zone(1, "US", {}, {"10000..10099", "99501"})).has_value());
  EXPECT_EQ(check_tax_zone(zone(1, "US", {}, {"100..99"})).error().reason(), "INVALID_ZONE");
  EXPECT_EQ(check_tax_zone(zone(1, "us")).error().reason(), "INVALID_ZONE");
  EXPECT_FALSE(check_tax_rate(*Rate::parse("0.1234567")).has_value());
  EXPECT_FALSE(check_tax_rate(*Rate::parse("10.1")).has_value());
  EXPECT_TRUE(check_tax_rate(*Rate::parse("0.088750")).has_value());
}

Case any_case() {
  Case given;
  const auto count = *rc::gen::inRange(0, 5);
  for (int i = 0; i < count; ++i) {
    const auto millionths = *rc::gen::inRange(0, 1'000'000);
    auto one = rate(static_cast<std::uint8_t>(i + 1), "tax " + std::to_string(i), "0", *rc::gen::arbitrary<bool>(),
                    *rc::gen::arbitrary<bool>() ? "standard" : "reduced");
    std::string digits = std::to_string(millionths);
    one.rate = *Rate::parse("0." + std::string(6 - std::min<std::size_t>(6, digits.size()), '0') + digits);
    given.rates.push_back(one);
  }
  given.settings.rounding = *rc::gen::arbitrary<bool>() ? TaxRounding::line : TaxRounding::total;
  return given;
}

RC_GTEST_PROP(Tax, NetAndTaxAlwaysMakeGross, ()) {
  const Case given = any_case();
  const Currency currency = Currency::of(*rc::gen::element(std::string("VND"), std::string("USD"), std::string("KWD")));  // No, two and three decimals.
  const bool included = *rc::gen::arbitrary<bool>();
  std::vector<TaxableLine> lines;
  for (const auto amount : *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 10'000'000'000))) {
    lines.push_back({*rc::gen::arbitrary<bool>() ? "standard" : "reduced", Money(amount, currency), included});
  }
  const auto result = given.of(lines, currency);
  RC_ASSERT(result.has_value());
  Money net = Money::zero(currency);
  Money tax = Money::zero(currency);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const TaxedLine& line = result->lines[i];
    Money components = Money::zero(currency);
    for (const auto& component : line.components) components += component.amount;
    RC_ASSERT(line.net + line.tax == line.gross);
    RC_ASSERT(components == line.tax);
    RC_ASSERT((included ? line.gross : line.net) == lines[i].amount);
    net += line.net;
    tax += line.tax;
  }
  RC_ASSERT(result->net == net);
  RC_ASSERT(result->tax == tax);
  RC_ASSERT(result->gross == net + tax);
}

RC_GTEST_PROP(Allocate, PartsAddUpAndStayWithinOneOfTheirShare, ()) {
  const auto numbers = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000)));
  const auto total = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000);
  std::vector<Wide> weights(numbers.begin(), numbers.end());
  Wide sum = 0;
  for (const Wide weight : weights) sum += weight;
  RC_PRE(sum > 0);
  const auto parts = allocate_exactly(total, weights);
  std::int64_t parts_sum = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts_sum += parts[i];
    const Wide low = Wide{total} * weights[i] / sum;
    RC_ASSERT(parts[i] >= low);
    RC_ASSERT(parts[i] <= low + 1);
  }
  RC_ASSERT(parts_sum == total);
}

}  // namespace
}  // namespace emporion::pricing
