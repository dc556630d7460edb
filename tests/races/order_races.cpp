#include "kernel/base/text.hpp"
#include "tests/races/race.hpp"

namespace emporion::races {
namespace {

/// The warehouse without people picks, packs and hands over as fast as it can; the cancellation comes at some moment of it. One process: the demo's carrier
/// lives in it.
class CancelAgainstDispatch final : public Race {
  std::string_view name() const override { return "cancel_against_dispatch"; }
  std::string_view raced() const override { return "an order is cancelled while the warehouse picks, packs and dispatches it"; }
  std::string_view must_hold() const override { return "it is cancelled and nothing leaves, or the cancellation is refused and it is dispatched"; }
  std::string settings() const override {
    return "fulfillment:\n  autopilot: true\nshipping:\n  demo_carrier:\n    enabled: true\n    webhook_url: http://127.0.0.1:9/nobody\n";
  }
  int processes() const override { return 1; }
  Delays delays() const override { return {"fulfillment.+order.+shipping.+warehouse.", 40, 350}; }
  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    const auto tab = arena.buyer(0);
    const auto prepared = co_await tab->prepare("COF-CULI-250", 1, name);
    if (prepared.status != 200) co_return broken("prepare: " + in_short(prepared));
    arena.delay(delays(), seed);
    const auto confirmed = co_await tab->confirm("buy-" + name);
    const std::string order = member_of(confirmed.body, "order_id");
    if (confirmed.status != 201) co_return broken("confirm: " + in_short(confirmed));
    std::vector<Move> moves{
        [&] { return arena.staff.call(Method::post, text("/api/v1/orders/", order, "/cancel"), R"({"reason":"a race"})", "cancel-" + name); }};
    const auto replies = co_await arena.release(std::move(moves), delays(), seed);
    const bool cancelled = replies[0].status == 200;
    if (!cancelled && replies[0].reason != "ORDER_NOT_CANCELLABLE") co_return Round{"", in_short(replies)};
    std::string status, parcels;
    for (int i = 0; i < 600; ++i) {
      const auto seen = co_await arena.staff.call(Method::get, "/api/v1/orders/" + order);
      status = member_of(seen.body, "status");
      const auto fulfillments = co_await arena.staff.call(Method::get, "/api/v1/fulfillments/order/" + order);
      parcels = member_of(fulfillments.body, "fulfillments.0.status");
      if (cancelled ? parcels == "cancelled" || (parcels.empty() && i > 40) : parcels == "shipped") break;
      co_await arena.runtime.sleep_for(milliseconds(50));  // tidy-allow(test_sleeps): polls another process.
    }
    // The order is `shipped` once the carrier has the parcel; here nobody drives.
    const bool holds = cancelled ? status == "cancelled" && (parcels == "cancelled" || parcels.empty())
                                 : (status == "processing" || status == "shipped") && parcels == "shipped";
    co_return Round{cancelled ? "cancel" : "dispatch", holds ? "" : text(in_short(replies), ", order ", status, ", parcel ", parcels)};
  }
};

}  // namespace

std::vector<std::unique_ptr<Race>> order_races() {
  std::vector<std::unique_ptr<Race>> out;
  out.push_back(std::make_unique<CancelAgainstDispatch>());
  return out;
}

}  // namespace emporion::races
