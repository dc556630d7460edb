#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/crash/stage.hpp"

namespace emporion::crash {

/// A buyer under enumeration: what they send, always with the same keys, and what they saw last.
struct Shopper {
  Shopper(Stage& stage, std::string given_name) : name(std::move(given_name)), buyer(stage.client, stage.shop->url()) {}
  std::string name;
  Buyer buyer;
  Reply answer;  ///< To the last confirm.
  Reply poll;    ///< To the last poll.

  Task<Reply> confirm();
  /// Polls until nothing is left to the shop to do, a minute at most: then `poll.reason` is NOT_SETTLED. A checkout that was never confirmed says so:
  /// NOT_CONFIRMED.
  Task<std::string> settled(Runtime& runtime);
};

/// One way through a saga, driven as its customers and staff would. `act` is run with a fault somewhere in it and may find nobody who answers; `finish` is run
/// after the restart and does the same again, with the same keys, to the end.
class Scenario {
 public:
  virtual ~Scenario() = default;
  virtual std::string_view name() const = 0;
  /// The saga of the registry that it drives.
  virtual std::string_view saga() const { return "checkout.place_order"; }
  /// Once per shop.
  virtual Task<bool> set_up(Stage&) { co_return true; }
  /// Brings the buyers to where only `act` is left. `purchase` is of letters and digits. False: try again.
  virtual Task<bool> prepare(Stage& stage, std::string purchase) = 0;
  virtual Task<void> act(Stage& stage) = 0;
  virtual Task<void> finish(Stage& stage) = 0;
  /// What does not hold in the end, empty if all does. Beside it the audit is clean and each view is of the table.
  virtual Task<std::string> complaint(Stage& stage) = 0;

  std::vector<std::unique_ptr<Shopper>> shoppers;
};

std::vector<std::unique_ptr<Scenario>> all_scenarios();

}  // namespace emporion::crash
