#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace emporion {

/// What sort of "no" an error is: what the caller can do about it. The HTTP and gRPC status of each kind is one table in kernel/rpc/status.cpp.
enum class ErrorKind : std::uint8_t {
  invalid_argument,     ///< 400: malformed input; fix the request.
  unauthenticated,      ///< 401: sign in.
  payment_refused,      ///< 402: the payment was declined.
  permission_denied,    ///< 403: the caller may not.
  not_found,            ///< 404: absent, or its existence is secret.
  method_not_allowed,   ///< 405.
  conflict,             ///< 409: lost race or wrong state; read again.
  gone,                 ///< 410: expired for good.
  precondition_failed,  ///< 412: If-Match did not match.
  payload_too_large,    ///< 413.
  uri_too_long,         ///< 414.
  rule_violated,        ///< 422: a rule of the business refuses well-formed input.
  headers_too_large,    ///< 431.
  resource_exhausted,   ///< 429: repeat this call later.
  internal,             ///< 500: a defect.
  unimplemented,        ///< 501.
  unavailable,          ///< 503: repeat this call later; it had no effect, or repeating it with the same key is safe.
  deadline_exceeded,    ///< 504: the outcome is unknown; ask again with the same key.
};

/// One named fact about an error. `json` is the value as JSON text (a string is already quoted and escaped).
struct ErrorField {
  std::string name;
  std::string json;
  friend bool operator==(const ErrorField&, const ErrorField&) = default;
};

/// A refusal or a failure, as a value. `reason` is UPPER_SNAKE and stable, clients branch on it; `detail` is for people.
class Error {
 public:
  Error(ErrorKind kind, std::string reason, std::string detail = {}) : kind_(kind), reason_(std::move(reason)), detail_(std::move(detail)) {}

  // Out of line: every Result holds one, and would else carry all this code.
  Error(const Error&);
  Error(Error&&) noexcept;
  Error& operator=(const Error&);
  Error& operator=(Error&&) noexcept;
  ~Error();

  ErrorKind kind() const noexcept { return kind_; }
  const std::string& reason() const noexcept { return reason_; }
  const std::string& detail() const noexcept { return detail_; }
  const std::vector<ErrorField>& metadata() const noexcept { return metadata_; }

  /// Adds a string to the metadata.
  Error with(std::string_view name, std::string_view value) &&;
  Error with(std::string_view name, const char* value) && { return std::move(*this).with(name, std::string_view(value)); }
  /// Adds an integer to the metadata.
  Error with(std::string_view name, std::int64_t value) &&;
  Error with(std::string_view name, int value) && { return std::move(*this).with(name, std::int64_t{value}); }
  /// Adds a value that is JSON text already.
  Error with_json(std::string_view name, std::string json) &&;

  /// The metadata's JSON text under `name`, or an empty view.
  std::string_view metadata_json(std::string_view name) const noexcept;

  /// True if the call may or may not have taken effect, or may be repeated with the same key: unavailable, deadline_exceeded,
  /// resource_exhausted, internal. False for a definite refusal.
  bool is_transient() const noexcept;

  std::string to_string() const;

 private:
  ErrorKind kind_;
  std::string reason_;
  std::string detail_;
  std::vector<ErrorField> metadata_;
};

/// `invalid_argument` and so on, as text for logs.
std::string_view to_string(ErrorKind kind) noexcept;

}  // namespace emporion
