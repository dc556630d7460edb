#include "kernel/json/value.hpp"

#include <simdjson.h>

#include <cstring>
#include <type_traits>

namespace emporion::json {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

static_assert(sizeof(element) <= 16 && std::is_trivially_copyable_v<element>);

element as_element(const std::byte* storage) noexcept {
  element out;
  std::memcpy(static_cast<void*>(&out), storage, sizeof out);
  return out;
}

constexpr std::size_t depth_max = 64;

}  // namespace

Type Value::type() const noexcept {
  switch (as_element(element_).type()) {
    case element_type::NULL_VALUE: return Type::null;
    case element_type::BOOL: return Type::boolean;
    case element_type::INT64: return Type::integer;
    case element_type::UINT64:
    case element_type::DOUBLE: return Type::number;
    case element_type::STRING: return Type::string;
    case element_type::ARRAY: return Type::array;
    case element_type::OBJECT: return Type::object;
  }
  return Type::null;
}

std::optional<bool> Value::boolean() const noexcept {
  bool out = false;
  if (as_element(element_).get_bool().get(out)) return std::nullopt;
  return out;
}

std::optional<std::int64_t> Value::integer() const noexcept {
  if (type() != Type::integer) return std::nullopt;
  std::int64_t out = 0;
  if (as_element(element_).get_int64().get(out)) return std::nullopt;
  return out;
}

std::optional<double> Value::number() const noexcept {
  double out = 0;
  if (as_element(element_).get_double().get(out)) return std::nullopt;
  return out;
}

std::optional<std::string_view> Value::string() const noexcept {
  std::string_view out;
  if (as_element(element_).get_string().get(out)) return std::nullopt;
  return out;
}

std::optional<Value> Value::member(std::string_view name) const noexcept {
  element out;
  if (as_element(element_).at_key(name).get(out)) return std::nullopt;
  Value value;
  std::memcpy(value.element_, &out, sizeof out);
  return value;
}

std::string Value::to_json() const { return simdjson::minify(as_element(element_)); }

void Value::visit_members(bool (*visit)(void*, std::string_view, Value), void* context) const {
  simdjson::dom::object members;
  if (as_element(element_).get_object().get(members)) return;
  for (const auto field : members) {
    Value value;
    std::memcpy(value.element_, &field.value, sizeof field.value);
    if (!visit(context, field.key, value)) return;
  }
}

void Value::visit_elements(bool (*visit)(void*, Value), void* context) const {
  simdjson::dom::array elements;
  if (as_element(element_).get_array().get(elements)) return;
  for (const auto item : elements) {
    Value value;
    std::memcpy(value.element_, &item, sizeof item);
    if (!visit(context, value)) return;
  }
}

std::size_t Value::size() const noexcept {
  simdjson::dom::array elements;
  if (!as_element(element_).get_array().get(elements)) {
    std::size_t count = 0;  // `size()` of simdjson saturates at 24 bits.
    for ([[maybe_unused]] const auto item : elements) ++count;
    return count;
  }
  simdjson::dom::object members;
  if (!as_element(element_).get_object().get(members)) return members.size();
  return 0;
}

struct Document::Impl {
  simdjson::dom::parser parser;
  element root;
};

Document::Document(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Result<Document> Document::parse(std::string_view text) {
  if (text.empty())
    return fail(ErrorKind::invalid_argument, "MALFORMED_JSON", "there is no text");  // It may be a null pointer, which simdjson would copy from.
  auto impl = std::make_unique<Impl>();
  if (impl->parser.allocate(text.size() + 1, depth_max) != simdjson::SUCCESS) {
    return fail(ErrorKind::resource_exhausted, "OUT_OF_MEMORY", "the document is too large");
  }
  const auto error = impl->parser.parse(text.data(), text.size()).get(impl->root);
  if (error != simdjson::SUCCESS) {
    return fail(ErrorKind::invalid_argument, "MALFORMED_JSON", simdjson::error_message(error));
  }
  return Document(std::move(impl));
}

Value Document::root() const noexcept {
  Value value;
  std::memcpy(value.element_, &impl_->root, sizeof impl_->root);
  return value;
}

}  // namespace emporion::json
