#pragma once

#include <string>
#include <vector>

#include "contracts/commerce/payment/v1/payment_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/rpc/call_context.hpp"
#include "modules/commerce/payment/app/address_origins.hpp"
#include "modules/commerce/payment/app/card_vault.hpp"
#include "modules/commerce/payment/app/payment_store.hpp"
#include "modules/commerce/payment/app/saved_cards.hpp"
#include "modules/commerce/payment/domain/disposable_domains.hpp"

namespace emporion::payment {

struct RiskOptions {
  std::vector<std::string> shared_addresses;  ///< Addresses behind which many people buy: their orders per hour do not count. Staff may list more.
  bool is_decisive = true;                    ///< False: scores are stored and everything is allowed (imports of past orders).
  AddressOrigins* origins = nullptr;          ///< Null: no GeoIP.
  CardVault* cards = nullptr;                 ///< Null: nothing is known of cards.
  SavedCards* saved_cards = nullptr;          ///< Null: nobody saves any.
  milliseconds card_within{300};              ///< How long the cards' keeper may take. What it does not say in time is not scored.
  DisposableDomains disposable = DisposableDomains::well_known();
};

/// Makes of what Checkout tells what is asked of the past: whom it concerns as digests, and what is known at once. Nothing here can stop a scoring.
class RiskQuestions {
 public:
  RiskQuestions(RiskOptions options, const Clock& clock, Random& random) : options_(std::move(options)), clock_(clock), random_(random) {}

  Task<RiskQuestion> of(CallContext context, v1::AssessRiskRequest request);

 private:
  void add_address(const v1::RiskFacts& told, RiskQuestion& out) const;
  Task<void> add_card(std::string token, RiskQuestion& out);
  Task<void> add_saved_card(Uuid id, RiskQuestion& out);

  RiskOptions options_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::payment
