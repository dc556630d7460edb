#include "apps/emporion/seeding/parts.hpp"

#include "modules/commerce/checkout/api/module.hpp"
#include "modules/commerce/order/api/module.hpp"
#include "modules/commerce/payment/api/module.hpp"
#include "modules/logistics/fulfillment/api/module.hpp"
#include "modules/logistics/shipping/api/module.hpp"
#include "modules/logistics/warehouse/api/module.hpp"
#include "modules/product/catalog/api/module.hpp"
#include "modules/product/pricing/api/module.hpp"
#include "modules/product/promotion/api/module.hpp"

namespace emporion::app::seeding {

std::vector<SeedPart> all_parts() {
  // Those with the most rows first: two of them are at work at a time.
  return {order::seed_part(),     payment::seed_part(), warehouse::seed_part(), fulfillment::seed_part(), shipping::seed_part(),
          promotion::seed_part(), catalog::seed_part(), pricing::seed_part(),   checkout::seed_part()};
}

}  // namespace emporion::app::seeding
