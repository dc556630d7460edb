#include "modules/commerce/checkout/app/quoting.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace emporion::checkout {
namespace {

v1::ShipmentGroup parcel(std::string key, const std::vector<std::string>& methods) {
  v1::ShipmentGroup out;
  out.group_key = std::move(key);
  for (const auto& method : methods) {
    v1::ShippingOption option;
    option.method_id = method;
    out.options.push_back(std::move(option));
  }
  return out;
}

v1::ShippingSelection chosen(std::string key, std::string method) {
  v1::ShippingSelection out;
  out.group_key = std::move(key);
  out.method_id = std::move(method);
  return out;
}

std::string selected(const v1::ListShippingMethodsResponse& plan) {
  std::string out;
  for (const auto& group : plan.groups) out += group.group_key + '=' + group.selected_method_id.value_or("-") + ' ';
  return out;
}

TEST(Selections, HoldForTheParcelsTheyWereMadeFor) {
  v1::ListShippingMethodsResponse plan;
  plan.groups = {parcel("a", {"standard", "express"}), parcel("b", {"standard"})};
  ASSERT_TRUE(apply_selections(plan, {chosen("a", "express")}));
  EXPECT_EQ(selected(plan), "a=express b=- ") << "of the other parcel nobody has said anything";
  const auto refused = apply_selections(plan, {chosen("a", "express"), chosen("b", "express")});
  EXPECT_EQ(refused.error().reason(), "METHOD_UNAVAILABLE");
}

TEST(Selections, GoOnWithTheGoodsToAnotherWarehouse) {
  v1::ListShippingMethodsResponse plan;
  plan.groups = {parcel("b", {"standard", "express"}), parcel("c", {"pick_up"})};
  ASSERT_TRUE(apply_selections(plan, {chosen("a", "express")}));
  EXPECT_EQ(selected(plan), "b=express c=- ") << "only where that way is offered";
  ASSERT_TRUE(apply_selections(plan, {chosen("a", "express"), chosen("b", "standard")}));
  EXPECT_EQ(selected(plan), "b=standard c=- ") << "what was chosen for a parcel itself comes first";
  ASSERT_TRUE(apply_selections(plan, {chosen("a", "express"), chosen("gone too", "standard")}));
  EXPECT_EQ(selected(plan), "b=- c=- ") << "two ways are for the buyer to choose from";
}

}  // namespace
}  // namespace emporion::checkout
