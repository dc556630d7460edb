#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace emporion::payment {

/// Providers of e-mail addresses that are thrown away.
class DisposableDomains {
 public:
  /// The few that everybody knows.
  static DisposableDomains well_known();
  /// One domain a line; empty lines and what follows a # do not count.
  static DisposableDomains parse(std::string_view lines);

  /// True for a domain of the list and for what lies below it.
  bool contains(std::string_view domain) const;
  std::size_t size() const noexcept { return domains_.size(); }

 private:
  std::unordered_set<std::string> domains_;
};

}  // namespace emporion::payment
