#include "tools/codegen/json.hpp"

#include <map>

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

// What checks one value named `name`, or nothing if its type says all.
std::string value_check(const pb::FieldDescriptor& field, const std::string& name) {
  switch (kind_of(field)) {
    case Kind::string:
      return "json::check(" + name + (value_rules(field).empty() ? ", json::StringRules{}" : value_rules(field)) + ", reader);";
    case Kind::bytes:
      return value_rules(field).empty() ? "" : "json::check_bytes(" + name + value_rules(field) + ", reader);";
    case Kind::int32:
    case Kind::int64:
      return value_rules(field).empty() ? "" : "json::check(std::int64_t{" + name + "}" + value_rules(field) + ", reader);";
    case Kind::message:
      return "check_rules(" + name + ", reader);";
    case Kind::enumeration:
      if (!has_unspecified(*value_field(field).enum_type())) return {};
      return "if (" + name + " == " + cpp_name(*value_field(field).enum_type(), *field.file()) + "::unspecified) reader.out_of_range(\"must be said\");";
    default:
      return {};
  }
}

void print_check(Output& out, const pb::FieldDescriptor& field) {
  if (place_of(field) == Place::all_headers) return;  // The server has limits of its own for these.
  const std::string member = "value." + cpp_name(field);
  Variables variables = {{"member", member}, {"name", field.name()}, {"items", item_rules(field)}, {"check", value_check(field, "item")}};
  if (is_list(field) || field.is_map()) {
    out.print(variables, "  {\n    const json::Reader::At at(reader, \"$name$\");\n    json::check($member$.size(), $items$, reader);\n");
    if (field.is_map()) {
      out.print(variables, R"(    for (const auto& [key, item] : $member$) {
      const json::Reader::At at_item(reader, key);
      json::check(key, json::StringRules{}, reader);
)");
      out.print(variables, variables.at("check").empty() ? "      static_cast<void>(item);\n    }\n" : "      $check$\n    }\n");
    } else if (!variables.at("check").empty()) {
      out.print(variables, R"(    for (std::size_t i = 0; i < $member$.size(); ++i) {
      const json::Reader::At at_item(reader, i);
      const auto& item = $member$[i];
      $check$
    }
)");
    }
    out.print("  }\n");
    return;
  }
  variables["check"] = value_check(field, is_optional(field) ? "*" + member : member);
  if (variables.at("check").empty()) return;
  variables["condition"] = is_optional(field) ? "if (" + member + ") " : "";
  out.print(variables, "  $condition${\n    const json::Reader::At at(reader, \"$name$\");\n    $check$\n  }\n");
}

void print_message(Output& out, const pb::Descriptor& message) {
  const Variables name = {{"name", flat_name(message)}};
  const auto fields = fields_of(message);
  out.print(name, "\nvoid append_json(std::string& out, const $name$& value) {\n");
  print_append_body(out, fields);
  out.print(name, "}\n\nvoid read_json(const json::Value& value, json::Reader& reader, $name$& out) {\n");
  print_read_body(out, fields);
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

std::string read_member_call(const pb::FieldDescriptor& field) {
  const std::string target = "out." + cpp_name(field);
  if (is_list(field)) return "json::read_items(member, reader, " + target + ", " + item_rules(field) + value_rules(field) + ")";
  if (field.is_map()) return "json::read_entries(member, reader, " + target + ", " + item_rules(field) + value_rules(field) + ")";
  if (kind_of(field) == Kind::bytes) return "json::read_base64(member, reader, " + target + value_rules(field) + ")";
  return "read_json(member, reader, " + target + value_rules(field) + ")";
}

void print_append_body(Output& out, const Fields& fields) {
  if (fields.empty()) {
    out.print("  static_cast<void>(value);\n  out.append(\"{}\");\n");
    return;
  }
  out.print("  using json::append_json;\n  out.push_back('{');\n");
  for (const auto* field : fields) {
    const std::string member = "value." + cpp_name(*field);
    const bool optional = is_optional(*field);
    const bool bytes = kind_of(*field) == Kind::bytes;
    const Variables variables = {
        {"member", member}, {"name", field->name()}, {"function", bytes ? "json::append_base64" : "append_json"}, {"value", (optional ? "*" : "") + member}};
    if (optional) {
      out.print(variables, "  if ($member$) {\n    out.append(\"\\\"$name$\\\":\");\n    $function$(out, $value$);\n    out.push_back(',');\n  }\n");
    } else {
      out.print(variables, "  out.append(\"\\\"$name$\\\":\");\n  $function$(out, $value$);\n  out.push_back(',');\n");
    }
  }
  out.print("  json::close_object(out);\n");
}

void print_read_body(Output& out, const Fields& fields) {
  out.print("  if (value.type() != json::Type::object) return reader.wrong_type(\"object\");\n");
  if (fields.empty()) {
    out.print("  static_cast<void>(out);\n");
    out.print("  value.for_each_member([&](std::string_view name, json::Value) {\n    reader.unknown(name);\n    return true;\n  });\n");
    return;
  }
  const Variables count = {{"count", std::to_string(fields.size())}};
  out.print(count, R"(  using json::read_json;
  bool seen[$count$] = {};
  value.for_each_member([&](std::string_view name, json::Value member) {
    const auto first = [&](bool& flag) {
      if (flag) reader.out_of_range("given twice");
      return !std::exchange(flag, true);
    };
    switch (name.size()) {
)");
  std::map<std::size_t, std::vector<std::size_t>> by_length;
  for (std::size_t i = 0; i < fields.size(); ++i) by_length[fields[i]->name().size()].push_back(i);
  for (const auto& [length, indexes] : by_length) {
    out.print("      case " + std::to_string(length) + ":\n");
    for (const auto i : indexes) {
      out.print({{"name", fields[i]->name()}, {"i", std::to_string(i)}, {"read", read_member_call(*fields[i])}}, R"(        if (name == "$name$") {
          const json::Reader::At at(reader, name);
          if (first(seen[$i$])) $read$;
          return true;
        }
)");
    }
    out.print("        break;\n");
  }
  out.print("      default: break;\n    }\n    reader.unknown(name);\n    return true;\n  });\n");
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool items_wanted = fields[i]->options().GetExtension(emporion::rules).min_items() > 0;
    if (is_required(*fields[i]) || (fields[i]->is_repeated() && items_wanted)) {
      out.print({{"name", fields[i]->name()}, {"i", std::to_string(i)}}, "  if (!seen[$i$]) reader.missing(\"$name$\");\n");
    }
  }
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
