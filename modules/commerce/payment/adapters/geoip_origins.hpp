#pragma once

#include "kernel/base/time.hpp"
#include "kernel/geoip/geoip.hpp"
#include "modules/commerce/payment/app/address_origins.hpp"

namespace emporion::payment {

/// Origins by GeoIP databases on this machine. Files that are replaced are taken within a minute.
class GeoIpOrigins final : public AddressOrigins {
 public:
  GeoIpOrigins(std::vector<std::string> files, const Clock& clock) : databases_(std::move(files)), clock_(clock), looked_at_(clock.now()) {}

  std::optional<AddressOrigin> find(std::string_view address) override {
    if (clock_.now() - looked_at_ > minutes(1)) {
      looked_at_ = clock_.now();
      databases_.refresh();
    }
    const auto place = databases_.find(address);
    if (!place) return std::nullopt;
    return AddressOrigin{.country = place->country, .network = place->network, .is_anonymous = place->is_anonymous, .is_tor_exit = place->is_tor_exit};
  }
  const std::vector<std::string>& unreadable() const noexcept { return databases_.unreadable(); }

 private:
  geoip::Databases databases_;
  const Clock& clock_;
  UtcTime looked_at_;
};

}  // namespace emporion::payment
