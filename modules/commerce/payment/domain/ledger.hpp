#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/money/money.hpp"

namespace emporion::payment {

/// One side of a posting: positive is debit, negative is credit.
struct LedgerLeg {
  std::string account;
  std::int64_t amount = 0;
  friend bool operator==(const LedgerLeg&, const LedgerLeg&) = default;
};

/// A movement of money between accounts; its legs add up to zero. Accounts: gateway_clearing (what providers owe us), cod_clearing (cash that couriers owe us),
/// bank_suspense (bank transfers whose owner or use is not settled), escrow:{seller}, payable:{seller} (what sellers are owed), revenue, fees, refunds,
/// chargebacks, store_credit (what was refunded into it). Source: commerce.md §3.1.
struct Posting {
  std::string cause;  ///< "capture", "cod_collection", "refund"
  Currency currency;
  std::vector<LedgerLeg> legs;
};

/// The account that holds what a method takes.
std::string_view clearing_account(std::string_view method) noexcept;

Posting posting_of_capture(Money amount, std::string_view method);
/// What a lost dispute took; without regard to the method, since only providers charge back.
Posting posting_of_chargeback(Money amount);
/// Money on our bank account, before it is known or settled what it is for; and what of it is paid out again.
Posting posting_of_bank_credit(Money amount);
Posting posting_of_bank_payout(Money amount);
/// A credit that was found to be a payment's: one posting takes it off nobody, the other gives it to the payment.
Posting posting_of_bank_match(Money amount, bool to_payment);
/// The provider took its decision back.
Posting posting_of_chargeback_reversal(Money amount);
Posting posting_of_refund(Money amount, std::string_view method);
/// A refund that stays with us: the money is owed to the customer as store credit.
Posting posting_of_store_credit(Money amount);

/// Σ of the legs.
std::int64_t balance(const Posting& posting) noexcept;

}  // namespace emporion::payment
