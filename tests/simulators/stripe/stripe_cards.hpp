#pragma once

#include <map>
#include <optional>
#include <string>

#include "tests/simulators/stripe/stripe_ledger.hpp"

namespace emporion::simulators {

struct SimulatedCard {
  std::string id;
  std::string behaves_as;   ///< The test token that decides its fate.
  std::string customer;     ///< Empty: attached to nobody.
  std::string fingerprint;  ///< Empty for test tokens themselves: everybody uses the same ones.
  std::string country;
  bool is_detached = false;
};

/// The cards that the provider keeps, with Stripe's own rules: a card is attached to a customer once, pays only together with that customer, and never again
/// once it is detached. Attaching a test token (pm_card_visa) makes a card of it, with the fingerprint "fp_<token>", as Stripe does.
class StripeCards {
 public:
  Answer open_customer(const Fields& fields);
  Answer set_up(const Fields& fields);
  Answer get(const std::string& id) const;
  Answer attach(const std::string& id, const Fields& fields);
  Answer detach(const std::string& id);

  /// What the buyer does on the provider's page: a card of the setup's customer. Empty: there is no such setup.
  std::string finish_setup(const std::string& setup, const std::string& token, const std::string& country = "VN");
  /// The fields of a payment intent as the ledger understands them, or why the card may not be used so.
  std::optional<Answer> refuse_use(Fields& fields) const;

  std::size_t customers() const noexcept { return customers_; }
  std::size_t attached() const;
  const SimulatedCard* find(const std::string& id) const;

 private:
  std::string add(const std::string& token, const std::string& customer, const std::string& country);
  bool is_customer(const std::string& id) const;

  std::map<std::string, SimulatedCard> cards_;
  std::map<std::string, std::string> setups_;  ///< By id: the customer.
  std::size_t customers_ = 0;
};

}  // namespace emporion::simulators
