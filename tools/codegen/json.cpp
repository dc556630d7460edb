#include "tools/codegen/json.hpp"

#include "emporion/options.pb.h"
#include "tools/codegen/fields.hpp"
#include "tools/codegen/names.hpp"

namespace emporion::codegen {
namespace {

using Fields = std::vector<const pb::FieldDescriptor*>;

void print_enum(Output& out, const pb::EnumDescriptor& enumeration) {
  const Variables name = {{"name", flat_name(enumeration)}};
  std::string expected;
  out.print(name, "\nstd::string_view to_string($name$ value) noexcept {\n  switch (value) {\n");
  for (int i = 0; i < enumeration.value_count(); ++i) {
    const std::string text = value_name(*enumeration.value(i));
    out.print({{"name", flat_name(enumeration)}, {"value", identifier(text)}, {"text", text}}, "    case $name$::$value$: return \"$text$\";\n");
    if (i > 0 || !has_unspecified(enumeration)) expected += (expected.empty() ? "" : ", ") + text;
  }
  out.print(name, "  }\n  return \"unspecified\";\n}\n\nbool from_string(std::string_view text, $name$& out) noexcept {\n");
  for (int i = has_unspecified(enumeration) ? 1 : 0; i < enumeration.value_count(); ++i) {
    const std::string text = value_name(*enumeration.value(i));
    out.print({{"name", flat_name(enumeration)}, {"value", identifier(text)}, {"text", text}}, R"(  if (text == "$text$") {
    out = $name$::$value$;
    return true;
  }
)");
  }
  if (expected.size() > 300) expected = expected.substr(0, 300) + " …";
  out.print({{"name", flat_name(enumeration)}, {"expected", expected}}, R"(  return false;
}

void append_json(std::string& out, $name$ value) { out.append("\"").append(to_string(value)).append("\""); }

void read_text(std::string_view text, json::Reader& reader, $name$& out) {
  if (!from_string(text, out)) reader.out_of_range("one of $expected$");
}

void read_json(const json::Value& value, json::Reader& reader, $name$& out) {
  const auto text = value.string();
  if (!text) return reader.wrong_type("string");
  read_text(*text, reader, out);
}
)");
}

// What checks one value named `name` at the reader's place, or nothing if its type says all.
std::string value_check(const pb::FieldDescriptor& field, const std::string& name) {
  switch (kind_of(field)) {
    case Kind::string: return "json::check(" + name + (value_rules(field).empty() ? ", json::StringRules{}" : value_rules(field)) + ", reader);";
    case Kind::bytes: return value_rules(field).empty() ? "" : "json::check_bytes(" + name + value_rules(field) + ", reader);";
    case Kind::int32:
    case Kind::int64: return value_rules(field).empty() ? "" : "json::check(std::int64_t{" + name + "}" + value_rules(field) + ", reader);";
    case Kind::message: return "check_rules(" + name + ", reader);";
    case Kind::enumeration:
      if (!has_unspecified(*value_field(field).enum_type())) return {};
      return "if (" + name + " == " + cpp_name(*value_field(field).enum_type(), *field.file()) + "::unspecified) reader.out_of_range(\"must be said\");";
    default: return {};
  }
}

void print_items_check(Output& out, const pb::FieldDescriptor& field) {
  const Variables variables = {
      {"member", "value." + cpp_name(field)}, {"name", field.name()}, {"items", item_rules(field)}, {"check", value_check(field, "item")}};
  out.print(variables, "  json::check_member(\"$name$\", $member$.size(), $items$, reader);\n");
  if (variables.at("check").empty() && !field.is_map()) return;
  out.print(variables, "  {\n    const json::Reader::At at(reader, \"$name$\");\n");
  if (field.is_map()) {
    out.print(variables, R"(    for (const auto& [key, item] : $member$) {
      const json::Reader::At at_item(reader, key);
      json::check(key, json::StringRules{}, reader);
)");
    out.print(variables, variables.at("check").empty() ? "      static_cast<void>(item);\n    }\n" : "      $check$\n    }\n");
  } else {
    out.print(variables, R"(    for (std::size_t i = 0; i < $member$.size(); ++i) {
      const json::Reader::At at_item(reader, i);
      const auto& item = $member$[i];
      $check$
    }
)");
  }
  out.print("  }\n");
}

void print_check(Output& out, const pb::FieldDescriptor& field) {
  if (place_of(field) == Place::all_headers) return;  // The server has limits of its own for these.
  if (field.is_repeated()) return print_items_check(out, field);
  const std::string member = "value." + cpp_name(field);
  const std::string value = is_optional(field) ? "*" + member : member;
  const std::string check = value_check(field, value);
  if (check.empty()) return;
  Variables variables = {{"condition", is_optional(field) ? "if (" + member + ") " : ""}, {"name", field.name()}, {"check", check}, {"value", value}};
  if (check.starts_with("json::check(")) {
    variables["arguments"] = check.substr(std::string_view("json::check(").size());
    return out.print(variables, "  $condition$json::check_member(\"$name$\", $arguments$\n");
  }
  out.print(variables, "  $condition${\n    const json::Reader::At at(reader, \"$name$\");\n    $check$\n  }\n");
}

void print_message(Output& out, const pb::Descriptor& message) {
  const Variables name = {{"name", flat_name(message)}};
  const auto fields = fields_of(message);
  out.print(name, "\nvoid append_json(std::string& out, const $name$& value) {\n");
  print_append_body(out, fields);
  out.print(name, "}\n\nvoid read_json(const json::Value& value, json::Reader& reader, $name$& out) {\n");
  print_read_body(out, flat_name(message), fields);
  out.print(name, "}\n\nvoid check_rules([[maybe_unused]] const $name$& value, [[maybe_unused]] json::Reader& reader) {\n");
  for (const auto* field : fields) print_check(out, *field);
  out.print("}\n");
}

bool uses_money(const Declarations& declarations) {
  for (const auto* message : declarations.messages) {
    for (const auto* field : fields_of(*message)) {
      if (kind_of(*field) == Kind::money) return true;
    }
  }
  return false;
}

}  // namespace

std::string read_member_call(const pb::FieldDescriptor& field, const std::string& target) {
  if (is_list(field)) return "json::read_items(member, at, " + target + ", " + item_rules(field) + value_rules(field) + ")";
  if (field.is_map()) return "json::read_entries(member, at, " + target + ", " + item_rules(field) + value_rules(field) + ")";
  if (kind_of(field) == Kind::bytes) return "json::read_base64(member, at, " + target + value_rules(field) + ")";
  return "read_json(member, at, " + target + value_rules(field) + ")";
}

void print_append_body(Output& out, const Fields& fields) {
  if (fields.empty()) {
    out.print("  static_cast<void>(value);\n  out.append(\"{}\");\n");
    return;
  }
  out.print("  using json::append_json;\n  out.push_back('{');\n");
  for (const auto* field : fields) {
    const std::string member = "value." + cpp_name(*field);
    const bool bytes = kind_of(*field) == Kind::bytes;
    const Variables variables = {{"member", member}, {"name", field->name()}, {"function", bytes ? "json::append_base64" : "append_json"}};
    if (is_optional(*field)) {
      out.print(variables, "  if ($member$) {\n    json::append_name(out, \"\\\"$name$\\\":\");\n    $function$(out, *$member$);\n  }\n");
    } else {
      out.print(variables, "  json::append_name(out, \"\\\"$name$\\\":\");\n  $function$(out, $member$);\n");
    }
  }
  out.print("  out.push_back('}');\n");
}

void print_read_body(Output& out, const std::string& type, const Fields& fields) {
  if (fields.empty()) {
    out.print("  json::read_members(value, reader, {}, &out);\n");
    return;
  }
  out.print("  using json::read_json;\n  static constexpr json::Member members[] = {\n");
  for (const auto* field : fields) {
    const bool items_wanted = field->options().GetExtension(emporion::rules).min_items() > 0;
    out.print({{"name", field->name()},
               {"required", is_required(*field) || (field->is_repeated() && items_wanted) ? "true" : "false"},
               {"read", read_member_call(*field, "static_cast<" + type + "*>(target)->" + cpp_name(*field))}},
              "      {\"$name$\", $required$, [](const json::Value& member, json::Reader& at, void* target) { $read$; }},\n");
  }
  out.print("  };\n  json::read_members(value, reader, members, &out);\n");
}

std::string struct_source(const pb::FileDescriptor& file) {
  const Declarations declarations = declarations_of(file);
  Output out;
  out.print("// Generated from " + file.name() + " by tools/codegen. Edit the contract instead.\n#include \"" + stem(file) +
            ".hpp\"\n\n#include <utility>\n\n");
  out.print("#include \"kernel/json/fields.hpp\"\n");
  if (uses_money(declarations)) out.print("#include \"kernel/money/money_json.hpp\"\n");
  out.print("\nnamespace " + cpp_namespace(file) + " {\n");
  for (const auto* enumeration : declarations.enums) print_enum(out, *enumeration);
  for (const auto* message : declarations.messages) print_message(out, *message);
  out.print("\n}  // namespace " + cpp_namespace(file) + "\n");
  return out.finish();
}

}  // namespace emporion::codegen
