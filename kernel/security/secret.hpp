#pragma once

#include <string>
#include <utility>

namespace emporion::security {

/// Bytes that must not be seen: no formatter, no stream operator, no comparison, so printing or logging one does not compile. Wiped when it dies.
class Secret {
 public:
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept { bytes_.swap(other.bytes_); }
  Secret& operator=(Secret other) noexcept {
    bytes_.swap(other.bytes_);
    return *this;
  }
  ~Secret();

  /// For the code that needs the bytes themselves; what it answers must not be kept.
  const std::string& reveal() const noexcept { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace emporion::security
