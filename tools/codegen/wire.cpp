#include "tools/codegen/wire.hpp"

#include "tools/codegen/fields.hpp"
#include "tools/codegen/output.hpp"

namespace emporion::codegen {
namespace {

void print_enum(Output& out, const pb::EnumDescriptor& enumeration) {
  out.print({{"name", flat_name(enumeration)}}, "\nbool from_wire(std::int64_t number, $name$& out) noexcept {\n  switch (number) {\n");
  for (int i = 0; i < enumeration.value_count(); ++i) {
    out.print("    case " + std::to_string(enumeration.value(i)->number()) + ":\n");
  }
  out.print({{"name", flat_name(enumeration)}}, "      out = static_cast<$name$>(number);\n      return true;\n    default: return false;\n  }\n}\n");
}

void print_message(Output& out, const pb::Descriptor& message) {
  const Variables name = {{"name", flat_name(message)}};
  const auto fields = fields_of(message);
  out.print(name, "\nvoid write_wire([[maybe_unused]] wire::Writer& writer, [[maybe_unused]] const $name$& value) {\n");
  for (const auto* field : fields) {
    out.print({{"number", std::to_string(field->number())}, {"member", cpp_name(*field)}}, "  writer.field($number$, value.$member$);\n");
  }
  out.print(name, "}\n\nvoid read_wire(wire::Reader& reader, [[maybe_unused]] $name$& out) {\n  while (reader.next()) {\n    switch (reader.number()) {\n");
  for (const auto* field : fields) {
    out.print({{"number", std::to_string(field->number())}, {"member", cpp_name(*field)}}, "      case $number$: reader.read(out.$member$); break;\n");
  }
  out.print("      default: break;\n    }\n  }\n}\n");
}

}  // namespace

std::string wire_header(const pb::FileDescriptor& file) {
  const Declarations declarations = declarations_of(file);
  Output out;
  out.print("// Generated from " + file.name() + " by tools/codegen. Edit the contract instead.\n#pragma once\n\n#include <cstdint>\n\n#include \"" +
            stem(file) + ".hpp\"\n#include \"kernel/wire/reader.hpp\"\n#include \"kernel/wire/writer.hpp\"\n");
  for (int i = 0; i < file.dependency_count(); ++i) {
    const auto& used = *file.dependency(i);
    if (used.name().starts_with("contracts/") || used.name().starts_with("tools/")) out.print("#include \"" + stem(used) + "_wire.hpp\"\n");
  }
  out.print("\nnamespace " + cpp_namespace(file) + " {\n\n");
  for (const auto* enumeration : declarations.enums) {
    out.print({{"name", flat_name(*enumeration)}},
              "/// False for a number that is not one of its values.\nbool from_wire(std::int64_t number, $name$& out) noexcept;\n");
  }
  for (const auto* message : declarations.messages) {
    out.print({{"name", flat_name(*message)}},
              "void write_wire(wire::Writer& writer, const $name$& value);\nvoid read_wire(wire::Reader& reader, $name$& out);\n");
  }
  out.print("\n}  // namespace " + cpp_namespace(file) + "\n");
  return out.finish();
}

std::string wire_source(const pb::FileDescriptor& file) {
  const Declarations declarations = declarations_of(file);
  Output out;
  out.print("// Generated from " + file.name() + " by tools/codegen. Edit the contract instead.\n#include \"" + stem(file) + "_wire.hpp\"\n\nnamespace " +
            cpp_namespace(file) + " {\n");
  for (const auto* enumeration : declarations.enums) print_enum(out, *enumeration);
  for (const auto* message : declarations.messages) print_message(out, *message);
  out.print("\n}  // namespace " + cpp_namespace(file) + "\n");
  return out.finish();
}

}  // namespace emporion::codegen
