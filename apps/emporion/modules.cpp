#include "apps/emporion/modules.hpp"

#include "modules/commerce/checkout/api/module.hpp"
#include "modules/commerce/order/api/module.hpp"
#include "modules/commerce/payment/api/module.hpp"
#include "modules/identity/auth/api/module.hpp"
#include "modules/identity/user/api/module.hpp"
#include "modules/logistics/fulfillment/api/module.hpp"
#include "modules/logistics/location/api/module.hpp"
#include "modules/logistics/shipping/api/module.hpp"
#include "modules/logistics/warehouse/api/module.hpp"
#include "modules/platform/gateway/api/module.hpp"
#include "modules/product/catalog/api/module.hpp"
#include "modules/product/pricing/api/module.hpp"
#include "modules/product/promotion/api/module.hpp"

namespace emporion::app {

std::vector<ModuleDefinition> all_modules() {
  // The gateway comes last: it asks the others for keys and permissions before the first request.
  return {auth::definition(),        user::definition(),      location::definition(), catalog::definition(), pricing::definition(),
          promotion::definition(),   warehouse::definition(), order::definition(),    payment::definition(), shipping::definition(),
          fulfillment::definition(), checkout::definition(),  gateway::definition()};
}

std::vector<ModuleDefinition> modules_of(const Process& process) {
  auto out = all_modules();
  std::erase_if(out, [&](const ModuleDefinition& module) { return !process.has(module.name); });
  return out;
}

}  // namespace emporion::app
