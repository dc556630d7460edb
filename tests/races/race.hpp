#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/races/arena.hpp"

namespace emporion::races {

/// How a round went: which side had its way, and what does not hold (empty: all does).
struct Round {
  std::string winner;
  std::string complaint;
};

/// A row of the suite's table: what is raced, and what must hold however it goes. Each round has things of its own, so that no round leans on another; the
/// audit is asked between them.
class Race {
 public:
  virtual ~Race() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view raced() const = 0;
  virtual std::string_view must_hold() const = 0;
  virtual std::string settings() const { return "fulfillment:\n  autopilot: false\n"; }
  virtual int processes() const { return 2; }
  virtual Delays delays() const = 0;
  /// How often it is played in a full run.
  virtual int rounds() const { return 60; }
  virtual Task<bool> set_up(Arena&) { co_return true; }
  /// `name` is of letters and digits and of this round only.
  virtual Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) = 0;
};

std::vector<std::unique_ptr<Race>> checkout_races();
std::vector<std::unique_ptr<Race>> payment_races();
std::vector<std::unique_ptr<Race>> order_races();
std::vector<std::unique_ptr<Race>> warehouse_races();

/// A round that could not be prepared, or a reply that nobody expects.
inline Round broken(std::string what) { return {"", std::move(what)}; }

/// Polls the confirmation until it is of another status than `processing` or `payment_processing`, up to a minute.
Task<Reply> settled(Arena& arena, Buyer& buyer);

/// A confirmed order that a card paid.
struct PaidOrder {
  std::string order;
  std::string payment;
  std::string intent;
  std::int64_t total = 0;
};
/// Buys one by card; an empty order id if it was not confirmed.
Task<PaidOrder> buy_by_card(Arena& arena, std::string name);
/// The payment of an order as staff see it: the first whose status is one of `statuses`, waited for up to 20 s. Empty body: none came.
Task<Reply> payment_of(Arena& arena, std::string order, std::vector<std::string> statuses);

}  // namespace emporion::races
