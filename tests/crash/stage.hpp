#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tests/journeys/fault_file.hpp"
#include "tests/journeys/provider_thread.hpp"
#include "tests/journeys/shop_process.hpp"
#include "tests/journeys/shop_staff.hpp"
#include "tests/simulators/stripe/stripe_simulator.hpp"

namespace emporion::crash {

using journeys::Buyer;
using journeys::Reply;
using CardProvider = journeys::ProviderThread<simulators::StripeSimulator, simulators::StripeSimulatorOptions>;

/// A shop of its own with a card provider, and who acts in it. Recovery is quick there: leases last a second.
class Stage {
 public:
  Stage();
  ~Stage();

  /// Starts the shop, again after a crash, and moves the staff to it. Faults are as they are armed.
  void start();
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  /// Money that the provider took and did not give back, as the provider has it.
  std::int64_t balance();
  /// What the buyer's bank decides at the page of a next_action. False: it has decided already, or there is no such page.
  bool decide_at_bank(const std::string& page, bool approved);

  Runtime runtime;
  http::Client client{runtime, 64};
  std::unique_ptr<CardProvider> cards;
  std::unique_ptr<journeys::ShopProcess> shop;
  std::unique_ptr<journeys::FaultFile> faults;
  journeys::Staff staff{client, ""};
  int fillings = 0;  ///< How often stock was filled up.
};

}  // namespace emporion::crash
