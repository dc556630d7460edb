#include "modules/commerce/payment/domain/ledger.hpp"

namespace emporion::payment {
namespace {

// The shop itself is the seller until sellers have accounts of their own.
constexpr const char* own_escrow = "escrow:platform";

}  // namespace

std::string_view clearing_account(std::string_view method) noexcept { return method == "cod" ? "cod_clearing" : "gateway_clearing"; }

Posting posting_of_capture(Money amount, std::string_view method) {
  return Posting{method == "cod" ? "cod_collection" : "capture", amount.currency(), {{std::string(clearing_account(method)), amount.amount()}, {own_escrow, -amount.amount()}}};
}

Posting posting_of_refund(Money amount, std::string_view method) {
  return Posting{"refund", amount.currency(), {{"refunds", amount.amount()}, {std::string(clearing_account(method)), -amount.amount()}}};
}

Posting posting_of_release(Money amount) {
  return Posting{"release", amount.currency(), {{own_escrow, amount.amount()}, {"revenue", -amount.amount()}}};
}

std::int64_t balance(const Posting& posting) noexcept {
  std::int64_t sum = 0;
  for (const LedgerLeg& leg : posting.legs) sum += leg.amount;
  return sum;
}

}  // namespace emporion::payment
