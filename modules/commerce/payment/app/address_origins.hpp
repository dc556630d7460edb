#pragma once

#include <optional>
#include <string_view>

#include "modules/commerce/payment/domain/risk.hpp"

namespace emporion::payment {

/// Where addresses of the network are. Answers at once, from what this machine holds.
class AddressOrigins {
 public:
  virtual ~AddressOrigins() = default;
  /// Nothing: unknown, or there is no source.
  virtual std::optional<AddressOrigin> find(std::string_view address) = 0;
};

}  // namespace emporion::payment
