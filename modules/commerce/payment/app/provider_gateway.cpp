#include "modules/commerce/payment/app/provider_gateway.hpp"

#include <algorithm>

namespace emporion::payment {

ProviderGateway* Providers::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find_if(all_, [&](const ProviderGateway* gateway) { return gateway->name() == name; });
  return found == all_.end() ? nullptr : *found;
}

ProviderGateway* Providers::of_method(std::string_view method) const {
  const auto found = std::ranges::find_if(all_, [&](const ProviderGateway* gateway) { return gateway->is_enabled() && gateway->offer().method == method; });
  return found == all_.end() ? nullptr : *found;
}

}  // namespace emporion::payment
