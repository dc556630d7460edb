#include "modules/commerce/payment/domain/escrow.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/base/text.hpp"

namespace emporion::payment {
namespace {

const Currency vnd = Currency::of("VND");

std::string told(const Posting& posting) {
  std::string out;
  for (const LedgerLeg& one : posting.legs) out += text(out.empty() ? "" : ", ", one.account, " ", one.amount);
  return out;
}

TEST(Escrow, BecomesTheShopsRevenueLessWhatWentBack) {
  const auto release = release_escrow({.captured = Money(100'000, vnd), .refunded = 20'000, .charged_back = 0, .fees = 3'000}, {}, {});
  EXPECT_EQ(told(release.posting), "escrow:platform 100000, refunds -20000, revenue -8000, fees -3000, revenue -69000");
  ASSERT_EQ(release.sellers.size(), 1u);
  EXPECT_EQ(release.sellers[0].gross.amount(), 80'000);
  EXPECT_EQ(release.sellers[0].commission.amount(), 8'000);
  EXPECT_EQ(release.sellers[0].net.amount(), 69'000);
}

TEST(Escrow, IsSharedByWhatTheLinesWereWorthAndEachSellersCommission) {
  const Commission commission{.bp = 1'000, .of_seller = {{"b", 500}}};
  const auto release = release_escrow({.captured = Money(100, vnd)}, {{"platform", 10}, {"a", 60}, {"b", 30}}, commission);
  EXPECT_EQ(told(release.posting), "escrow:platform 100, revenue -1, revenue -9, revenue -6, payable:a -54, revenue -1, payable:b -29");
}

TEST(Escrow, OfAnOrderThatWasPaidBackWholeLeavesNothing) {
  const auto release = release_escrow({.captured = Money(100, vnd), .refunded = 40, .charged_back = 60}, {{"a", 1}}, {});
  EXPECT_EQ(told(release.posting), "escrow:platform 100, refunds -40, chargebacks -60");
}

RC_GTEST_PROP(Escrow, AlwaysAddsUpToZero,
              (std::uint16_t captured, std::uint16_t refunded, std::uint16_t charged_back, std::uint16_t fees, std::vector<std::uint8_t> weights)) {
  std::vector<SellerShare> shares;
  for (std::size_t i = 0; i < weights.size(); ++i) shares.push_back({text("s", i), weights[i]});
  const EscrowFacts facts{Money(captured + 1, vnd), std::min<std::int64_t>(refunded, captured + 1), std::min<std::int64_t>(charged_back, captured + 1), fees};
  const auto release = release_escrow(facts, shares, {});
  RC_ASSERT(balance(release.posting) == 0);
  for (const SellerRelease& one : release.sellers)
    RC_ASSERT(one.gross.amount() == one.commission.amount() + one.fees.amount() + one.net.amount() && one.net.amount() >= 0);
}

}  // namespace
}  // namespace emporion::payment
