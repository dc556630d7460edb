#include "tests/crash/stage.hpp"

#include "kernel/base/text.hpp"

namespace emporion::crash {

using simulators::StripeSimulator;

Stage::Stage() {
  cards = std::make_unique<CardProvider>(simulators::StripeSimulatorOptions{.webhook_url = "", .hang = milliseconds(2'000)});
  const simulators::StripeSimulatorOptions keys;
  // Whoever picks works in the same process and would pass points of its own at any time.
  shop = std::make_unique<journeys::ShopProcess>(
      text("checkout:\n  saga_lease_s: 1\nfulfillment:\n  autopilot: false\npayment:\n  stripe:\n    enabled: true\n    base_url: ", cards->url(),
           "\n    secret_key: ", keys.secret_key, "\n    webhook_secret: ", keys.webhook_secret, "\n"));
  faults = std::make_unique<journeys::FaultFile>(shop->home() / "fault");
  start();
  journeys::Staff::hire(*shop);
}

Stage::~Stage() {
  faults->disarm();
  shop->stop();
}

void Stage::start() {
  shop->start({faults->environment()});
  staff.move_to(shop->url());
  cards->on_its_thread([url = shop->url()](StripeSimulator& simulator) {
    simulator.set_webhook_url(url + "/api/v1/webhooks/stripe");
    return true;
  });
}

std::int64_t Stage::balance() {
  return cards->on_its_thread([](StripeSimulator& simulator) { return simulator.ledger().balance(); });
}

bool Stage::decide_at_bank(const std::string& page, bool approved) {
  const std::string intent = page.substr(page.rfind('/') + 1);
  return cards->on_its_thread([&](StripeSimulator& simulator) { return simulator.settle(intent, approved); });
}

}  // namespace emporion::crash
