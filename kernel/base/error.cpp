#include "kernel/base/error.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion {

Error::Error(const Error&) = default;
Error::Error(Error&&) noexcept = default;
Error& Error::operator=(const Error&) = default;
Error& Error::operator=(Error&&) noexcept = default;
Error::~Error() = default;

Error Error::with(std::string_view name, std::string_view value) && {
  std::string json;
  json::append_string(json, value);
  return std::move(*this).with_json(name, std::move(json));
}

Error Error::with(std::string_view name, std::int64_t value) && { return std::move(*this).with_json(name, std::to_string(value)); }

Error Error::with_json(std::string_view name, std::string json) && {
  metadata_.push_back({std::string(name), std::move(json)});
  return std::move(*this);
}

std::string_view Error::metadata_json(std::string_view name) const noexcept {
  for (const auto& field : metadata_) {
    if (field.name == name) return field.json;
  }
  return {};
}

bool Error::is_transient() const noexcept {
  return kind_ == ErrorKind::unavailable || kind_ == ErrorKind::deadline_exceeded || kind_ == ErrorKind::resource_exhausted || kind_ == ErrorKind::internal;
}

std::string Error::to_string() const {
  std::string out = text(emporion::to_string(kind_), " ", reason_, ": ", detail_);
  for (const auto& field : metadata_) out += text(" ", field.name, "=", field.json);
  return out;
}

std::string_view to_string(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::invalid_argument: return "invalid_argument";
    case ErrorKind::unauthenticated: return "unauthenticated";
    case ErrorKind::payment_refused: return "payment_refused";
    case ErrorKind::permission_denied: return "permission_denied";
    case ErrorKind::not_found: return "not_found";
    case ErrorKind::method_not_allowed: return "method_not_allowed";
    case ErrorKind::conflict: return "conflict";
    case ErrorKind::gone: return "gone";
    case ErrorKind::precondition_failed: return "precondition_failed";
    case ErrorKind::payload_too_large: return "payload_too_large";
    case ErrorKind::uri_too_long: return "uri_too_long";
    case ErrorKind::rule_violated: return "rule_violated";
    case ErrorKind::headers_too_large: return "headers_too_large";
    case ErrorKind::resource_exhausted: return "resource_exhausted";
    case ErrorKind::internal: return "internal";
    case ErrorKind::unimplemented: return "unimplemented";
    case ErrorKind::unavailable: return "unavailable";
    case ErrorKind::deadline_exceeded: return "deadline_exceeded";
  }
  return "unknown";
}

}  // namespace emporion
