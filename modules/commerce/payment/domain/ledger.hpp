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
/// escrow:{seller}, revenue, fees, refunds, chargebacks. Source: commerce.md §3.1.
struct Posting {
  std::string cause;  ///< "capture", "cod_collection", "refund"
  Currency currency;
  std::vector<LedgerLeg> legs;
};

/// The account that holds what a method takes.
std::string_view clearing_account(std::string_view method) noexcept;

Posting posting_of_capture(Money amount, std::string_view method);
/// Ends the escrow of a completed order: the shop's own revenue. Refunds stay on their account, against revenue.
Posting posting_of_release(Money amount);
Posting posting_of_refund(Money amount, std::string_view method);

/// Σ of the legs.
std::int64_t balance(const Posting& posting) noexcept;

}  // namespace emporion::payment
