#include "modules/product/pricing/app/tax_contract.hpp"

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::pricing {
namespace {

Result<> check_amount(const Money& amount, Currency currency, std::string_view place) {
  if (amount.currency() != currency) return fail(Error(ErrorKind::rule_violated, "CURRENCY_MISMATCH", "all amounts have one currency").with("line_id", place));
  if (amount.is_negative()) return fail(Error(ErrorKind::rule_violated, "NEGATIVE_AMOUNT", "an amount to be taxed is not negative").with("line_id", place));
  return {};
}

v1::TaxedLine to_contract(const TaxedLine& taxed, std::string line_id) {
  return v1::TaxedLine{.line_id = std::move(line_id), .tax = taxed.tax, .tax_rates = to_contract(taxed.components), .tax_outcome = to_contract(taxed.outcome)};
}

std::string text_of(const json::Value& object, std::string_view name) { return std::string(object.member(name)->string().value_or("")); }
std::optional<std::string> optional_text_of(const json::Value& object, std::string_view name) {
  const auto member = object.member(name);
  if (!member || !member->string()) return std::nullopt;
  return std::string(*member->string());
}

}  // namespace

v1::TaxOutcome to_contract(TaxOutcome outcome) noexcept {
  switch (outcome) {
    case TaxOutcome::not_configured: return v1::TaxOutcome::not_configured;
    case TaxOutcome::exempt: return v1::TaxOutcome::exempt;
    case TaxOutcome::zero_rated: return v1::TaxOutcome::zero_rated;
    case TaxOutcome::taxed: return v1::TaxOutcome::taxed;
  }
  return v1::TaxOutcome::not_configured;
}

std::vector<v1::AppliedTax> to_contract(const std::vector<TaxComponent>& components) {
  std::vector<v1::AppliedTax> out;
  out.reserve(components.size());
  for (const auto& component : components) {
    out.push_back(v1::AppliedTax{.name = component.name, .rate = component.rate.to_string(), .amount = component.amount, .tax_rule_id = component.rate_id});
  }
  return out;
}

Destination to_domain(const v1::TaxDestination& destination) {
  return {ascii_upper(destination.country), destination.region ? ascii_upper(*destination.region) : std::string(),
          destination.postcode ? ascii_upper(*destination.postcode) : std::string()};
}

Result<v1::TaxCalculation> tax_amounts(const v1::CalculateTaxRequest& request, const PriceBookPage& page, const CountryTax& tax, UtcTime at) {
  const Currency currency = request.lines.front().amount.currency();
  std::vector<TaxableLine> taxable;
  taxable.reserve(request.lines.size() + 1);
  for (const auto& line : request.lines) {
    EMP_TRY(check_amount(line.amount, currency, line.line_id));
    const auto found = page.skus.find(line.sku);
    if (found == page.skus.end() || !found->second->facts) {
      return fail(Error(ErrorKind::unavailable, "SKU_FACTS_PENDING", text("the tax class of ", line.sku, " is not known yet")).with("sku", line.sku));
    }
    taxable.push_back({found->second->facts->tax_class, line.amount, false});
  }
  if (request.shipping) {
    EMP_TRY(check_amount(*request.shipping, currency, "shipping"));
    taxable.push_back({tax.shipping_tax_class, *request.shipping, false});
  }
  EMP_ASSIGN(const auto taxes,
             calculate_tax(taxable, currency, tax.zones, tax.rates, tax.settings, to_domain(request.destination), request.customer_group, at));
  v1::TaxCalculation out{.tax_total = taxes.tax};
  for (std::size_t i = 0; i < request.lines.size(); ++i) out.lines.push_back(to_contract(taxes.lines[i], request.lines[i].line_id));
  if (request.shipping) out.shipping = to_contract(taxes.lines.back(), "shipping");
  return out;
}

std::string write_tax_pins(const CountryTax& tax, const Destination& destination) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("total").boolean(tax.settings.rounding == TaxRounding::total).key("strict").boolean(tax.settings.is_strict);
  writer.key("shipping_class").string(tax.shipping_tax_class);
  const TaxZone* zone = find_zone(tax.zones, destination);
  if (zone != nullptr) writer.key("zone").string(zone->id.to_string());
  writer.key("rates").begin_array();
  for (const auto& rate : tax.rates) {
    if (zone == nullptr || rate.zone_id != zone->id) continue;
    writer.begin_object()
        .key("id")
        .string(rate.id.to_string())
        .key("class")
        .string(rate.tax_class)
        .key("name")
        .string(rate.name)
        .key("rate")
        .string(rate.rate.to_string());
    writer.key("compound").boolean(rate.is_compound).key("exempt").boolean(rate.is_exempt).key("priority").integer(rate.priority);
    if (rate.customer_group) writer.key("group").string(*rate.customer_group);
    if (rate.valid_from) writer.key("from").string(rate.valid_from->to_string());
    if (rate.valid_to) writer.key("to").string(rate.valid_to->to_string());
    writer.end_object();
  }
  writer.end_array().key("country").string(destination.country).end_object();
  return out;
}

Result<CountryTax> read_tax_pins(std::string_view json) {
  EMP_ASSIGN(const auto document, json::Document::parse(json));
  const json::Value root = document.root();
  CountryTax out;
  out.settings.rounding = root.member("total")->boolean().value_or(false) ? TaxRounding::total : TaxRounding::line;
  out.settings.is_strict = root.member("strict")->boolean().value_or(false);
  out.shipping_tax_class = text_of(root, "shipping_class");
  if (const auto zone_id = optional_text_of(root, "zone")) {
    EMP_ASSIGN(const Uuid id, Uuid::parse(*zone_id));
    out.zones.push_back({id, text_of(root, "country"), {}, {}, 0});  // The zone was chosen when the quote was made.
  }
  Result<> good;
  root.member("rates")->for_each_element([&](json::Value one) {
    const auto id = Uuid::parse(text_of(one, "id"));
    const auto value = Rate::parse(text_of(one, "rate"));
    if (!id || !value || out.zones.empty()) {
      good = fail(ErrorKind::internal, "TAX_PINS_UNREADABLE");
      return false;
    }
    TaxRate rate;
    rate.id = *id;
    rate.zone_id = out.zones.front().id;
    rate.tax_class = text_of(one, "class");
    rate.name = text_of(one, "name");
    rate.rate = *value;
    rate.is_compound = one.member("compound")->boolean().value_or(false);
    rate.is_exempt = one.member("exempt")->boolean().value_or(false);
    rate.priority = static_cast<std::int32_t>(one.member("priority")->integer().value_or(0));
    rate.customer_group = optional_text_of(one, "group");
    if (const auto from = optional_text_of(one, "from")) rate.valid_from = *UtcTime::parse(*from);
    if (const auto to = optional_text_of(one, "to")) rate.valid_to = *UtcTime::parse(*to);
    out.rates.push_back(std::move(rate));
    return true;
  });
  EMP_TRY(good);
  return out;
}

}  // namespace emporion::pricing
