#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/assert.hpp"
#include "kernel/json/fields.hpp"
#include "kernel/json/reader.hpp"
#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::json {
namespace {

/// Touches every value in every way, and answers how many there are.
std::size_t walk(Value value) {
  std::size_t count = 1;
  (void)value.boolean();
  (void)value.integer();
  (void)value.number();
  if (const auto string = value.string()) {
    std::string written;
    append_string(written, *string);
    const auto again = Document::parse(written);
    EMP_ASSERT(again && again->root().string() == *string);
  }
  value.for_each_element([&](Value element) {
    count += walk(element);
    return true;
  });
  value.for_each_member([&](std::string_view name, Value member) {
    EMP_ASSERT(value.member(name).has_value());
    count += walk(member);
    return true;
  });
  return count;
}

template <typename T>
void read_as(std::string_view given) {
  Reader reader;
  T out{};
  read_text(given, reader, out);
  if (!reader.ok()) EMP_ASSERT(reader.to_error().kind() == ErrorKind::invalid_argument);
}

}  // namespace
}  // namespace emporion::json

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace emporion;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  json::read_as<bool>(text);
  json::read_as<std::int32_t>(text);
  json::read_as<std::int64_t>(text);
  json::read_as<std::string>(text);
  json::read_as<Uuid>(text);
  json::read_as<UtcTime>(text);
  const auto document = json::Document::parse(text);
  if (!document) {
    EMP_ASSERT(document.error().reason() == "MALFORMED_JSON");
    return 0;
  }
  const std::size_t count = json::walk(document->root());
  // What we write of it says the same.
  const std::string written = document->root().to_json();
  const auto again = json::Document::parse(written);
  EMP_ASSERT(again && json::walk(again->root()) == count && again->root().to_json() == written);
  return 0;
}
