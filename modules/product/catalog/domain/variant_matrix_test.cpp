#include "modules/product/catalog/domain/variant_matrix.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace emporion::catalog {
namespace {

const Sku base = *Sku::parse("TEE");

TEST(VariantMatrix, IsTheProductOfTheAxesInTheirOrder) {
  const std::vector<OptionAxis> axes{{"color", {"Sky blue", "red"}}, {"size", {"S", "M"}}};
  const auto planned = plan_variants(base, axes);
  ASSERT_TRUE(planned.has_value());
  std::vector<std::string> skus;
  for (const auto& variant : *planned) skus.push_back(variant.sku.text());
  EXPECT_EQ(skus, (std::vector<std::string>{"TEE-SKY-BLUE-S", "TEE-SKY-BLUE-M", "TEE-RED-S", "TEE-RED-M"}));
  EXPECT_EQ((*planned)[1].options, (OptionValues{{"color", "Sky blue"}, {"size", "M"}}));
}

TEST(VariantMatrix, RefusesMoreThanItMayHold) {
  const std::vector<std::string> eleven{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"};
  const std::vector<OptionAxis> axes{{"a", eleven}, {"b", eleven}};
  EXPECT_EQ(plan_variants(base, axes).error().reason(), "VARIANT_LIMIT");
  const std::vector<OptionAxis> none{{"a", {}}};
  EXPECT_EQ(plan_variants(base, none).error().reason(), "VARIANT_LIMIT");
}

TEST(VariantMatrix, ListsCollisionsAndMakesNone) {
  const std::vector<OptionAxis> axes{{"color", {"sky blue", "sky-blue", "red"}}};
  const auto refused = plan_variants(base, axes);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason(), "SKU_COLLISION");
  EXPECT_EQ(refused.error().metadata_json("skus"), R"(["TEE-SKY-BLUE"])");
}

TEST(VariantOptions, AreUniqueAndComplete) {  // CAT-6
  const std::vector<std::string> axes{"color"};
  EXPECT_TRUE(check_options(axes, std::vector<OptionValues>{{{"color", "red"}}, {{"color", "blue"}}}).has_value());
  EXPECT_EQ(check_options(axes, std::vector<OptionValues>{{{"color", "red"}}, {{"color", "red"}}}).error().reason(), "VARIANT_OPTIONS_INVALID");
  EXPECT_EQ(check_options(axes, std::vector<OptionValues>{{{"size", "S"}}}).error().reason(), "VARIANT_OPTIONS_INVALID");
  EXPECT_EQ(check_options(axes, std::vector<OptionValues>(101)).error().reason(), "VARIANT_LIMIT");
  EXPECT_TRUE(check_options({}, std::vector<OptionValues>(1)).has_value());
  EXPECT_EQ(check_options({}, std::vector<OptionValues>(2)).error().reason(), "VARIANT_OPTIONS_INVALID");
}

RC_GTEST_PROP(VariantMatrix, HoldsEveryCombinationOnce, ()) {
  std::vector<OptionAxis> axes;
  std::size_t expected = 1;
  for (int i = 0; i < *rc::gen::inRange(0, 4); ++i) {
    OptionAxis axis{"axis_" + std::to_string(i), {}};
    const auto count = *rc::gen::inRange<std::size_t>(1, 5);
    for (std::size_t option = 0; option < count; ++option) axis.options.push_back(std::to_string(option));
    expected *= count;
    axes.push_back(std::move(axis));
  }
  const auto planned = plan_variants(base, axes);
  RC_ASSERT(planned.has_value());
  std::set<OptionValues> seen;
  for (const auto& variant : *planned) seen.insert(variant.options);
  RC_ASSERT(seen.size() == expected);
}

}  // namespace
}  // namespace emporion::catalog
