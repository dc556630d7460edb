#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/json/value.hpp"

// tidy-allow-file(domain_include): attribute values are of any JSON type; the value type of kernel/json reads no input itself.
namespace emporion::catalog {

enum class AttributeType : std::uint8_t { text, number, boolean, date, select, multiselect };

struct AttributeRules {
  std::optional<std::string> min;  ///< Decimal, inclusive; numbers only.
  std::optional<std::string> max;
  std::optional<std::int32_t> max_length;  ///< In code points; texts only.
  std::optional<std::int32_t> scale;       ///< Decimals a number may have.
};

/// What a value of an attribute may be. The code never changes; it is the member's name in the JSON of products and variants.
struct AttributeDefinition {
  std::string code;
  std::string name;
  AttributeType type = AttributeType::text;
  std::optional<std::string> unit;
  std::vector<std::string> options;  ///< select and multiselect only.
  AttributeRules rules;
  bool is_axis = false;
};

using AttributeDefinitions = std::map<std::string, AttributeDefinition, std::less<>>;

/// `[a-z][a-z0-9_]{0,39}`. Errors: ATTRIBUTE_CODE_INVALID.
Result<> check_attribute_code(std::string_view code);
/// Type, options and rules agree with each other. Errors (rule_violated): ATTRIBUTE_DEFINITION_INVALID.
Result<> check_definition(const AttributeDefinition& definition);

/// The value of one attribute against its definition. Errors (rule_violated): ATTRIBUTE_INVALID with code and rule. Source: CAT-5.
Result<> check_value(const AttributeDefinition& definition, const json::Value& value);
/// All members of a JSON object against the definitions; an unknown code is refused. Errors (rule_violated): ATTRIBUTE_INVALID, all faults in
/// metadata.attributes.
Result<> check_values(const AttributeDefinitions& definitions, const json::Value& object);

/// Which attributes a category asks for: required is the union over the path from the root, optional the union of the rest.
struct AttributeTemplate {
  std::vector<std::string> required;
  std::vector<std::string> optional;
  friend bool operator==(const AttributeTemplate&, const AttributeTemplate&) = default;
};
AttributeTemplate effective_template(std::span<const AttributeTemplate> root_to_category);
/// The required codes without a value in `object`, in the template's order.
std::vector<std::string> missing_attributes(const AttributeTemplate& effective, const json::Value& object);

std::string_view to_string(AttributeType type) noexcept;
std::optional<AttributeType> attribute_type_of(std::string_view text) noexcept;

}  // namespace emporion::catalog
