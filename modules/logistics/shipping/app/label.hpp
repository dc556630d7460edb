#pragma once

#include <string>

#include "modules/logistics/shipping/app/shipment.hpp"

namespace emporion::shipping {

/// The label to print, A6, as an SVG. Needs the tracking number.
std::string label_svg(const Shipment& shipment);

}  // namespace emporion::shipping
