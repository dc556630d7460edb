#include "tools/codegen/samples.hpp"

#include <algorithm>
#include <set>

#include "emporion/options.pb.h"
#include "tools/codegen/fields.hpp"
#include "tools/codegen/names.hpp"
#include "tools/codegen/output.hpp"

namespace emporion::codegen {
namespace {

// Messages that events hold, each after those it holds itself.
void collect(const pb::Descriptor& message, std::set<const pb::Descriptor*>& seen, std::vector<const pb::Descriptor*>& out) {
  if (!seen.insert(&message).second) return;
  for (const auto* field : fields_of(message)) {
    if (kind_of(*field) == Kind::message) collect(*value_field(*field).message_type(), seen, out);
  }
  out.push_back(&message);
}

std::string qualified(const std::string& name, const pb::FileDescriptor& file) { return "::" + cpp_namespace(file) + "::" + name; }

std::string value_of(const pb::FieldDescriptor& field) {
  const auto& rules = field.options().GetExtension(emporion::rules);
  switch (kind_of(field)) {
    case Kind::boolean: return "true";
    case Kind::int32:
    case Kind::int64: return std::to_string(rules.has_max() && rules.max() < 7 ? rules.max() : rules.has_min() && rules.min() > 7 ? rules.min() : 7);
    case Kind::string:
    case Kind::bytes:
      return "std::string(" + std::to_string(std::max(rules.min_length(), rules.has_max_length() ? std::min(rules.max_length(), 3) : 3)) + ", 'x')";
    case Kind::uuid: return "Uuid::from_name(" + literal(field.name()) + ")";
    case Kind::time: return "UtcTime::from_micros(1'700'000'000'123'456)";
    case Kind::money: return "Money(1234, Currency::of(\"USD\"))";
    case Kind::raw: return "json::Raw{R\"({\"a\":[1,null]})\"}";
    case Kind::enumeration: {
      const auto& type = *value_field(field).enum_type();
      return qualified(flat_name(type), *type.file()) + "::" + identifier(value_name(*type.value(type.value_count() - 1)));
    }
    case Kind::message: return "sample_of<" + qualified(flat_name(*value_field(field).message_type()), *value_field(field).message_type()->file()) + ">(all)";
    case Kind::unsupported: break;
  }
  return "{}";
}

void print_sample(Output& out, const pb::Descriptor& message) {
  out.print({{"type", qualified(flat_name(message), *message.file())}}, "template <>\n$type$ sample_of<$type$>([[maybe_unused]] bool all) {\n  $type$ out;\n");
  for (const auto* field : fields_of(message)) {
    const auto& rules = field->options().GetExtension(emporion::rules);
    const Variables variables = {{"member", "out." + cpp_name(*field)}, {"value", value_of(*field)}, {"count", std::to_string(std::max(rules.min_items(), 1))}};
    if (field->is_map()) {
      out.print(variables, "  $member$.emplace(\"key\", $value$);\n");
    } else if (is_list(*field)) {
      out.print(variables, "  $member$.assign($count$, $value$);\n");
    } else {
      out.print(variables, is_optional(*field) ? "  if (all) $member$ = $value$;\n" : "  $member$ = $value$;\n");
    }
  }
  out.print("  return out;\n}\n");
}

}  // namespace

std::string events_test(const std::vector<const pb::FileDescriptor*>& files) {
  Output out;
  out.print("// Generated from all contracts by tools/codegen.\n#include <gtest/gtest.h>\n\n#include \"kernel/json/codec.hpp\"\n");
  std::set<const pb::Descriptor*> seen;
  std::vector<const pb::Descriptor*> messages;
  std::vector<const pb::Descriptor*> events;
  for (const auto* file : files) {
    const auto declared = declarations_of(*file).messages;
    const auto is_event = [](const auto* message) { return !message->options().GetExtension(emporion::topic).empty(); };
    if (std::ranges::none_of(declared, is_event)) continue;
    out.print("#include \"" + stem(*file) + ".hpp\"\n");
    for (const auto* message : declared) {
      if (!is_event(message)) continue;
      collect(*message, seen, messages);
      events.push_back(message);
    }
  }
  out.print(R"(
namespace emporion {
namespace {

template <typename T>
T sample_of(bool all);

template <typename T>
void expect_round_trip() {
  for (const bool all : {false, true}) {
    const T event = sample_of<T>(all);
    const std::string text = to_json(event);
    const auto read = parse_json<T>(text);
    ASSERT_TRUE(read.has_value()) << text << "\n" << read.error().to_string();
    EXPECT_EQ(to_json(*read), text);
    EXPECT_TRUE(*read == event) << text;
  }
}

)");
  for (const auto* message : messages) print_sample(out, *message);
  for (const auto* event : events) {
    std::string name = event->file()->package() + "." + flat_name(*event);
    std::erase(name, '.');
    out.print({{"name", name}, {"type", qualified(flat_name(*event), *event->file())}}, "TEST(EventsThroughJson, $name$) { expect_round_trip<$type$>(); }\n");
  }
  out.print("\n}  // namespace\n}  // namespace emporion\n");
  return out.finish();
}

std::string message_readers_header() {
  return R"(// Generated from all contracts by tools/codegen.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"

namespace emporion::contracts {

struct MessageReader {
  std::string_view name;  ///< "emporion.order.v1.Order"
  Result<std::string> (*rewritten)(std::string_view json);  ///< The JSON of what was read.
  std::string (*sample)();
};

std::span<const MessageReader> message_readers();

}  // namespace emporion::contracts
)";
}

std::string message_readers_source(const std::vector<const pb::FileDescriptor*>& files) {
  Output out;
  out.print(
      "// Generated from all contracts by tools/codegen.\n#include \"contracts/message_readers.hpp\"\n\n#include "
      "\"kernel/json/codec.hpp\"\n");
  std::set<const pb::Descriptor*> seen;
  std::vector<const pb::Descriptor*> messages;
  for (const auto* file : files) {
    const auto declared = declarations_of(*file).messages;
    if (!declared.empty()) out.print("#include \"" + stem(*file) + ".hpp\"\n");
    for (const auto* message : declared) collect(*message, seen, messages);
  }
  out.print(R"(
namespace emporion::contracts {
namespace {

template <typename T>
T sample_of(bool all);

template <typename T>
Result<std::string> rewritten(std::string_view json) {
  EMP_ASSIGN(const T value, parse_json<T>(json));
  return to_json(value);
}

template <typename T>
std::string sample() {
  return to_json(sample_of<T>(true));
}

)");
  for (const auto* message : messages) print_sample(out, *message);
  out.print("\nconstexpr MessageReader readers[] = {\n");
  for (const auto* message : messages) {
    out.print({{"name", message->file()->package() + "." + flat_name(*message)}, {"type", qualified(flat_name(*message), *message->file())}},
              "    {\"$name$\", &rewritten<$type$>, &sample<$type$>},\n");
  }
  out.print("};\n\n}  // namespace\n\nstd::span<const MessageReader> message_readers() { return readers; }\n\n}  // namespace emporion::contracts\n");
  return out.finish();
}

}  // namespace emporion::codegen
