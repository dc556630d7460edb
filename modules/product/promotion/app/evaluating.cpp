#include "modules/product/promotion/app/evaluating.hpp"

#include <algorithm>
#include <set>

#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/product/promotion/app/candidates.hpp"
#include "modules/product/promotion/domain/coupon_code.hpp"
#include "modules/product/promotion/domain/eligibility.hpp"

namespace emporion::promotion {
namespace {

v1::PromotionKind to_contract(Kind kind) { return static_cast<v1::PromotionKind>(static_cast<int>(kind) + 1); }

v1::Evaluation answer_of(const EvaluationInput& input, const Candidates& candidates, const Outcome& outcome) {
  const auto money = [&](std::int64_t amount) { return Money(amount, input.cart.currency); };
  v1::Evaluation out;
  out.currency = input.cart.currency.code();
  for (std::size_t i = 0; i < input.cart.lines.size(); ++i) {
    v1::EvaluatedLine line{.line_id = input.cart.lines[i].id, .sku = input.cart.lines[i].sku, .discount = money(outcome.discount_of_line(i)), .parts = {}};
    for (const auto& applied : outcome.applied) {
      if (!applied.is_shipping && applied.cut.by_line[i] > 0)
        line.parts.push_back({candidates.list[applied.candidate].promotion->id, money(applied.cut.by_line[i])});
    }
    out.lines.push_back(std::move(line));
  }
  out.discount = money(outcome.discount());
  out.shipping_discount = money(outcome.shipping_discount());
  out.shipping_pending = outcome.shipping_pending;
  for (const auto& applied : outcome.applied) {
    const Candidate& candidate = candidates.list[applied.candidate];
    out.applied.push_back({.promotion_id = candidate.promotion->id,
                           .revision = candidate.promotion->revision,
                           .name = candidate.promotion->name,
                           .coupon = candidate.coupon ? std::optional(candidate.coupon->code) : std::nullopt,
                           .discount = money(applied.cut.discount),
                           .units = applied.cut.units,
                           .is_shipping = applied.is_shipping,
                           .is_trimmed = applied.is_trimmed});
  }
  for (const auto& [index, reason] : outcome.rejected) {
    const Candidate& candidate = candidates.list[index];
    out.rejected.push_back({candidate.promotion->id, candidate.coupon ? std::optional(candidate.coupon->code) : std::nullopt, std::string(to_string(reason))});
  }
  for (const auto& [code, reason] : candidates.rejected_codes) out.rejected.push_back({std::nullopt, code, std::string(to_string(reason))});
  return out;
}

// What was asked and what it brings: SHA-256 of the canonical input and the (id, revision, discount) of what applies.
std::string hash_of(const EvaluationInput& input, const v1::Evaluation& answer) {
  std::vector<std::string> parts;
  for (const auto& applied : answer.applied)
    parts.push_back(text(applied.promotion_id, ' ', applied.revision, ' ', applied.discount.amount(), ' ', applied.units, ';'));
  std::ranges::sort(parts);
  std::string all = input.canonical;
  for (const auto& part : parts) all += part;
  return security::hex(security::sha256(all));
}

/// `likely`: the promotions that need no code and may concern the cart.
FactsQuestion question_of(const EvaluationInput& input, const ActiveSet& set, const ActiveSet::Promotions& likely) {
  FactsQuestion out;
  out.codes = input.codes;
  out.customer_key = input.customer_key;
  if (set.needs_facts) {
    std::set<std::string> skus;
    for (const auto& line : input.cart.lines) skus.insert(line.sku);
    out.skus.assign(skus.begin(), skus.end());
  }
  // Those of the codes are read by code.
  for (const auto& promotion : likely) {
    const bool is_limited = promotion->limit_total || promotion->unit_quota || promotion->limit_per_customer || promotion->budget_currency;
    if (is_limited) out.limited.push_back(promotion->id);
  }
  return out;
}

void add_facts(Cart& cart, Facts& facts) {
  for (auto& line : cart.lines) {
    if (const auto found = facts.skus.find(line.sku); found != facts.skus.end()) line.facts = found->second;
  }
}

}  // namespace

Task<Result<Evaluated>> Evaluating::evaluate_input(EvaluationInput input, bool asks_limits) {
  EMP_CO_ASSIGN(const auto set, co_await book_.now());
  Facts facts;
  const auto likely = set->concerning(input.cart.lines, ActiveSet::FactsOf::lines_unknown);
  if (!input.codes.empty() || !likely.empty()) {
    EMP_CO_ASSIGN(facts, co_await facts_.read(question_of(input, *set, likely)));
  }
  add_facts(input.cart, facts);
  facts.buyer.key = input.customer_key;
  facts.buyer.is_logged_in = input.is_logged_in;
  const auto candidates = candidates_of(*set, input, facts, asks_limits);
  const auto outcome = promotion::evaluate(input.cart, facts.buyer, candidates.list, policy_);
  Evaluated out{.answer = answer_of(input, candidates, outcome), .uses = {}, .set_revision = set->revision, .unknown_codes = candidates.unknown_codes};
  out.answer.evaluated_at = input.cart.at;
  out.answer.is_preview = input.is_preview;
  out.answer.evaluation_hash = hash_of(input, out.answer);
  for (const auto& applied : outcome.applied) {
    const StoredCoupon* coupon = candidates.coupons[applied.candidate];
    const Promotion& rule = *candidates.list[applied.candidate].promotion;
    out.uses.push_back({.promotion = rule.id,
                        .revision = rule.revision,
                        .coupon = coupon != nullptr ? std::optional(coupon->id) : std::nullopt,
                        .coupon_version = coupon != nullptr ? coupon->version : 0,
                        .discount = applied.cut.discount,
                        .units = applied.cut.units});
  }
  std::ranges::sort(out.uses, {}, &Use::promotion);
  co_return out;
}

Task<Result<v1::Evaluation>> Evaluating::evaluate(CallContext context, v1::EvaluateRequest request) {
  EMP_CO_ASSIGN(auto input, read(request, context));
  if (!input.codes.empty()) EMP_CO_TRY(gate_.check(context));
  EMP_CO_ASSIGN(auto evaluated, co_await evaluate_input(std::move(input), true));
  for (std::size_t i = 0; i < evaluated.unknown_codes; ++i) gate_.wrong(context);
  co_return std::move(evaluated.answer);
}

Task<Result<v1::Evaluation>> Evaluating::preview(CallContext context, v1::PreviewPromotionRequest request) {
  EMP_CO_ASSIGN(auto input, read(request.input, context));
  EMP_CO_ASSIGN(const auto found, co_await book_.find(request.id));
  if (!found) co_return fail(ErrorKind::not_found, "PROMOTION_NOT_FOUND");
  // As if it ran now, for whoever gives a code.
  auto alone = std::make_shared<Promotion>(*found);
  alone->requires_coupon = false;
  alone->starts_at = std::min(alone->starts_at, input.cart.at);
  alone->ends_at = std::max(alone->ends_at, input.cart.at + seconds(1));
  ActiveSet set;
  set.add(alone);
  input.codes.clear();
  EMP_CO_ASSIGN(auto facts, co_await facts_.read(question_of(input, set, set.promotions)));
  add_facts(input.cart, facts);
  facts.buyer.key = input.customer_key;
  facts.buyer.is_logged_in = input.is_logged_in;
  const auto candidates = candidates_of(set, input, facts, false);
  auto answer = answer_of(input, candidates, promotion::evaluate(input.cart, facts.buyer, candidates.list, policy_));
  answer.evaluated_at = input.cart.at;
  answer.is_preview = true;
  answer.evaluation_hash = hash_of(input, answer);
  co_return answer;
}

Task<Result<v1::CouponOffer>> Evaluating::validate_coupon(CallContext context, v1::ValidateCouponRequest request) {
  EMP_CO_TRY(gate_.check(context));
  EMP_CO_ASSIGN(const auto caller, caller_of(request.customer_id, request.guest_email, context, keys_));
  const UtcTime at = clock_.now();
  const auto refused = [&](Reason reason) {
    return fail(Error(ErrorKind::rule_violated, "COUPON_INVALID", "the code cannot be used").with("code", request.code).with("reason", to_string(reason)));
  };
  const auto code = canonical_code(request.code);
  Facts facts;
  EMP_CO_ASSIGN(const auto set, co_await book_.now());
  if (code) {
    EMP_CO_ASSIGN(facts, co_await facts_.read({.skus = {}, .codes = {*code}, .customer_key = caller.key, .limited = {}}));
  }
  const auto coupon = code ? facts.coupons.find(*code) : facts.coupons.end();
  if (coupon == facts.coupons.end() || coupon->second.is_disabled) {
    gate_.wrong(context);
    co_return refused(Reason::coupon_unknown);
  }
  if (const auto reason = refusal_of(coupon->second, facts, caller.key, at, true); reason) co_return refused(*reason);
  const auto found = set->by_id.find(coupon->second.promotion);
  if (found == set->by_id.end()) co_return refused(Reason::expired);
  const Promotion& rule = *found->second;
  Cart empty;
  empty.at = at;
  empty.currency = rule.budget_currency.value_or(Currency());
  facts.buyer.key = caller.key;
  facts.buyer.is_logged_in = caller.is_logged_in;
  Promotion without_condition = rule;
  without_condition.condition.reset();
  const Candidate candidate{.promotion = &without_condition, .coupon = {}, .barred = {}, .units_left = {}, .budget_left = {}};
  if (const auto reason = promotion::refusal_of(candidate, empty, facts.buyer); reason) co_return refused(*reason);
  const auto left = facts.limits.find(rule.id);
  if (left != facts.limits.end() && left->second.uses && *left->second.uses <= 0) co_return refused(Reason::limit);
  co_return v1::CouponOffer{
      .code = *code, .promotion_id = rule.id, .name = rule.name, .kind = to_contract(rule.kind), .ends_at = coupon->second.ends_at.value_or(rule.ends_at)};
}

Task<Result<v1::LookupOffersResponse>> Evaluating::lookup_offers(CallContext context, v1::LookupOffersRequest request) {
  EMP_CO_ASSIGN(const auto set, co_await book_.now());
  EvaluationInput input;
  EMP_CO_ASSIGN(auto caller, caller_of({}, {}, context, keys_));
  input.customer_key = caller.key;
  input.cart.at = clock_.now();
  for (const auto& item : request.items)
    input.cart.lines.push_back({.id = {},
                                .sku = ascii_upper(item.sku),
                                .unit_amount = item.unit_amount.amount(),
                                .list_amount = item.unit_amount.amount(),
                                .is_on_sale = item.on_sale.value_or(false),
                                .facts = {}});
  Facts facts;
  if (!set->promotions.empty()) {
    EMP_CO_ASSIGN(facts, co_await facts_.read(question_of(input, *set, set->concerning(input.cart.lines, ActiveSet::FactsOf::lines_unknown))));
  }
  add_facts(input.cart, facts);
  facts.buyer.key = caller.key;
  facts.buyer.is_logged_in = caller.is_logged_in;
  const auto candidates = candidates_of(*set, input, facts, true);
  v1::LookupOffersResponse out;
  for (std::size_t i = 0; i < request.items.size(); ++i) {
    const Money unit = request.items[i].unit_amount;
    input.cart.currency = unit.currency();
    std::vector<std::size_t> ordered;
    for (std::size_t c = 0; c < candidates.list.size(); ++c) {
      if (candidates.list[c].promotion->rule_type == RuleType::catalog && !promotion::refusal_of(candidates.list[c], input.cart, facts.buyer))
        ordered.push_back(c);
    }
    std::ranges::sort(ordered, [&](std::size_t a, std::size_t b) { return comes_before(*candidates.list[a].promotion, *candidates.list[b].promotion); });
    const auto shown = shown_price(input.cart.lines[i], unit.currency(), candidates.list, ordered);
    v1::Offer offer{.sku = input.cart.lines[i].sku, .unit_amount = unit, .offer_amount = Money(unit.amount() - shown.discount, unit.currency()), .badges = {}};
    for (const auto& [candidate, off] : shown.parts) offer.badges.push_back(candidates.list[candidate].promotion->name);
    out.offers.push_back(std::move(offer));
  }
  co_return out;
}

}  // namespace emporion::promotion
