#include "modules/product/pricing/domain/fx.hpp"

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "modules/product/pricing/domain/exact.hpp"

namespace emporion::pricing {
namespace {

const FxRate* find_rate(std::span<const FxRate> rates, Currency base, Currency quote) {
  const FxRate* newest = nullptr;
  for (const FxRate& rate : rates) {
    if (rate.base == base && rate.quote == quote && (newest == nullptr || rate.as_of > newest->as_of)) newest = &rate;
  }
  return newest;
}

Result<> check_fresh(const FxRate* rate, Currency base, Currency quote, UtcTime at) {
  if (rate != nullptr && at - rate->as_of <= fx_age_max) return {};
  return fail(Error(ErrorKind::unavailable, "FX_STALE",
                    text(rate == nullptr ? "no rate is published for " : "the rate is older than 24 h: ", base.code(), " to ", quote.code()))
                  .with("base", base.code())
                  .with("quote", quote.code()));
}

Result<Money> snapped(Wide numerator, Wide denominator, Currency target, std::int64_t increment) {
  Wide amount = round_quotient(numerator, denominator);
  if (increment > 1) amount = (2 * amount + increment) / (2 * Wide{increment}) * increment;
  if (amount > Money::amount_max) return fail(ErrorKind::rule_violated, "AMOUNT_OVERFLOW", "the converted amount exceeds 10^15 minor units");
  return Money(static_cast<std::int64_t>(amount), target);
}

}  // namespace

Result<Conversion> convert(Money amount, Currency target, std::span<const FxRate> rates, const FxSettings& settings, UtcTime at) {
  EMP_ASSERT(!amount.is_negative());
  const Currency source = amount.currency();
  if (source == target) return Conversion{amount, {}};
  const Wide scaled = Wide{amount.amount()} * power_of_ten(target.exponent());
  const Wide unscale = power_of_ten(source.exponent());
  if (const FxRate* pair = find_rate(rates, source, target); pair != nullptr || source == settings.pivot) {
    EMP_TRY(check_fresh(pair, source, target, at));
    EMP_ASSIGN(const Money converted, snapped(scaled * pair->rate.digits(), unscale * power_of_ten(pair->rate.scale()), target, settings.price_increment));
    return Conversion{converted, {pair->id}};
  }
  // amount ÷ rate(P→X) × rate(P→Y); to the pivot itself the second rate is 1.
  const FxRate* from = find_rate(rates, settings.pivot, source);
  EMP_TRY(check_fresh(from, settings.pivot, source, at));
  Wide numerator = scaled * power_of_ten(from->rate.scale());
  Wide denominator = unscale * from->rate.digits();
  Conversion out{Money::zero(target), {from->id}};
  if (target != settings.pivot) {
    const FxRate* to = find_rate(rates, settings.pivot, target);
    EMP_TRY(check_fresh(to, settings.pivot, target, at));
    numerator *= to->rate.digits();
    denominator *= power_of_ten(to->rate.scale());
    out.rate_ids.push_back(to->id);
  }
  EMP_ASSIGN(out.amount, snapped(numerator, denominator, target, settings.price_increment));
  return out;
}

}  // namespace emporion::pricing
