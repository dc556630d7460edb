#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/journeys/fault_file.hpp"
#include "tests/journeys/provider_thread.hpp"
#include "tests/journeys/shop_process.hpp"
#include "tests/journeys/shop_staff.hpp"
#include "tests/simulators/stripe/stripe_simulator.hpp"
#include "tests/simulators/vnpay/vnpay_simulator.hpp"

namespace emporion::journeys {

/// A shop with a card provider, a bank and staff, in which faults can be ordered: where the checks of commerce.md §4.5 are run and seen from outside, whatever
/// processes it is made of.
class CheckedShop {
 public:
  /// `placement`: "one", "per-domain" or "per-module"; empty: what EMP_JOURNEY_PLACEMENT says.
  explicit CheckedShop(const std::string& placement = {});
  ~CheckedShop();

  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  Buyer buyer() { return {client, shop->url()}; }
  /// A buyer who has only the confirm before them. Their name is a part of their e-mail address, and no other buyer has it.
  std::unique_ptr<Buyer> prepared(const std::string& sku, int qty, const std::string& name, const std::string& payment);
  /// Confirms for all at once.
  std::vector<Reply> confirm_all(const std::vector<std::unique_ptr<Buyer>>& buyers);
  /// What the checkout says once nothing is left for the shop to do by itself: "confirmed", "requires_action"; of a failure its reason. A minute at most, then
  /// the last that was seen.
  std::string end_of(Buyer& buyer);
  std::string order_of(Buyer& buyer);
  /// The statuses of an order in their order, separated by blanks.
  std::string history_of(const std::string& order);
  /// Units of the SKU that may be sold, over all warehouses.
  std::int64_t available(const std::string& sku) { return units_available(run(staff.call(http::Method::get, "/api/v1/inventory?sku=" + sku)).body); }
  void fill(const std::string& sku, int units);
  /// Waits until `seen` says `wanted`, a minute at most. Answers the last that it said.
  std::string until(const std::string& wanted, const std::function<std::string()>& seen);

  /// Money that the card provider, and the bank, took and did not give back.
  std::int64_t cards_balance();
  std::int64_t bank_balance();
  /// What the card provider says of the payment of an order.
  std::string at_provider(const std::string& order);
  /// How often it was asked for that operation on it.
  int calls_at_provider(const std::string& operation, const std::string& order);

  void order_fault(const std::string& order) { faults->arm(order); }
  /// Waits for the crash that was ordered, and starts again what it ended. False: nothing died within ten seconds.
  bool come_back();

  /// What stands in the databases once it is at rest, to be compared with another shop's: rows by status, and events by topic.
  std::vector<std::string> books();

  Runtime runtime;
  http::Client client{runtime, 64};
  std::unique_ptr<ProviderThread<simulators::StripeSimulator, simulators::StripeSimulatorOptions>> cards;
  std::unique_ptr<ProviderThread<simulators::VnpaySimulator, simulators::VnpaySimulatorOptions>> bank;
  std::unique_ptr<ShopProcess> shop;
  std::unique_ptr<FaultFile> faults;
  Staff staff{client, ""};
  struct Begun {
    std::unique_ptr<Buyer> buyer;
    Reply answer;      ///< To the confirm.
    std::string then;  ///< What came after it.
  };
  std::map<std::string, Begun> begun;  ///< By check, of those that begin before the others.

 private:
  std::string payment_of(const std::string& order);
  std::vector<std::string> read_books();
  void start();
};

std::string card(std::string_view token);
/// "5 × confirmed, 7 × OUT_OF_STOCK"
std::string counted(const std::vector<std::string>& outcomes);
/// "201", or "409 OUT_OF_STOCK"
std::string in_short(const Reply& reply);

}  // namespace emporion::journeys
