#include "modules/logistics/shipping/app/label.hpp"

#include "kernel/base/text.hpp"

namespace emporion::shipping {
namespace {

std::string escaped(std::string_view plain) {
  std::string out;
  for (const char c : plain) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

std::string label_svg(const Shipment& shipment) {
  std::string out =
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="105mm" height="148mm" viewBox="0 0 420 592" font-family="sans-serif"><rect width="420" height="592" fill="#fff"/>)";
  int y = 48;
  const auto line = [&](std::string_view content, int size) {
    if (content.empty()) return;
    out += text("<text x=\"24\" y=\"", y, "\" font-size=\"", size, "\">", escaped(content), "</text>");
    y += size + 12;
  };
  line(*shipment.tracking_number, 32);
  line(text(shipment.carrier, " · ", to_string(shipment.service_level), " · ", shipment.billed_weight_g, " g"), 16);
  y += 24;
  line(shipment.to.name, 24);
  line(shipment.to.company.value_or(""), 20);
  line(shipment.to.line1, 20);
  line(shipment.to.line2.value_or(""), 20);
  line(text(shipment.to.ward.value_or(""), shipment.to.ward && shipment.to.district ? ", " : "", shipment.to.district.value_or("")), 20);
  line(text(shipment.to.postal_code.value_or(""), shipment.to.postal_code ? " " : "", shipment.to.city), 20);
  line(text(shipment.to.region_code.value_or(""), shipment.to.region_code ? ", " : "", shipment.to.country), 20);
  line(shipment.to.phone.value_or(""), 20);
  y += 24;
  if (const auto cod = shipment.cod()) line(text("COD ", cod->to_string()), 28);
  line(text(shipment.order_number, " · ", shipment.number), 16);
  return out + "</svg>";
}

}  // namespace emporion::shipping
