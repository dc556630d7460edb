#include "modules/commerce/order/app/invoice_sellers.hpp"

#include "kernel/base/text.hpp"

namespace emporion::order {

InvoiceSeller InvoiceSellers::of(const std::optional<Uuid>& seller) const {
  if (!seller) return house_;
  if (const auto found = named_.find(*seller); found != named_.end()) return found->second;
  InvoiceSeller out = house_;
  out.name = text(house_.name, " (seller ", *seller, ")");
  out.series = "S" + ascii_upper(Uuid::from_name(text("invoice series of ", *seller)).to_string().substr(0, 8));
  out.credit_series = out.series + "C";
  return out;
}

std::vector<std::string> InvoiceSellers::time_zones() const {
  std::vector<std::string> out{house_.time_zone};
  for (const auto& [id, seller] : named_) out.push_back(seller.time_zone);
  return out;
}

}  // namespace emporion::order
