#include "kernel/rpc/error_codec.hpp"

#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::rpc {
namespace {

ErrorKind kind_from(std::string_view name) noexcept {
  for (int i = 0; i <= static_cast<int>(ErrorKind::deadline_exceeded); ++i) {
    if (to_string(static_cast<ErrorKind>(i)) == name) return static_cast<ErrorKind>(i);
  }
  return ErrorKind::internal;
}

std::string text_of(const json::Value& object, std::string_view name) {
  const auto member = object.member(name);
  const auto value = member ? member->string() : std::nullopt;
  return value ? std::string(*value) : std::string();
}

}  // namespace

std::string to_json(const Error& error) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("kind").string(to_string(error.kind())).key("reason").string(error.reason()).key("detail").string(error.detail());
  writer.key("metadata").begin_object();
  for (const auto& field : error.metadata()) writer.key_escaped(field.name).raw(field.json);
  writer.end_object().end_object();
  return out;
}

Error error_from_json(std::string_view text) {
  const auto document = json::Document::parse(text);
  if (!document || document->root().type() != json::Type::object) return Error(ErrorKind::internal, "ERROR_UNREADABLE");
  const auto root = document->root();
  Error out(kind_from(text_of(root, "kind")), text_of(root, "reason"), text_of(root, "detail"));
  if (const auto metadata = root.member("metadata")) {
    metadata->for_each_member([&](std::string_view name, json::Value value) {
      out = std::move(out).with_json(name, value.to_json());
      return true;
    });
  }
  return out;
}

}  // namespace emporion::rpc
