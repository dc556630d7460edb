#include "modules/commerce/payment/domain/ledger.hpp"

namespace emporion::payment {
namespace {

// The shop itself is the seller until sellers have accounts of their own.
constexpr const char* own_escrow = "escrow:platform";

}  // namespace

std::string_view clearing_account(std::string_view method) noexcept { return method == "cod" ? "cod_clearing" : "gateway_clearing"; }

Posting posting_of_capture(Money amount, std::string_view method) {
  // A transfer is on our account already, as owed to whoever made it.
  const std::string from = method == "bank_transfer" ? "bank_suspense" : std::string(clearing_account(method));
  return Posting{method == "cod" ? "cod_collection" : "capture", amount.currency(), {{from, amount.amount()}, {own_escrow, -amount.amount()}}};
}

Posting posting_of_bank_credit(Money amount) {
  return Posting{"bank_credit", amount.currency(), {{"gateway_clearing", amount.amount()}, {"bank_suspense", -amount.amount()}}};
}
Posting posting_of_bank_payout(Money amount) {
  return Posting{"bank_payout", amount.currency(), {{"bank_suspense", amount.amount()}, {"gateway_clearing", -amount.amount()}}};
}
Posting posting_of_bank_match(Money amount, bool to_payment) {
  Posting posting = to_payment ? posting_of_bank_credit(amount) : posting_of_bank_payout(amount);
  posting.cause = "bank_match";
  return posting;
}

Posting posting_of_refund(Money amount, std::string_view method) {
  return Posting{"refund", amount.currency(), {{"refunds", amount.amount()}, {std::string(clearing_account(method)), -amount.amount()}}};
}

Posting posting_of_store_credit(Money amount) {
  return Posting{"refund", amount.currency(), {{"refunds", amount.amount()}, {"store_credit", -amount.amount()}}};
}

Posting posting_of_chargeback(Money amount) {
  return Posting{"chargeback", amount.currency(), {{"chargebacks", amount.amount()}, {"gateway_clearing", -amount.amount()}}};
}

Posting posting_of_chargeback_reversal(Money amount) {
  return Posting{"chargeback_reversal", amount.currency(), {{"gateway_clearing", amount.amount()}, {"chargebacks", -amount.amount()}}};
}

Posting posting_of_release(Money amount) { return Posting{"release", amount.currency(), {{own_escrow, amount.amount()}, {"revenue", -amount.amount()}}}; }

std::int64_t balance(const Posting& posting) noexcept {
  std::int64_t sum = 0;
  for (const LedgerLeg& leg : posting.legs) sum += leg.amount;
  return sum;
}

}  // namespace emporion::payment
