#include "modules/product/catalog/domain/attribute.hpp"

#include <gtest/gtest.h>

namespace emporion::catalog {
namespace {

AttributeDefinitions definitions() {
  AttributeDefinition height{.code = "height", .name = "Height", .type = AttributeType::number};
  height.rules = {.min = "0", .max = "10", .scale = 2};
  AttributeDefinition color{.code = "color", .name = "Colour", .type = AttributeType::select, .options = {"red", "blue"}, .is_axis = true};
  AttributeDefinition care{.code = "care", .name = "Care", .type = AttributeType::multiselect, .options = {"wash", "iron"}};
  AttributeDefinition made{.code = "made", .name = "Made", .type = AttributeType::date};
  AttributeDefinition organic{.code = "organic", .name = "Organic", .type = AttributeType::boolean};
  AttributeDefinition motto{.code = "motto", .name = "Motto", .type = AttributeType::text};
  motto.rules.max_length = 5;
  AttributeDefinitions out;
  for (auto& definition : {height, color, care, made, organic, motto}) out.emplace(definition.code, definition);
  return out;
}

Result<> check(std::string_view json) {
  const auto document = json::Document::parse(json);
  return check_values(definitions(), document->root());
}

TEST(Attribute, AcceptsValuesOfItsTypeAndRules) {
  for (const char* json : {R"({"height":0})", R"({"height":10})", R"({"height":9.99})", R"({"color":"red"})", R"({"care":[]})", R"({"care":["iron","wash"]})",
                           R"({"made":"2024-02-29"})", R"({"organic":false})", R"({"motto":"nămời"})", "{}"}) {
    EXPECT_TRUE(check(json).has_value()) << json;
  }
}

TEST(Attribute, RefusesOthersAndNamesTheCode) {  // CAT-A7
  for (const char* json : {R"({"height":11})", R"({"height":"abc"})", R"({"height":-0.01})", R"({"height":1.234})", R"({"height":null})", R"({"height":true})",
                           R"({"height":1e30})"}) {
    const auto refused = check(json);
    ASSERT_FALSE(refused.has_value()) << json;
    EXPECT_EQ(refused.error().kind(), ErrorKind::rule_violated);
    EXPECT_EQ(refused.error().reason(), "ATTRIBUTE_INVALID");
    EXPECT_TRUE(refused.error().metadata_json("attributes").contains(R"("code":"height")")) << refused.error().metadata_json("attributes");
  }
  for (const char* json : {R"({"color":"green"})", R"({"care":["wash","wash"]})", R"({"care":"wash"})", R"({"made":"2023-02-29"})",
                           R"({"made":"2024-01-01T00:00:00Z"})", R"({"organic":1})", R"({"motto":"abcdef"})", R"({"weight":1})"}) {
    EXPECT_EQ(check(json).error().reason(), "ATTRIBUTE_INVALID") << json;
  }
}

TEST(Attribute, ListsEveryFaultAtOnce) {
  const auto refused = check(R"({"height":11,"color":"green","x":1})");
  const auto faults = refused.error().metadata_json("attributes");
  EXPECT_TRUE(faults.contains("height") && faults.contains("color") && faults.contains("is not defined")) << faults;
}

TEST(AttributeDefinition, AgreesWithItself) {
  for (const auto& [code, definition] : definitions()) EXPECT_TRUE(check_definition(definition).has_value()) << code;
  const auto refused = [](AttributeDefinition definition) { return !check_definition(definition).has_value(); };
  EXPECT_TRUE(refused({.code = "Height", .name = "x"}));
  EXPECT_TRUE(refused({.code = "color", .name = "x", .type = AttributeType::select}));
  EXPECT_TRUE(refused({.code = "color", .name = "x", .type = AttributeType::text, .options = {"a"}}));
  EXPECT_TRUE(refused({.code = "color", .name = "x", .type = AttributeType::select, .options = {"a", "a"}}));
  EXPECT_TRUE(refused({.code = "n", .name = "x", .type = AttributeType::number, .rules = {.min = "2", .max = "1"}}));
  EXPECT_TRUE(refused({.code = "n", .name = "x", .type = AttributeType::text, .rules = {.min = "2"}}));
  EXPECT_TRUE(refused({.code = "n", .name = "x", .type = AttributeType::number, .is_axis = true}));
  EXPECT_FALSE(refused({.code = "n", .name = "x", .type = AttributeType::text, .is_axis = true}));
}

TEST(AttributeTemplate, UnitesTheLevelsAndRequiredWins) {
  const std::vector<AttributeTemplate> levels{{{"brand"}, {"color", "size"}}, {{"size"}, {"color", "care"}}};
  const AttributeTemplate expected{{"brand", "size"}, {"color", "care"}};
  EXPECT_EQ(effective_template(levels), expected);
}

TEST(AttributeTemplate, NamesWhatIsMissing) {
  const auto document = json::Document::parse(R"({"brand":"x","size":null})");
  EXPECT_EQ(missing_attributes({{"brand", "size", "care"}, {}}, document->root()), (std::vector<std::string>{"size", "care"}));
}

}  // namespace
}  // namespace emporion::catalog
