#include "modules/product/pricing/domain/tax.hpp"

#include <algorithm>
#include <map>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "modules/product/pricing/domain/exact.hpp"

namespace emporion::pricing {
namespace {

constexpr std::int64_t rate_unit = 1'000'000;  // Tax rates have at most 6 decimals.

std::int64_t millionths(const Rate& rate) {
  EMP_ASSERT(rate.scale() <= 6);
  std::int64_t out = rate.digits();
  for (int i = rate.scale(); i < 6; ++i) out *= 10;
  return out;
}

// The rates of one tax class, with the exact share of a base that each takes: parts[i] / whole.
struct Levy {
  std::vector<const TaxRate*> rates;
  std::vector<Wide> parts;
  Wide whole = 1;
  Wide sum = 0;  // Of the parts: all taxes on one base are sum / whole.
  std::vector<std::size_t> lines;

  Wide gross_factor() const { return whole + sum; }
  bool is_zero() const { return sum == 0; }
};

Levy make_levy(std::vector<const TaxRate*> rates) {
  Levy levy;
  levy.rates = std::move(rates);
  // One factor of rate_unit for the simple rates and one for each compound rate keeps every part an integer.
  levy.whole = rate_unit;
  for (const TaxRate* rate : levy.rates) {
    if (rate->is_compound) levy.whole *= rate_unit;
  }
  for (const TaxRate* rate : levy.rates) {
    const Wide taxed = rate->is_compound ? levy.whole + levy.sum : levy.whole;
    levy.parts.push_back(taxed / rate_unit * millionths(rate->rate));
    levy.sum += levy.parts.back();
  }
  return levy;
}

using Amounts = std::vector<std::int64_t>;

// Taxes of one line by rounding=line, one per rate.
Amounts line_taxes_exclusive(const Levy& levy, std::int64_t base) {
  Amounts taxes;
  Wide before = 0;
  for (const TaxRate* rate : levy.rates) {
    const Wide taxed = rate->is_compound ? base + before : Wide{base};
    const Wide tax = round_quotient(taxed * millionths(rate->rate), rate_unit);
    before += tax;
    taxes.push_back(static_cast<std::int64_t>(tax));
  }
  return taxes;
}

Amounts line_taxes_inclusive(const Levy& levy, std::int64_t gross) {
  const auto tax = static_cast<std::int64_t>(round_quotient(Wide{gross} * levy.sum, levy.gross_factor()));
  return allocate_exactly(tax, levy.parts);
}

void fill_line(TaxedLine& line, const Levy& levy, const Amounts& taxes, Money amount, bool included) {
  Money tax = Money::zero(amount.currency());
  for (std::size_t i = 0; i < taxes.size(); ++i) {
    line.components.push_back({levy.rates[i]->id, levy.rates[i]->name, levy.rates[i]->rate, Money(taxes[i], amount.currency())});
    tax += Money(taxes[i], amount.currency());
  }
  line.outcome = levy.is_zero() ? TaxOutcome::zero_rated : TaxOutcome::taxed;
  line.tax = tax;
  line.net = included ? amount - tax : amount;
  line.gross = line.net + tax;
}

// rounding=total: each rate's exact tax over its lines is rounded once and handed back to them by exact share, which is the share of their amounts.
void tax_by_total(const Levy& levy, std::span<const TaxableLine> asked, std::vector<TaxedLine>& out) {
  std::vector<Wide> weights;
  Wide amount_sum = 0;
  for (const std::size_t index : levy.lines) {
    weights.push_back(asked[index].amount.amount());
    amount_sum += weights.back();
  }
  std::vector<Amounts> taxes(levy.lines.size());
  const Wide divisor = asked[levy.lines.front()].tax_included ? levy.gross_factor() : levy.whole;
  for (const Wide part : levy.parts) {
    const auto tax = static_cast<std::int64_t>(round_quotient(amount_sum * part, divisor));
    const auto shares = allocate_exactly(tax, weights);
    for (std::size_t i = 0; i < shares.size(); ++i) taxes[i].push_back(shares[i]);
  }
  for (std::size_t i = 0; i < levy.lines.size(); ++i) {
    const TaxableLine& line = asked[levy.lines[i]];
    fill_line(out[levy.lines[i]], levy, taxes[i], line.amount, line.tax_included);
  }
}

void tax_by_line(const Levy& levy, std::span<const TaxableLine> asked, std::vector<TaxedLine>& out) {
  for (const std::size_t index : levy.lines) {
    const TaxableLine& line = asked[index];
    const Amounts taxes = line.tax_included ? line_taxes_inclusive(levy, line.amount.amount()) : line_taxes_exclusive(levy, line.amount.amount());
    fill_line(out[index], levy, taxes, line.amount, line.tax_included);
  }
}

// The largest sum is that of all lines with taxes of at most 1000 % each; beyond 10^15 it is refused before any Money is made of it.
Result<> check_bounds(std::span<const TaxableLine> lines, const std::map<std::string, Levy>& levies) {
  Wide sum = 0;
  for (const TaxableLine& line : lines) sum += line.amount.amount();
  Wide highest = sum;
  for (const auto& [tax_class, levy] : levies) highest = std::max(highest, Wide(sum * levy.gross_factor() / levy.whole));
  if (highest > Money::amount_max) return fail(ErrorKind::rule_violated, "AMOUNT_OVERFLOW", "the amounts with tax exceed 10^15 minor units");
  return {};
}

}  // namespace

Result<TaxResult> calculate_tax(std::span<const TaxableLine> lines, Currency currency, std::span<const TaxZone> zones, std::span<const TaxRate> rates,
                                const TaxSettings& settings, const Destination& ship_to, const std::optional<std::string>& group, UtcTime at) {
  const Money zero = Money::zero(currency);
  for (const TaxableLine& line : lines) {
    EMP_ASSERT(!line.amount.is_negative() && line.amount.currency() == currency);
    if (line.tax_included != lines.front().tax_included) return fail(ErrorKind::rule_violated, "MIXED_TAX_INCLUSION", "all lines include tax, or none does");
  }
  const TaxZone* zone = find_zone(zones, ship_to);
  TaxResult result{zone == nullptr ? std::nullopt : std::optional(zone->id), {}, zero, zero, zero};
  result.lines.reserve(lines.size());
  for (const TaxableLine& line : lines) result.lines.push_back({TaxOutcome::not_configured, line.amount, zero, line.amount, {}});

  std::map<std::string, Levy> levies;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto found = levies.find(lines[i].tax_class);
    if (found == levies.end()) {
      auto effective = zone == nullptr ? std::vector<const TaxRate*>{} : effective_rates(rates, zone->id, lines[i].tax_class, group, at);
      if (effective.empty() && settings.is_strict) {
        return fail(Error(ErrorKind::rule_violated, "TAX_NOT_CONFIGURED", text("no tax rate for class ", lines[i].tax_class, " in ", ship_to.country))
                        .with("country", ship_to.country)
                        .with("tax_class", lines[i].tax_class));
      }
      found = levies.emplace(lines[i].tax_class, make_levy(std::move(effective))).first;
    }
    found->second.lines.push_back(i);
  }
  EMP_TRY(check_bounds(lines, levies));
  for (const auto& [tax_class, levy] : levies) {
    if (levy.rates.empty()) continue;
    if (std::ranges::any_of(levy.rates, &TaxRate::is_exempt)) {
      for (const std::size_t index : levy.lines) result.lines[index].outcome = TaxOutcome::exempt;
      continue;
    }
    if (settings.rounding == TaxRounding::total) {
      tax_by_total(levy, lines, result.lines);
    } else {
      tax_by_line(levy, lines, result.lines);
    }
  }
  for (const TaxedLine& line : result.lines) {
    result.net += line.net;
    result.tax += line.tax;
    result.gross += line.gross;
  }
  return result;
}

std::string_view to_string(TaxOutcome outcome) noexcept {
  switch (outcome) {
    case TaxOutcome::not_configured: return "not_configured";
    case TaxOutcome::exempt: return "exempt";
    case TaxOutcome::zero_rated: return "zero_rated";
    case TaxOutcome::taxed: return "taxed";
  }
  return "not_configured";
}

}  // namespace emporion::pricing
