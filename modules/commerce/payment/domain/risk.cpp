#include "modules/commerce/payment/domain/risk.hpp"

#include <algorithm>
#include <array>

#include "kernel/base/text.hpp"

namespace emporion::payment {
namespace {

constexpr std::array<std::string_view, 3> decision_names{"allow", "review", "deny"};

bool differs(std::string_view known, std::string_view wanted) { return !known.empty() && !wanted.empty() && known != wanted; }

class Scorer {
 public:
  Scorer(const RiskFacts& facts, const RiskRules& rules) : facts_(facts), rules_(rules) {}

  RiskScore result() {
    judge_purchase();
    judge_velocity();
    judge_address();
    judge_identity();
    out_.score = std::min(out_.score, 100);
    return std::move(out_);
  }

 private:
  void signal(bool fired, Signal signal) {
    const int points = rules_.points_of(signal);
    if (!fired || points == 0) return;
    out_.signals.push_back({std::string(to_string(signal)), points});
    out_.score += points;
  }
  void judge_purchase() {
    const Money high = rules_.high(facts_.amount.currency());
    const std::int64_t tenth = high.amount() / 10;  // 2,000,000 VND, 1,000 USD.
    signal(facts_.amount > high, Signal::amount_high);
    signal(facts_.is_guest && facts_.amount.amount() > tenth, Signal::guest_amount);
    signal(facts_.distinct_skus > rules_.skus_max, Signal::many_skus);
    signal(facts_.amount >= high && facts_.amount.amount() % tenth == 0, Signal::round_amount);
    signal(facts_.account_age_hours && *facts_.account_age_hours < rules_.account_age_hours_min && facts_.amount > high, Signal::new_account);
  }
  void judge_velocity() {
    signal(facts_.payments_last_day > rules_.payments_per_day_max, Signal::payments_per_day);
    signal(facts_.declines_last_hour >= rules_.declines_per_hour_min, Signal::declines_per_hour);
    signal(facts_.orders_last_hour > rules_.orders_per_hour_max, Signal::orders_per_hour);
    signal(facts_.accounts_of_card_last_day > rules_.accounts_per_card_max, Signal::card_of_many_accounts);
  }
  void judge_address() {
    // An answer without a country says nothing about the place: what it says of the network still counts.
    const bool has_place = facts_.origin && !facts_.origin->country.empty();
    signal(!has_place, Signal::address_signal_unavailable);
    if (!facts_.origin) return;
    const AddressOrigin& origin = *facts_.origin;
    signal(differs(origin.country, facts_.billing_country), Signal::address_country_billing);
    signal(differs(origin.country, facts_.shipping_country), Signal::address_country_shipping);
    const bool is_hosting = origin.network != 0 && std::ranges::find(rules_.hosting_asns, origin.network) != rules_.hosting_asns.end();
    signal(origin.is_tor_exit, Signal::tor_exit);
    signal(!origin.is_tor_exit && (origin.is_anonymous || is_hosting), Signal::anonymous_address);
  }
  void judge_identity() {
    signal(differs(facts_.card_country, facts_.billing_country), Signal::card_country);
    signal(facts_.billing_differs_from_shipping, Signal::billing_differs);
    signal(facts_.has_disposable_email, Signal::disposable_email);
  }

  const RiskFacts& facts_;
  const RiskRules& rules_;
  RiskScore out_;
};

}  // namespace

std::string_view to_string(RiskDecision decision) noexcept { return decision_names[static_cast<std::size_t>(decision)]; }

RiskScore score_risk(const RiskFacts& facts, std::string_view method, const RiskRules& rules) {
  RiskScore result = Scorer(facts, rules).result();
  for (const std::string& kind : facts.listed) result.signals.push_back({text("listed_", kind), 100});
  if (facts.earlier_lost_chargeback) result.signals.push_back({"earlier_lost_chargeback", 100});

  const bool is_card = method == "card";
  if (result.score >= rules.deny_from || !facts.listed.empty() || facts.earlier_lost_chargeback) {
    result.decision = RiskDecision::deny;
  } else if (result.score >= rules.review_from || (result.score >= rules.challenge_from && !is_card)) {
    result.decision = RiskDecision::review;
  }
  result.force_3ds = is_card && result.score >= rules.challenge_from && result.decision != RiskDecision::deny;
  return result;
}

}  // namespace emporion::payment
