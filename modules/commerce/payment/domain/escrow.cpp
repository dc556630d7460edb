#include "modules/commerce/payment/domain/escrow.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::payment {
namespace {

/// Splits by weight, without a rest.
std::vector<std::int64_t> split(std::int64_t amount, const std::vector<SellerShare>& shares) {
  std::vector<std::int64_t> weights;
  for (const SellerShare& share : shares) weights.push_back(share.weight);
  return allocate(amount, weights);
}

}  // namespace

EscrowRelease release_escrow(const EscrowFacts& facts, const std::vector<SellerShare>& shares, const Commission& commission) {
  const Currency currency = facts.captured.currency();
  EscrowRelease out{Posting{"release", currency, {}}, {}};
  const auto leg = [&](std::string account, std::int64_t amount) {
    if (amount != 0) out.posting.legs.push_back({std::move(account), amount});
  };
  const std::int64_t gross = std::max<std::int64_t>(facts.captured.amount() - facts.refunded - facts.charged_back, 0);
  const std::int64_t over = facts.refunded + facts.charged_back - facts.captured.amount();  // More left than came in: the shop's loss stays where it is.
  leg(text("escrow:", own_seller), facts.captured.amount());
  leg("refunds", -std::min(facts.refunded, facts.captured.amount()));
  leg("chargebacks", -(facts.charged_back - std::max<std::int64_t>(over, 0)));

  std::vector<SellerShare> known = shares;
  std::erase_if(known, [](const SellerShare& share) { return share.weight <= 0; });
  if (known.empty()) known.push_back({std::string(own_seller), 1});
  const auto parts = split(gross, known);
  const auto fees = split(std::min(facts.fees, gross), known);
  for (std::size_t i = 0; i < known.size(); ++i) {
    const std::int64_t taken =
        Money(parts[i], currency).times(Rate::basis_points(commission.of(known[i].seller)), Rounding::floor).value().amount();  // In the seller's favour.
    const std::int64_t fee = std::min(fees[i], parts[i] - taken);
    const std::int64_t net = parts[i] - taken - fee;
    leg("revenue", -taken);
    leg("fees", -fee);
    leg(known[i].seller == own_seller ? "revenue" : text("payable:", known[i].seller), -net);
    out.sellers.push_back({known[i].seller, Money(parts[i], currency), Money(taken, currency), Money(fee, currency), Money(net, currency)});
  }
  return out;
}

}  // namespace emporion::payment
