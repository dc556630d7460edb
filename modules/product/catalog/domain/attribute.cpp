#include "modules/product/catalog/domain/attribute.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "kernel/base/text.hpp"
#include "kernel/base/time.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/money/money.hpp"

// tidy-allow-file(domain_include): faults are listed in an Error's metadata, which is JSON.
namespace emporion::catalog {
namespace {

constexpr std::array<std::string_view, 6> type_names{"text", "number", "boolean", "date", "select", "multiselect"};
constexpr std::size_t options_max = 500;
constexpr std::size_t text_length_max = 4'000;

std::unexpected<Error> refuse(const AttributeDefinition& definition, std::string_view rule) {
  return fail(Error(ErrorKind::rule_violated, "ATTRIBUTE_INVALID", text(definition.code, ": ", rule)).with("code", definition.code).with("rule", rule));
}
std::unexpected<Error> refuse_definition(std::string_view rule) {
  return fail(Error(ErrorKind::rule_violated, "ATTRIBUTE_DEFINITION_INVALID", std::string(rule)).with("rule", rule));
}

// Compares two decimals exactly.
bool less(const Rate& a, const Rate& b) {
  __int128 left = a.digits();
  __int128 right = b.digits();
  for (int i = a.scale(); i < b.scale(); ++i) left *= 10;
  for (int i = b.scale(); i < a.scale(); ++i) right *= 10;
  return left < right;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

bool is_option(const AttributeDefinition& definition, const json::Value& value) {
  const auto chosen = value.string();
  return chosen && std::ranges::find(definition.options, *chosen) != definition.options.end();
}

Result<> check_number(const AttributeDefinition& definition, const json::Value& value) {
  if (value.type() != json::Type::integer && value.type() != json::Type::number) return refuse(definition, "is a number");
  const auto number = Rate::parse(value.to_json());
  if (!number) return refuse(definition, "has at most 15 digits, 12 of them decimals");
  if (definition.rules.scale && number->scale() > *definition.rules.scale)
    return refuse(definition, text("has at most ", *definition.rules.scale, " decimals"));
  if (definition.rules.min && less(*number, *Rate::parse(*definition.rules.min))) return refuse(definition, text("is at least ", *definition.rules.min));
  if (definition.rules.max && less(*Rate::parse(*definition.rules.max), *number)) return refuse(definition, text("is at most ", *definition.rules.max));
  return {};
}

Result<> check_multiselect(const AttributeDefinition& definition, const json::Value& value) {
  if (value.type() != json::Type::array) return refuse(definition, "is a list of options");
  std::set<std::string> seen;
  bool good = true;
  value.for_each_element([&](json::Value element) {
    good = is_option(definition, element) && seen.insert(std::string(*element.string())).second;
    return good;
  });
  if (!good) return refuse(definition, "holds options of its definition, each once");
  return {};
}

}  // namespace

Result<> check_attribute_code(std::string_view code) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_rest = [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '_'; };
  if (!code.empty() && code.size() <= 40 && is_lower(code[0]) && std::ranges::all_of(code, is_rest)) return {};
  return fail(Error(ErrorKind::rule_violated, "ATTRIBUTE_CODE_INVALID", "a code is 1 to 40 of a-z, 0-9 and underscore, and begins with a letter")
                  .with("code", code.substr(0, 60)));
}

Result<> check_definition(const AttributeDefinition& definition) {
  EMP_TRY(check_attribute_code(definition.code));
  const bool chooses = definition.type == AttributeType::select || definition.type == AttributeType::multiselect;
  if (chooses != !definition.options.empty()) return refuse_definition("options belong to select and multiselect, which need them");
  if (definition.options.size() > options_max) return refuse_definition("at most 500 options");
  const std::set<std::string_view> distinct(definition.options.begin(), definition.options.end());
  if (distinct.size() != definition.options.size()) return refuse_definition("each option once");
  if (definition.is_axis && definition.type != AttributeType::select && definition.type != AttributeType::text)
    return refuse_definition("an axis is a select or a text");
  const AttributeRules& rules = definition.rules;
  if ((rules.min || rules.max || rules.scale) && definition.type != AttributeType::number) return refuse_definition("min, max and scale belong to numbers");
  if (rules.max_length && definition.type != AttributeType::text) return refuse_definition("max_length belongs to texts");
  if (rules.max_length && (*rules.max_length < 1 || *rules.max_length > static_cast<std::int32_t>(text_length_max)))
    return refuse_definition("max_length lies within 1 to 4000");
  if (rules.scale && (*rules.scale < 0 || *rules.scale > 12)) return refuse_definition("scale lies within 0 to 12");
  if ((rules.min && !Rate::parse(*rules.min)) || (rules.max && !Rate::parse(*rules.max))) return refuse_definition("min and max are decimals");
  if (rules.min && rules.max && less(*Rate::parse(*rules.max), *Rate::parse(*rules.min))) return refuse_definition("min is not above max");
  return {};
}

Result<> check_value(const AttributeDefinition& definition, const json::Value& value) {
  switch (definition.type) {
    case AttributeType::text: {
      const auto given = value.string();
      if (!given) return refuse(definition, "is a text");
      const auto length_max = definition.rules.max_length ? static_cast<std::size_t>(*definition.rules.max_length) : text_length_max;
      if (code_points(*given) > length_max) return refuse(definition, text("has at most ", length_max, " characters"));
      return {};
    }
    case AttributeType::number: return check_number(definition, value);
    case AttributeType::boolean:
      if (!value.boolean()) return refuse(definition, "is true or false");
      return {};
    case AttributeType::date: {
      const auto given = value.string();
      if (!given || given->size() != 10 || !UtcTime::parse(text(*given, "T00:00:00Z"))) return refuse(definition, "is a date, YYYY-MM-DD");
      return {};
    }
    case AttributeType::select:
      if (!is_option(definition, value)) return refuse(definition, "is an option of its definition");
      return {};
    case AttributeType::multiselect: return check_multiselect(definition, value);
  }
  return {};
}

Result<> check_values(const AttributeDefinitions& definitions, const json::Value& object) {
  std::string faults;
  std::string first;
  json::Writer writer(faults);
  writer.begin_array();
  const auto add = [&](std::string_view code, std::string_view rule) {
    if (first.empty()) first = text(code, ": ", rule);
    writer.begin_object().key("code").string(code).key("rule").string(rule).end_object();
  };
  object.for_each_member([&](std::string_view code, json::Value value) {
    const auto found = definitions.find(code);
    if (found == definitions.end()) {
      add(code, "is not defined");
    } else if (const auto checked = check_value(found->second, value); !checked) {
      add(code, checked.error().detail().substr(found->second.code.size() + 2));
    }
    return true;
  });
  writer.end_array();
  if (first.empty()) return {};
  return fail(Error(ErrorKind::rule_violated, "ATTRIBUTE_INVALID", first).with_json("attributes", faults));
}

AttributeTemplate effective_template(std::span<const AttributeTemplate> root_to_category) {
  AttributeTemplate out;
  const auto has = [](const std::vector<std::string>& codes, const std::string& code) { return std::ranges::find(codes, code) != codes.end(); };
  for (const auto& level : root_to_category) {
    for (const auto& code : level.required) {
      if (!has(out.required, code)) out.required.push_back(code);
    }
  }
  for (const auto& level : root_to_category) {
    for (const auto& code : level.optional) {
      if (!has(out.required, code) && !has(out.optional, code)) out.optional.push_back(code);
    }
  }
  return out;
}

std::vector<std::string> missing_attributes(const AttributeTemplate& effective, const json::Value& object) {
  std::vector<std::string> missing;
  for (const auto& code : effective.required) {
    const auto value = object.member(code);
    if (!value || value->is_null()) missing.push_back(code);
  }
  return missing;
}

std::string_view to_string(AttributeType type) noexcept { return type_names[static_cast<std::size_t>(type)]; }

std::optional<AttributeType> attribute_type_of(std::string_view text) noexcept {
  const auto found = std::ranges::find(type_names, text);
  if (found == type_names.end()) return std::nullopt;
  return static_cast<AttributeType>(found - type_names.begin());
}

}  // namespace emporion::catalog
