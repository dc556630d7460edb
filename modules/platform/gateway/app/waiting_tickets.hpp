#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/random.hpp"
#include "kernel/base/result.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/security/secret.hpp"

namespace emporion::gateway {

/// A place in the line of a sale.
struct WaitingPlace {
  Uuid sale;
  std::string subject;  ///< "customer:<id>" or "visitor:<id>".
  std::int64_t number = 0;
  friend bool operator==(const WaitingPlace&, const WaitingPlace&) = default;
};

/// Signs places, so that a ticket tells them without being looked up. Every replica with the same master key takes it.
class WaitingTickets {
 public:
  /// Errors: those of security::load_or_make_master_key.
  Result<> open(const std::string& master_key_file, Random& random);
  std::string issue(const WaitingPlace& place) const;
  /// Nothing if it is not one of ours, whole and unchanged.
  std::optional<WaitingPlace> read(std::string_view ticket) const;

 private:
  std::string signature(std::string_view payload) const;
  std::optional<security::Secret> key_;
};

}  // namespace emporion::gateway
