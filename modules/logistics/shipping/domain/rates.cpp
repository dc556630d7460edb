#include "modules/logistics/shipping/domain/rates.hpp"

#include <algorithm>
#include <tuple>

#include "kernel/base/text.hpp"
#include "modules/logistics/shipping/domain/tracking.hpp"

namespace emporion::shipping {
namespace {

const Money* in(const std::vector<Money>& amounts, Currency currency) {
  const auto found = std::find_if(amounts.begin(), amounts.end(), [&](const Money& amount) { return amount.currency() == currency; });
  return found == amounts.end() ? nullptr : &*found;
}

bool holds(const std::optional<std::string>& wanted, const std::optional<std::string>& there) { return !wanted || (there && *wanted == *there); }

int specificity(const RateStep& step) {
  return (step.destination_region ? 8 : 0) + (step.destination_country ? 4 : 0) + (step.origin_region ? 2 : 0) + (step.origin_country ? 1 : 0);
}

// The zone that says most about origin and destination, and in it the lightest step that still holds the weight.
const RateStep* step_for(const RateTable& table, const std::optional<RatePlace>& origin, const RatePlace& destination, Currency currency,
                         std::int64_t weight_g) {
  const RateStep* best = nullptr;
  for (const RateStep& step : table.steps) {
    if (step.amount.currency() != currency || step.up_to_g < weight_g) continue;
    const bool origin_fits =
        (!step.origin_country && !step.origin_region) || (origin && holds(step.origin_country, origin->country) && holds(step.origin_region, origin->region));
    if (!origin_fits || !holds(step.destination_country, destination.country) || !holds(step.destination_region, destination.region)) continue;
    if (best == nullptr || std::tuple(-specificity(step), step.up_to_g) < std::tuple(-specificity(*best), best->up_to_g)) best = &step;
  }
  return best;
}

bool covers(const Method& method, const RatePlace& destination) {
  return method.countries.empty() || std::find(method.countries.begin(), method.countries.end(), destination.country) != method.countries.end();
}

std::optional<Offer> price(const Method& method, const std::vector<RateTable>& tables, const Parcel& parcel, const Inquiry& inquiry, std::int64_t billed_g) {
  const Money* free_from = in(method.free_from, inquiry.currency);
  const bool is_free = free_from != nullptr && inquiry.goods_value >= *free_from;
  if (method.type == MethodType::free) {
    if (!method.free_from.empty() && !is_free) return std::nullopt;
    return Offer{&method, Money::zero(inquiry.currency), method.days_max};
  }
  Offer offer{&method, Money::zero(inquiry.currency), method.days_max};
  if (method.type == MethodType::table_rate) {
    const auto table = std::find_if(tables.begin(), tables.end(), [&](const RateTable& t) { return t.id == method.rate_table_id; });
    if (table == tables.end()) return std::nullopt;
    const RateStep* step = step_for(*table, parcel.origin, inquiry.destination, inquiry.currency, billed_g);
    if (step == nullptr) return std::nullopt;
    offer.amount = step->amount;
    if (step->transit_hours > 0) offer.days_max = std::max(method.days_min, (step->transit_hours + 23) / 24);
  } else {
    const Money* fee = in(method.fees, inquiry.currency);
    if (fee == nullptr) return std::nullopt;
    offer.amount = *fee;
  }
  if (is_free) offer.amount = Money::zero(inquiry.currency);
  return offer;
}

// 0 for the least of all, 1,000 for the most. Source: logistics.md §3.7, rank.
std::int64_t scaled(std::int64_t value, std::int64_t least, std::int64_t most) { return most == least ? 0 : (value - least) * 1'000 / (most - least); }

void rank(std::vector<Offer>& all, RateSort sort) {
  const auto by_amount = [](const Offer& a) {
    return std::tuple(a.amount.amount(), std::int64_t{a.days_max}, a.method->display_order, std::string_view(a.method->code));
  };
  const auto by_days = [](const Offer& a) {
    return std::tuple(std::int64_t{a.days_max}, a.amount.amount(), a.method->display_order, std::string_view(a.method->code));
  };
  if (sort == RateSort::fastest) {
    std::sort(all.begin(), all.end(), [&](const Offer& a, const Offer& b) { return by_days(a) < by_days(b); });
    return;
  }
  std::sort(all.begin(), all.end(), [&](const Offer& a, const Offer& b) { return by_amount(a) < by_amount(b); });
  if (sort != RateSort::balanced || all.empty()) return;
  const auto [days_least, days_most] = std::minmax_element(all.begin(), all.end(), [](const Offer& a, const Offer& b) { return a.days_max < b.days_max; });
  const std::int64_t least = days_least->days_max;
  const std::int64_t most = days_most->days_max;
  const std::int64_t cheapest = all.front().amount.amount();
  const std::int64_t dearest = all.back().amount.amount();
  const auto score = [=](const Offer& a) { return 60 * scaled(a.amount.amount(), cheapest, dearest) + 30 * scaled(a.days_max, least, most); };
  std::sort(all.begin(), all.end(), [&](const Offer& a, const Offer& b) { return std::tuple(score(a), by_amount(a)) < std::tuple(score(b), by_amount(b)); });
}

}  // namespace

Result<> check(const RateTable& table) {
  const auto zone = [](const RateStep& s) { return std::tie(s.origin_country, s.origin_region, s.destination_country, s.destination_region); };
  std::vector<const RateStep*> steps;
  for (const RateStep& step : table.steps) {
    if (step.amount.is_negative()) return fail(ErrorKind::rule_violated, "RATE_TABLE_INVALID", "an amount is negative");
    steps.push_back(&step);
  }
  std::sort(steps.begin(), steps.end(), [&](const RateStep* a, const RateStep* b) {
    return std::tuple(zone(*a), a->amount.currency().code(), a->up_to_g) < std::tuple(zone(*b), b->amount.currency().code(), b->up_to_g);
  });
  for (std::size_t i = 1; i < steps.size(); ++i) {
    const RateStep& a = *steps[i - 1];
    const RateStep& b = *steps[i];
    if (zone(a) == zone(b) && a.amount.currency() == b.amount.currency() && a.up_to_g == b.up_to_g) {
      return fail(Error(ErrorKind::rule_violated, "RATE_TABLE_INVALID", "two steps of one zone end at the same weight").with("up_to_g", b.up_to_g));
    }
  }
  return {};
}

Result<> check(const Method& method) {
  const auto invalid = [](std::string why) { return fail(ErrorKind::rule_violated, "METHOD_INVALID", std::move(why)); };
  if (method.type == MethodType::flat_rate && method.fees.empty()) return invalid("a flat rate needs a fee");
  if (method.type == MethodType::carrier) return invalid("no carrier quotes prices of its own");
  if (method.type == MethodType::table_rate && !method.rate_table_id) return invalid("a table rate needs its table");
  if (method.days_min > method.days_max) return invalid("min_days is above max_days");
  for (const auto* amounts : {&method.fees, &method.free_from}) {
    for (const Money& amount : *amounts) {
      if (amount.is_negative()) return invalid("an amount is negative");
      if (std::count_if(amounts->begin(), amounts->end(), [&](const Money& m) { return m.currency() == amount.currency(); }) > 1)
        return invalid("a currency occurs twice");
    }
  }
  return {};
}

Result<std::vector<Offer>> offers(const std::vector<Method>& methods, const std::vector<RateTable>& tables, const Parcel& parcel, const Inquiry& inquiry) {
  const std::int64_t billed_g = billed_weight_g(parcel.weight_g, parcel.volume_mm3);
  bool is_covered = false;
  bool is_over_limit = false;
  std::vector<Offer> out;
  for (const Method& method : methods) {
    if (!method.is_enabled || !covers(method, inquiry.destination) || (inquiry.is_cod && !method.cod_allowed)) continue;
    is_covered = true;
    if (method.weight_g_max && billed_g > *method.weight_g_max) {
      is_over_limit = true;
      continue;
    }
    if (auto offer = price(method, tables, parcel, inquiry, billed_g)) out.push_back(*offer);
  }
  if (!is_covered) return fail(Error(ErrorKind::rule_violated, "NOT_COVERED", "nothing is sent there").with("group_key", parcel.group_key));
  if (out.empty() && is_over_limit)
    return fail(Error(ErrorKind::rule_violated, "OVER_LIMIT", "too heavy for every method").with("group_key", parcel.group_key));
  if (out.empty()) return fail(Error(ErrorKind::unavailable, "NO_RATE", "no price in this currency").with("group_key", parcel.group_key));
  rank(out, inquiry.sort);
  return out;
}

}  // namespace emporion::shipping
