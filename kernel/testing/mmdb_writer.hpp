#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace emporion::testing {

/// A value of a database in MaxMind's format, as far as tests need it.
struct MmdbValue {
  using Members = std::map<std::string, MmdbValue>;
  std::variant<std::string, std::uint32_t, bool, std::shared_ptr<Members>> content;

  MmdbValue(const char* text) : content(std::string(text)) {}  // NOLINT(google-explicit-constructor)
  MmdbValue(std::uint32_t number) : content(number) {}         // NOLINT(google-explicit-constructor)
  MmdbValue(bool flag) : content(flag) {}                      // NOLINT(google-explicit-constructor)
  MmdbValue(std::initializer_list<Members::value_type> members) : content(std::make_shared<Members>(members)) {}
};

/// Writes small databases in MaxMind's format, so that tests have real files of invented networks. Source: https://maxmind.github.io/MaxMind-DB/
class MmdbWriter {
 public:
  /// `network` is "203.0.113.0/24" or "2001:db8::/32". A later network inside an earlier one is refused.
  void add(std::string_view network, const MmdbValue& value);
  std::string bytes() const;
  void write(const std::string& file) const;

 private:
  static constexpr std::int64_t nothing = -1;
  struct Node {
    std::int64_t next[2] = {nothing, nothing};  ///< A node's index, or ~offset of data.
  };
  std::vector<Node> nodes_{Node{}};
  std::string data_ = std::string(1, '\xA0');  ///< Begins with a zero that nobody points at: ~0 is `nothing`.
};

}  // namespace emporion::testing
