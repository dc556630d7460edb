#include "modules/product/promotion/app/active_set.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace emporion::promotion {
namespace {

std::int64_t number(std::int64_t from, std::int64_t to) { return *rc::gen::inRange<std::int64_t>(from, to); }
Uuid id(std::int64_t n) { return Uuid::from_name(std::to_string(n)); }
std::string sku(std::int64_t n) { return "S" + std::to_string(n); }
std::vector<Uuid> some_ids(std::int64_t first) { return number(0, 3) == 0 ? std::vector{id(first + number(0, 3))} : std::vector<Uuid>(); }

Scope any_scope() {
  std::vector<std::string> skus;
  for (std::int64_t i = number(0, 3); i > 0; --i) skus.push_back(sku(number(0, 6)));
  return {std::move(skus), some_ids(0), some_ids(10), some_ids(20), some_ids(30)};
}

std::shared_ptr<const Promotion> any_promotion(std::int64_t n) {
  auto out = std::make_shared<Promotion>();
  out->id = id(1'000 + n);
  out->requires_coupon = number(0, 4) == 0;
  out->include = any_scope();
  out->exclude = any_scope();
  if (number(0, 2) == 0) out->buy_x_get_y = BuyXGetY{.get_scope = any_scope()};
  return out;
}

Line any_line() {
  Line out{.id = "1", .sku = sku(number(0, 6)), .facts = {}};
  if (number(0, 2) == 0)
    out.facts = {.product = id(number(0, 3)), .brand = id(number(20, 23)), .seller = id(number(30, 33)), .categories = {id(number(10, 13))}};
  return out;
}

bool holds(const ActiveSet::Promotions& all, const std::shared_ptr<const Promotion>& one) { return std::ranges::find(all, one) != all.end(); }

RC_GTEST_PROP(ActiveSet, LeavesOutOnlyWhatTakesNothingOffAndWhatNeedsACode, ()) {
  ActiveSet set;
  for (std::int64_t n = number(0, 12); n > 0; --n) set.add(any_promotion(n));
  std::vector<Line> lines;
  for (std::int64_t n = number(0, 4); n > 0; --n) lines.push_back(any_line());
  const auto known = set.concerning(lines);
  auto bare = lines;
  for (auto& line : bare) line.facts = {};
  const auto before_facts = set.concerning(bare, ActiveSet::FactsOf::lines_unknown);
  for (const auto& promotion : set.promotions) {
    const bool concerns_a_line = std::ranges::any_of(lines, [&](const Line& line) { return promotion->concerns(line); });
    if (concerns_a_line && !promotion->requires_coupon) {
      RC_ASSERT(holds(known, promotion));
      RC_ASSERT(holds(before_facts, promotion));
    }
    if (promotion->requires_coupon) RC_ASSERT(!holds(known, promotion) && !holds(before_facts, promotion));
  }
  // In their order, and each once.
  std::vector<std::ptrdiff_t> places;
  for (const auto& promotion : known) places.push_back(std::ranges::find(set.promotions, promotion) - set.promotions.begin());
  RC_ASSERT(std::ranges::is_sorted(places) && std::ranges::adjacent_find(places) == places.end());
}

TEST(ActiveSet, ACartDoesNotMeetWhatIsOnForOtherThings) {
  ActiveSet set;
  for (std::int64_t n = 0; n < 1'000; ++n) {
    auto other = std::make_shared<Promotion>();
    other->id = id(n);
    other->include = Scope({sku(n)}, {}, {}, {}, {});
    set.add(std::move(other));
  }
  const std::vector<Line> lines{{.id = "1", .sku = sku(7), .facts = {}}, {.id = "2", .sku = sku(500), .facts = {}}};
  EXPECT_EQ(set.concerning(lines).size(), 2u);
}

}  // namespace
}  // namespace emporion::promotion
