#include "kernel/base/text.hpp"
#include "tests/races/race.hpp"

namespace emporion::races {
namespace {

constexpr const char* bank_asks = R"({"method":"card","payment_method_id":"pm_card_threeDSecure2Required"})";

/// Units that something says are sent from `closed`, and from elsewhere.
struct Sources {
  int closed = 0;
  int elsewhere = 0;
  void add(const std::string& warehouse, const std::string& closing, const std::string& units) {
    (warehouse == closing ? closed : elsewhere) += std::atoi(units.c_str());
  }
  bool are_elsewhere(int units) const { return closed == 0 && elsewhere == units; }
};

Sources allocated(const std::string& order, const std::string& closing) {
  Sources out;
  for (int at = 0;; ++at) {
    const std::string row = text("lines.0.allocations.", at);
    const std::string warehouse = member_of(order, row + ".warehouse_id");
    if (warehouse.empty()) return out;
    out.add(warehouse, closing, member_of(order, row + ".qty"));
  }
}

/// Of the parcels that are to be sent: units to pick, wherever the warehouse without people has come to.
Sources to_pick(const std::string& fulfillments, const std::string& closing) {
  Sources out;
  for (int at = 0;; ++at) {
    const std::string one = member_of(fulfillments, text("fulfillments.", at));
    if (one.empty()) return out;
    if (member_of(one, "status") != "cancelled") out.add(member_of(one, "warehouse_id"), closing, member_of(one, "items.0.qty"));
  }
}

/// A warehouse drops out while cards are at the bank; each order's stock is bound, its money taken and it is confirmed at some moment of the move, before or
/// after.
class ClosingAgainstConfirming final : public Race {
  std::string_view name() const override { return "closing_against_confirming"; }
  std::string_view raced() const override { return "a warehouse goes offline while the bank approves the payments of four orders that it was to send"; }
  std::string_view must_hold() const override { return "each order, and what Fulfillment is to pick for it, names the warehouse that holds its units now"; }
  std::string settings() const override { return "fulfillment:\n  autopilot: false\nwarehouse:\n  offline_wait_s: 0\n  evacuate_every_s: 1\n"; }
  Delays delays() const override { return {"checkout.place_order.+warehouse.+order.+fulfillment.", 60, 1'800}; }
  int rounds() const override { return 25; }

  static constexpr int units = 2;
  struct Buying {
    std::unique_ptr<Buyer> buyer;
    std::string order;
    std::string intent;
    std::string warehouse;
  };

  static Task<Reply> approve(Arena& arena, std::string intent) { co_return Reply{arena.decide_at_bank(intent, true) ? 200 : 409, "", ""}; }

  static Task<std::string> wait_at_the_bank(Arena& arena, Buying& buying, std::string name) {
    const auto prepared = co_await buying.buyer->prepare("TEA-JASMINE-250", units, name, bank_asks);
    if (prepared.status != 200) co_return "prepare: " + in_short(prepared);
    const auto confirmed = co_await buying.buyer->confirm("buy-" + name);
    const std::string page = member_of(confirmed.body, "next_action.url");
    if (page.empty()) co_return "confirm: " + in_short(confirmed);
    buying.intent = page.substr(page.rfind('/') + 1);
    const auto placement = co_await buying.buyer->call(Method::get, "/api/v1/checkout/" + buying.buyer->session() + "/confirmation");
    buying.order = member_of(placement.body, "order_id");
    const auto order = co_await arena.staff.call(Method::get, "/api/v1/orders/" + buying.order);
    buying.warehouse = member_of(order.body, "lines.0.allocations.0.warehouse_id");
    co_return buying.warehouse.empty() ? text("no order: ", placement.body, order.body) : "";
  }

  /// What is wrong with an order once everything has come to rest: nothing, as soon as nothing is.
  static Task<std::string> judge(Arena& arena, Buying& buying, std::string closed) {
    std::string seen;
    for (int i = 0; i < 200; ++i) {
      const auto end = co_await settled(arena, *buying.buyer);  // Until the provider's message has come it waits for the buyer.
      const auto order = co_await arena.staff.call(Method::get, "/api/v1/orders/" + buying.order);
      const auto parcels = co_await arena.staff.call(Method::get, "/api/v1/fulfillments/order/" + buying.order);
      const auto named = allocated(order.body, closed);
      const auto picked = to_pick(parcels.body, closed);
      const std::string status = member_of(end.body, "status");
      if (status == "confirmed" && named.are_elsewhere(units) && picked.are_elsewhere(units)) co_return "";
      seen = text(status, " order ", buying.order, " names ", named.closed, " units in the closed warehouse and ", named.elsewhere,
                  " elsewhere, to be picked are ", picked.closed, " and ", picked.elsewhere);
      co_await arena.runtime.sleep_for(milliseconds(100));  // tidy-allow(test_sleeps): polls another process.
    }
    co_return seen;
  }

  /// Whether the order was confirmed with other warehouses than it was made with.
  static Task<bool> was_corrected(Arena& arena, std::string order) {
    const auto edits = co_await arena.staff.call(Method::get, text("/api/v1/orders/", order, "/edit-history"));
    for (int at = 0;; ++at) {
      const std::string actor = member_of(edits.body, text("edits.", at, ".actor_type"));
      if (actor.empty() || actor == "checkout") co_return !actor.empty();
    }
  }

  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    std::vector<Buying> all(4);
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i].buyer = arena.buyer(i);
      if (auto wrong = co_await wait_at_the_bank(arena, all[i], text(name, 'b', i)); !wrong.empty()) co_return broken(std::move(wrong));
      if (all[i].warehouse != all[0].warehouse) co_return broken("the orders are sent from several warehouses");
    }
    const std::string at = "/api/v1/warehouses/" + all[0].warehouse;
    std::vector<Move> moves{[&] { return arena.staff_elsewhere.call(Method::post, at + ":offline", "{}", "offline-" + name); }};
    for (auto& buying : all) moves.emplace_back([&] { return approve(arena, buying.intent); });
    arena.delay(delays(), seed);
    const auto replies = co_await arena.release(std::move(moves), delays(), seed);
    std::string complaint;
    for (const auto& reply : replies) {
      if (reply.status != 200) complaint = in_short(replies);
    }
    arena.delay(delays(), seed);  // The sagas go on after the last contender had its answer.
    int corrected = 0;
    for (auto& buying : all) {
      if (const auto wrong = co_await judge(arena, buying, all[0].warehouse); !wrong.empty()) complaint += text(complaint.empty() ? "" : "; ", wrong);
      if (co_await was_corrected(arena, buying.order)) ++corrected;
    }
    arena.calm();
    const auto online = co_await arena.staff.call(Method::post, at + ":online", "{}", "online-" + name);
    if (online.status != 200) complaint += " back: " + in_short(online);
    co_return Round{text(corrected, " of 4 moved before they were bound"), complaint};
  }
};

}  // namespace

std::vector<std::unique_ptr<Race>> warehouse_races() {
  std::vector<std::unique_ptr<Race>> out;
  out.push_back(std::make_unique<ClosingAgainstConfirming>());
  return out;
}

}  // namespace emporion::races
