#pragma once

#include <map>
#include <string>

#include "tests/simulators/stripe/stripe_ledger.hpp"

namespace emporion::simulators {

struct SimulatedDispute {
  std::string id;
  std::string intent;
  std::int64_t amount = 0;
  std::string currency;
  std::string reason;
  std::string status = "needs_response";
  std::int64_t due_by = 0;  ///< Unix seconds.
  std::string evidence;     ///< What was submitted as uncategorized_text.
};

/// Stripe's disputes. Opening one takes its amount from what is left of the charge, and a charge with an open dispute is not refunded, as at Stripe.
class StripeDisputes {
 public:
  explicit StripeDisputes(StripeLedger& ledger) : ledger_(ledger) {}

  /// Empty: there is no such money to dispute.
  std::string open(const std::string& intent, std::int64_t amount, const std::string& reason, std::int64_t now_unix);
  /// False: it is decided.
  bool decide(const std::string& id, bool won);
  bool reverse(const std::string& id);  ///< lost → won

  Answer get(const std::string& id) const;
  Answer submit(const std::string& id, const Fields& fields, std::int64_t now_unix);
  Answer close(const std::string& id);

  const SimulatedDispute* find(const std::string& id) const;
  std::string to_json(const SimulatedDispute& dispute) const;

 private:
  StripeLedger& ledger_;
  std::map<std::string, SimulatedDispute> disputes_;
};

}  // namespace emporion::simulators
