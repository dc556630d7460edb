#include "modules/logistics/shipping/domain/rates.hpp"

#include <gtest/gtest.h>

namespace emporion::shipping {
namespace {

const Currency vnd = Currency::of("VND");
const Currency usd = Currency::of("USD");

Method a_method(std::string code, Money fee, std::int32_t days) {
  Method method;
  method.id = Uuid::from_name(code);
  method.code = method.name = std::move(code);
  method.fees = {fee};
  method.days_min = method.days_max = days;
  return method;
}
Inquiry to_viet_nam() { return {.destination = {"VN", "VN-HN"}, .currency = vnd, .goods_value = Money(100'000, vnd)}; }
Parcel a_parcel(std::int64_t weight_g) { return {.group_key = "g", .origin = RatePlace{"VN", "VN-SG"}, .weight_g = weight_g, .volume_mm3 = 0}; }
std::vector<std::string> codes(const Result<std::vector<Offer>>& found) {
  std::vector<std::string> out;
  if (found) {
    for (const Offer& offer : *found) out.push_back(offer.method->code);
  }
  return out;
}

TEST(Rates, are_ranked_as_asked) {
  const std::vector<Method> methods{a_method("slow", Money(20'000, vnd), 6), a_method("fast", Money(50'000, vnd), 1),
                                    a_method("middle", Money(25'000, vnd), 2)};
  Inquiry inquiry = to_viet_nam();
  EXPECT_EQ(codes(offers(methods, {}, a_parcel(500), inquiry)), (std::vector<std::string>{"slow", "middle", "fast"}));
  inquiry.sort = RateSort::fastest;
  EXPECT_EQ(codes(offers(methods, {}, a_parcel(500), inquiry)), (std::vector<std::string>{"fast", "middle", "slow"}));
  inquiry.sort = RateSort::balanced;
  EXPECT_EQ(codes(offers(methods, {}, a_parcel(500), inquiry)), (std::vector<std::string>{"middle", "slow", "fast"}));
}

TEST(Rates, name_why_there_is_none) {
  Method here = a_method("here", Money(1, vnd), 1);
  here.countries = {"GB"};
  EXPECT_EQ(offers({here}, {}, a_parcel(1), to_viet_nam()).error().reason(), "NOT_COVERED");
  here.countries = {"VN"};
  here.weight_g_max = 1'000;
  EXPECT_EQ(offers({here}, {}, a_parcel(1'001), to_viet_nam()).error().reason(), "OVER_LIMIT");
  here.fees = {Money(1, usd)};
  EXPECT_EQ(offers({here}, {}, a_parcel(1), to_viet_nam()).error().reason(), "NO_RATE");
  Inquiry cash = to_viet_nam();
  cash.is_cod = true;
  EXPECT_EQ(offers({a_method("card only", Money(1, vnd), 1)}, {}, a_parcel(1), cash).error().reason(), "NOT_COVERED");
}

TEST(Rates, become_free_from_a_value_on) {
  Method method = a_method("std", Money(30'000, vnd), 1);
  method.free_from = {Money(500'000, vnd)};
  Inquiry inquiry = to_viet_nam();
  inquiry.goods_value = Money(499'999, vnd);
  EXPECT_EQ(offers({method}, {}, a_parcel(1), inquiry)->front().amount, Money(30'000, vnd));
  inquiry.goods_value = Money(500'000, vnd);
  EXPECT_EQ(offers({method}, {}, a_parcel(1), inquiry)->front().amount, Money(0, vnd));
}

TEST(Rates, of_a_table_follow_zone_and_weight) {
  RateTable table{Uuid::from_name("t"), {}};
  table.steps = {{{}, {}, {}, {}, 1'000, Money(90'000, vnd), 0},
                 {{}, {}, "VN", {}, 1'000, Money(30'000, vnd), 48},
                 {{}, {}, "VN", {}, 5'000, Money(60'000, vnd), 72},
                 {"VN", "VN-SG", "VN", "VN-HN", 1'000, Money(20'000, vnd), 24}};
  ASSERT_TRUE(check(table));
  Method method = a_method("table", Money(0, vnd), 9);
  method.type = MethodType::table_rate;
  method.rate_table_id = table.id;
  method.days_min = 1;
  Inquiry inquiry = to_viet_nam();
  EXPECT_EQ(offers({method}, {table}, a_parcel(1'000), inquiry)->front().amount, Money(20'000, vnd));
  EXPECT_EQ(offers({method}, {table}, a_parcel(1'001), inquiry)->front().amount, Money(60'000, vnd));
  EXPECT_EQ(offers({method}, {table}, a_parcel(1'001), inquiry)->front().days_max, 3);
  inquiry.destination = {"FR", std::nullopt};
  EXPECT_EQ(offers({method}, {table}, a_parcel(10), inquiry)->front().amount, Money(90'000, vnd));
  EXPECT_EQ(offers({method}, {table}, a_parcel(1'001), inquiry).error().reason(), "NO_RATE");
  table.steps.push_back(table.steps[1]);
  EXPECT_EQ(check(table).error().reason(), "RATE_TABLE_INVALID");
}

TEST(Rates, bill_volume_where_it_outweighs) {
  Method method = a_method("light", Money(1, vnd), 1);
  method.weight_g_max = 600;
  Parcel box = a_parcel(100);
  box.volume_mm3 = std::int64_t{150} * 150 * 150;
  EXPECT_EQ(offers({method}, {}, box, to_viet_nam()).error().reason(), "OVER_LIMIT");
}

}  // namespace
}  // namespace emporion::shipping
