#include "tools/codegen/structs.hpp"

#include <set>

#include "emporion/options.pb.h"
#include "tools/codegen/fields.hpp"
#include "tools/codegen/names.hpp"
#include "tools/codegen/output.hpp"

namespace emporion::codegen {
namespace {

// Which headers the members' types need.
std::set<std::string> includes_of(const pb::FileDescriptor& file, const Declarations& declarations) {
  std::set<std::string> out = {"<string>", "<string_view>", "\"kernel/json/reader.hpp\"", "\"kernel/json/value.hpp\""};
  for (const auto* message : declarations.messages) {
    if (!message->options().GetExtension(emporion::topic).empty()) out.insert("<string_view>");
    for (const auto* field : fields_of(*message)) {
      if (field->is_map()) out.insert("<map>");
      if (is_list(*field)) out.insert("<vector>");
      if (is_optional(*field)) out.insert("<optional>");
      switch (kind_of(*field)) {
        case Kind::int32:
        case Kind::int64: out.insert("<cstdint>"); break;
        case Kind::uuid: out.insert("\"kernel/base/uuid.hpp\""); break;
        case Kind::time: out.insert("\"kernel/base/time.hpp\""); break;
        case Kind::money: out.insert("\"kernel/money/money.hpp\""); break;
        default: break;
      }
    }
  }
  if (!declarations.enums.empty()) out.insert("<cstdint>");
  if (file.service_count() > 0) {
    out.insert({"\"kernel/async/task.hpp\"", "\"kernel/base/result.hpp\"", "\"kernel/rpc/call_context.hpp\""});
  }
  for (int i = 0; i < file.dependency_count(); ++i) {
    const auto& used = *file.dependency(i);
    if (used.name().starts_with("contracts/") || used.name().starts_with("tools/")) out.insert("\"" + stem(used) + ".hpp\"");
  }
  return out;
}

void print_enum(Output& out, const pb::EnumDescriptor& enumeration) {
  const std::string name = flat_name(enumeration);
  out.print("\n" + doc_lines(comment_of(enumeration), ""));
  out.print({{"name", name}}, "enum class $name$ : std::uint8_t {\n");
  for (int i = 0; i < enumeration.value_count(); ++i) {
    const auto& value = *enumeration.value(i);
    out.print(doc_lines(comment_of(value), "  "));
    out.print({{"value", identifier(value_name(value))}, {"number", std::to_string(value.number())}}, "  $value$ = $number$,\n");
  }
  out.print({{"name", name}}, R"(};
/// The name in JSON.
std::string_view to_string($name$ value) noexcept;
/// Reads what `to_string` writes; false for anything else, "unspecified" included.
bool from_string(std::string_view text, $name$& out) noexcept;
void append_json(std::string& out, $name$ value);
void read_json(const json::Value& value, json::Reader& reader, $name$& out);
void read_text(std::string_view text, json::Reader& reader, $name$& out);
)");
}

void print_struct(Output& out, const pb::Descriptor& message) {
  const Variables variables = {{"name", flat_name(message)}, {"topic", message.options().GetExtension(emporion::topic)}};
  out.print("\n" + doc_lines(comment_of(message), ""));
  out.print(variables, "struct $name$ {\n");
  if (!variables.at("topic").empty()) out.print(variables, "  static constexpr std::string_view topic = \"$topic$\";\n\n");
  for (const auto* field : fields_of(message)) {
    out.print(doc_lines(comment_of(*field), "  "));
    const std::string initialiser = cpp_initialiser(*field);
    out.print({{"type", cpp_type(*field)}, {"field", cpp_name(*field)}, {"value", initialiser.empty() ? "{}" : initialiser}}, "  $type$ $field$$value$;\n");
  }
  if (message.field_count() > 0) out.print("\n");
  out.print(variables, R"(  friend bool operator==(const $name$&, const $name$&) = default;
};
void append_json(std::string& out, const $name$& value);
void read_json(const json::Value& value, json::Reader& reader, $name$& out);
/// Reports each broken field rule, as reading from JSON would.
void check_rules(const $name$& value, json::Reader& reader);
)");
}

void print_interface(Output& out, const pb::ServiceDescriptor& service) {
  out.print("\n" + doc_lines(comment_of(service), ""));
  out.print({{"name", service.name()}}, "class $name$ {\n public:\n  virtual ~$name$() = default;\n");
  for (int i = 0; i < service.method_count(); ++i) {
    const auto& method = *service.method(i);
    out.print("\n" + doc_lines(comment_of(method), "  "));
    out.print({{"method", identifier(snake_case(method.name()))},
               {"request", cpp_name(*method.input_type(), *service.file())},
               {"response", cpp_name(*method.output_type(), *service.file())}},
              "  virtual Task<Result<$response$>> $method$(CallContext context, $request$ request) = 0;\n");
  }
  out.print("};\n");
}

}  // namespace

std::string struct_header(const pb::FileDescriptor& file) {
  const Declarations declarations = declarations_of(file);
  Output out;
  out.print("// Generated from " + file.name() + " by tools/codegen. Edit the contract instead.\n#pragma once\n\n");
  const auto includes = includes_of(file, declarations);
  for (const bool system : {true, false}) {
    for (const auto& header : includes) {
      if ((header[0] == '<') == system) out.print("#include " + header + "\n");
    }
    if (system) out.print("\n");
  }
  out.print("\nnamespace " + cpp_namespace(file) + " {\n");
  for (const auto* enumeration : declarations.enums) print_enum(out, *enumeration);
  for (const auto* message : declarations.messages) print_struct(out, *message);
  for (int i = 0; i < file.service_count(); ++i) print_interface(out, *file.service(i));
  out.print("\n}  // namespace " + cpp_namespace(file) + "\n");
  return out.finish();
}

}  // namespace emporion::codegen
