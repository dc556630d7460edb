#include <algorithm>
#include <unordered_map>
#include <utility>

#include "contracts/logistics/shipping/v1/shipping_api.hpp"
#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "contracts/product/pricing/v1/pricing_api.hpp"
#include "kernel/base/text.hpp"
#include "modules/commerce/order/adapters/rpc/contract_neighbours.hpp"

namespace emporion::order {
namespace {

bool is_same_place(const v1::Address& a, const v1::Address& b) {
  return a.country == b.country && a.region_code == b.region_code && a.postal_code == b.postal_code;
}

void add_once(std::vector<std::string>& out, std::string_view what) {
  if (std::ranges::find(out, what) == out.end()) out.emplace_back(what);
}

/// The parcels that are still to go, one per group of the order.
shipping::v1::GetRatesRequest rates_of(const v1::Order& order, const std::unordered_map<std::string_view, std::int64_t>& weights) {
  shipping::v1::GetRatesRequest out;
  out.currency = order.currency;
  out.goods_value = order.totals.subtotal;
  out.cod = order.payment.method == v1::PaymentMethod::cod;
  for (const v1::ShipmentGroup& group : order.shipment_groups) {
    shipping::v1::RateParcel parcel{.group_key = group.id.to_string(), .warehouse_id = group.warehouse_id};
    std::int64_t weight = 0;
    for (const v1::OrderLine& line : order.lines) {
      const auto known = weights.find(line.sku);
      for (const v1::Allocation& part : line.allocations) {
        if (part.warehouse_id != group.warehouse_id) continue;
        weight += (known == weights.end() ? 0 : known->second) * part.qty;
        parcel.unit_count += part.qty;
      }
    }
    if (parcel.unit_count == 0) continue;  // All of it is cancelled.
    parcel.weight_g = static_cast<std::int32_t>(std::min<std::int64_t>(1'000'000'000, weight));
    out.parcels.push_back(std::move(parcel));
  }
  return out;
}

shipping::v1::Place place_of(const v1::Address& address) {
  return {.country = address.country, .region_code = address.region_code, .postal_code = address.postal_code};
}

const shipping::v1::RateOption* option_of(const shipping::v1::RateQuote& quote, const v1::ShipmentGroup& group) {
  const auto rated = std::ranges::find(quote.groups, group.id.to_string(), &shipping::v1::RateGroup::group_key);
  if (rated == quote.groups.end()) return nullptr;
  const auto option = std::ranges::find(rated->options, group.method_id, &shipping::v1::RateOption::method_id);
  return option == rated->options.end() ? nullptr : &*option;
}

/// What the way of the order's own choice costs and takes there, against here: both asked for now, so that a new tariff is nobody's change of address.
void compare(const v1::Order& order, const shipping::v1::RateQuote* here, const shipping::v1::RateQuote& there, std::vector<std::string>& out) {
  for (const v1::ShipmentGroup& group : order.shipment_groups) {
    const bool is_asked = std::ranges::any_of(there.groups, [&](const auto& rated) { return rated.group_key == group.id.to_string(); });
    if (!is_asked) continue;
    const auto* after = option_of(there, group);
    const auto* before = here ? option_of(*here, group) : nullptr;
    if (after == nullptr) {
      add_once(out, "zone");  // Not by that way.
      continue;
    }
    if (after->amount != (before ? before->amount : group.fee)) add_once(out, "fee");
    if (before && (before->carrier != after->carrier || before->min_days != after->min_days || before->max_days != after->max_days)) add_once(out, "zone");
  }
}

pricing::v1::CalculateTaxRequest taxes_of(const v1::Order& order, const v1::Address& address) {
  pricing::v1::CalculateTaxRequest out;
  const Currency currency = Currency::of(order.currency);
  for (const v1::OrderLine& line : order.lines) {
    pricing::v1::TaxLineInput input{
        .line_id = text(line.line_no), .sku = line.sku, .amount = Money(line.unit_price.amount() * line.qty - line.discount.amount(), currency)};
    out.lines.push_back(std::move(input));
  }
  out.shipping = Money(order.totals.shipping.amount() - order.totals.shipping_discount.amount(), currency);
  out.destination = {.country = address.country, .region = address.region_code, .postcode = address.postal_code};
  return out;
}

bool is_same_tax(const pricing::v1::TaxCalculation& here, const pricing::v1::TaxCalculation& there) {
  const auto same = [](const auto& a, const auto& b) { return a.line_id == b.line_id && a.tax == b.tax; };
  return here.tax_total == there.tax_total && std::ranges::equal(here.lines, there.lines, same);
}

}  // namespace

Task<Result<std::vector<std::string>>> ContractNeighbours::changes_of_address(CallContext context, v1::Order order, v1::Address to) {
  std::vector<std::string> out;
  if (is_same_place(order.shipping_address, to)) co_return out;  // Fee, zone and tax hang on these three.
  const CallContext call = context.as_service("order");
  catalog::v1::BatchGetProductsRequest skus;
  for (const v1::OrderLine& line : order.lines) skus.skus.push_back(line.sku);
  EMP_CO_ASSIGN(const auto facts, co_await calls_.get<catalog::v1::CatalogApi>().batch_get_products(call, std::move(skus)));
  std::unordered_map<std::string_view, std::int64_t> weights;
  for (const auto& fact : facts.found) weights[fact.sku] = fact.weight_g.value_or(0);

  auto& shipping = calls_.get<shipping::v1::ShippingApi>();
  shipping::v1::GetRatesRequest rates = rates_of(order, weights);
  if (!rates.parcels.empty()) {
    rates.destination = place_of(order.shipping_address);
    const auto here = co_await shipping.get_rates(call, rates);
    if (!here && here.error().is_transient()) co_return fail(here.error());
    rates.destination = place_of(to);
    const auto there = co_await shipping.get_rates(call, std::move(rates));
    if (!there && there.error().is_transient()) co_return fail(there.error());
    if (there) {
      compare(order, here ? &*here : nullptr, *there, out);
    } else {
      add_once(out, "zone");  // Nobody delivers there.
    }
  }

  auto& pricing = calls_.get<pricing::v1::PricingApi>();
  const auto here = co_await pricing.calculate_tax(call, taxes_of(order, order.shipping_address));
  if (!here && here.error().is_transient()) co_return fail(here.error());
  const auto there = co_await pricing.calculate_tax(call, taxes_of(order, to));
  if (!there && there.error().is_transient()) co_return fail(there.error());
  if (!here || !there || !is_same_tax(*here, *there)) add_once(out, "tax");
  co_return out;
}

}  // namespace emporion::order
