#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"

namespace emporion::geoip {

/// What the databases say of one IP address.
struct Place {
  std::string country;        ///< ISO 3166-1 alpha-2; empty if none says.
  std::uint32_t network = 0;  ///< The autonomous system's number; 0 if none says.
  bool is_anonymous = false;  ///< A VPN, a proxy, a hosting provider, or anything else that hides who is behind it.
  bool is_tor_exit = false;
};

/// Where IP addresses are, by databases in MaxMind's format: those with a country, with autonomous systems, with anonymous networks. Files are mapped into
/// memory, so an answer is a walk of a few microseconds. Belongs to one thread. Source: https://maxmind.github.io/MaxMind-DB/;
/// dev.maxmind.com/geoip/docs/databases.
class Databases {
 public:
  /// Opens each of `files`. One that cannot be opened is left out and named in `unreadable`.
  explicit Databases(std::vector<std::string> files);
  ~Databases();
  Databases(Databases&&) noexcept;
  Databases& operator=(Databases&&) noexcept;

  /// Opens again what was replaced since, as the tools that update these files do.
  void refresh();
  /// Nothing: no database knows the address, or it is no address.
  std::optional<Place> find(std::string_view address) const;
  const std::vector<std::string>& unreadable() const noexcept { return unreadable_; }

 private:
  struct File;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<File>> files_;
  std::vector<std::string> unreadable_;
};

}  // namespace emporion::geoip
