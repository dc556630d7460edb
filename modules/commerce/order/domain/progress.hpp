#pragma once

#include <vector>

#include "modules/commerce/order/domain/transitions.hpp"

namespace emporion::order {

/// The edges that the goods' facts ask for now, in order: an event that overtakes another (delivered before dispatched, dispatched before started) walks
/// through the states between. Empty when the facts move nothing, also for orders that shipping may not move.
std::vector<const Transition*> goods_path(Status from, const Facts& facts);

}  // namespace emporion::order
