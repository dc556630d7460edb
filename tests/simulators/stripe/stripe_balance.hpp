#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulators/stripe/stripe_ledger.hpp"

namespace emporion::simulators {

struct BalanceTransaction {
  std::string id;
  std::string category;  ///< charge, refund, dispute, payout
  std::string source;
  std::int64_t amount = 0;
  std::int64_t fee = 0;
  std::string currency;
  std::int64_t created = 0;  ///< Unix seconds.
};

/// What Stripe says that it moved, newest first, as its list of balance transactions. A charge costs 1 % in fees.
class StripeBalance {
 public:
  void note(const std::string& category, const std::string& source, std::int64_t amount, const std::string& currency, std::int64_t now_unix);
  Answer list(const Fields& query) const;

  /// The row of that source, to be falsified; null if there is none.
  BalanceTransaction* of(const std::string& source);
  void forget(const std::string& source);

 private:
  std::vector<BalanceTransaction> rows_;
  int serial_ = 0;
};

}  // namespace emporion::simulators
