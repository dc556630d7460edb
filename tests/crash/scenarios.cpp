#include <chrono>

#include "kernel/base/text.hpp"
#include "tests/crash/customer_view.hpp"
#include "tests/crash/scenario.hpp"

namespace emporion::crash {

using http::Method;

namespace {

constexpr const char* goods = "TEA-SHAN-100";

std::string card(std::string_view token) { return text(R"({"method":"card","payment_method_id":")", token, R"("})"); }

/// One buyer, one purchase of one unit.
class OneBuyer : public Scenario {
 public:
  /// Enough for a run of any length.
  Task<bool> set_up(Stage& stage) override { co_return co_await stage.staff.set_available(goods, 2'000, text("fill-", name(), '-', stage.fillings++)); }
  Task<bool> prepare(Stage& stage, std::string purchase) override {
    shoppers.clear();
    shoppers.push_back(std::make_unique<Shopper>(stage, purchase));
    if (!co_await fill(buyer(), purchase)) co_return false;
    const auto prepared = co_await buyer().prepare(goods_wanted(), 1, purchase, payment());
    if (prepared.status != 200) co_return false;
    if (has_coupon() && (co_await buyer().use_coupon("WELCOME10")).status != 200) co_return false;
    if (by_gift_card() > 0 && (co_await buyer().use_gift_card(std::string(journeys::demo_gift_card), by_gift_card())).status != 200) co_return false;
    balance_before = stage.balance();
    co_return true;
  }
  Task<void> act(Stage&) override { co_await shopper().confirm(); }
  Task<void> finish(Stage& stage) override {
    co_await shopper().confirm();
    co_await shopper().settled(stage.runtime);
  }
  Task<std::string> complaint(Stage& stage) override {
    const std::string outcome = outcome_of(shopper().poll);
    if (outcome != expected()) co_return text("ended as ", outcome, ", not ", expected());
    const std::int64_t charged = stage.balance() - balance_before;
    const std::int64_t due = charges() ? buyer().total().amount() - by_gift_card() : 0;
    co_return charged == due ? std::string() : text("charged ", charged, " instead of ", due);
  }

 protected:
  virtual std::string payment() const { return R"({"method":"cod"})"; }
  virtual std::string expected() const { return "confirmed"; }
  virtual std::string goods_wanted() const { return goods; }
  /// What is in the cart beside the goods.
  virtual Task<bool> fill(Buyer&, std::string) { co_return true; }
  virtual bool has_coupon() const { return true; }
  virtual bool charges() const { return false; }
  /// What the demo's gift card pays.
  virtual std::int64_t by_gift_card() const { return 0; }
  Shopper& shopper() { return *shoppers.front(); }
  Buyer& buyer() { return shopper().buyer; }
  std::string checkout() { return "/api/v1/checkout/" + buyer().session(); }
  std::int64_t balance_before = 0;
};

class CashOnDelivery final : public OneBuyer {
  std::string_view name() const override { return "cash_on_delivery_with_coupon"; }
};

class Card final : public OneBuyer {
  std::string_view name() const override { return "card"; }
  std::string payment() const override { return card("pm_card_visa"); }
  bool has_coupon() const override { return false; }
  bool charges() const override { return true; }
};

/// A gift card pays a part, and the card the rest.
class GiftCardAndCard final : public OneBuyer {
  std::string_view name() const override { return "gift_card_and_card"; }
  std::string payment() const override { return card("pm_card_visa"); }
  bool has_coupon() const override { return false; }
  bool charges() const override { return true; }
  std::int64_t by_gift_card() const override { return 1'000; }
};

/// The bank asks the buyer, and its message lets the saga go on.
class CardWithBank final : public OneBuyer {
  std::string_view name() const override { return "card_with_bank"; }
  std::string payment() const override { return card("pm_card_threeDSecure2Required"); }
  bool has_coupon() const override { return false; }
  bool charges() const override { return true; }
  Task<void> act(Stage& stage) override {
    co_await shopper().confirm();
    co_await approve(stage);
  }
  Task<void> finish(Stage& stage) override {
    co_await shopper().confirm();
    if (co_await shopper().settled(stage.runtime) == "requires_action") co_await approve(stage);
    co_await shopper().settled(stage.runtime);
  }
  /// Approves, if the page is known, and waits until the shop has heard of it.
  Task<void> approve(Stage& stage) {
    auto page = journeys::member_of(shopper().answer.body, "next_action.url");
    if (page.empty()) page = journeys::member_of(shopper().poll.body, "next_action.url");
    if (page.empty()) co_return;
    stage.decide_at_bank(page, true);
    // The bank's message may have died with the process that heard it: then the shop asks by itself, once a minute.
    const auto end = std::chrono::steady_clock::now() + seconds(90);
    while (std::chrono::steady_clock::now() < end) {
      const std::string outcome = co_await shopper().settled(stage.runtime);
      if (outcome != "requires_action") co_return;
      co_await stage.runtime.sleep_for(milliseconds(50));  // tidy-allow(test_sleeps): polls another process.
    }
  }
};

/// Declined three times: the last one ends the order.
class CardDeclined final : public OneBuyer {
  std::string_view name() const override { return "card_declined"; }
  std::string payment() const override { return card("pm_card_chargeDeclinedInsufficientFunds"); }
  std::string expected() const override { return "PAYMENT_DECLINED"; }
  Task<void> act(Stage&) override { co_await decline_all(); }
  Task<void> finish(Stage& stage) override {
    co_await shopper().confirm();
    co_await shopper().settled(stage.runtime);
    co_await decline_all();
    co_await shopper().settled(stage.runtime);
    co_await shopper().confirm();
  }
  Task<void> decline_all() {
    auto answer = co_await shopper().confirm();
    for (int retry = 1; retry <= 2 && answer.status == 402; ++retry) {
      answer = co_await buyer().call(Method::post, checkout() + "/retry-payment", text(R"({"payment":)", payment(), "}"), text("retry-", retry));
    }
  }
};

/// The buyer gives up while the bank waits for them.
class CardAbandoned final : public OneBuyer {
  std::string_view name() const override { return "card_abandoned"; }
  std::string payment() const override { return card("pm_card_threeDSecure2Required"); }
  std::string expected() const override { return "CHECKOUT_ABANDONED"; }
  std::int64_t by_gift_card() const override { return 1'000; }  // It comes back; the audit sees that nothing of it is held.
  Task<void> act(Stage& stage) override {
    const auto waiting = co_await shopper().confirm();
    if (waiting.status == 202) co_await give_up(stage);
  }
  Task<void> finish(Stage& stage) override {
    if ((co_await shopper().confirm()).status == 202) {
      co_await shopper().settled(stage.runtime);
      co_await give_up(stage);
    }
    co_await shopper().confirm();
  }
  Task<void> give_up(Stage& stage) {
    for (int i = 0; i < 100; ++i) {
      const auto given_up = co_await buyer().call(Method::del, checkout());
      if (given_up.status == 0) co_return;
      const std::string outcome = co_await shopper().settled(stage.runtime);
      if (shopper().poll.status == 0 || outcome == "CHECKOUT_ABANDONED") co_return;
      co_await stage.runtime.sleep_for(milliseconds(50));  // tidy-allow(test_sleeps): the saga is undone by another process.
    }
  }
};

/// Staff reject an order that risk had looked at, after its stock was committed: a guest's high amount, many SKUs and no country make a review.
class ReviewRejected final : public OneBuyer {
  std::string_view name() const override { return "review_rejected"; }
  std::string goods_wanted() const override { return "TEX-THROW-M"; }
  std::string expected() const override { return "PAYMENT_DECLINED"; }
  Task<bool> fill(Buyer& buyer, std::string purchase) override {
    std::string items;
    for (const char* sku : {"TEA-JASMINE-100", "TEA-JASMINE-250", "TEA-JASMINE-500", "TEA-LOTUS-50",  "TEA-LOTUS-100",   "TEA-OOLONG-100",  "TEA-OOLONG-250",
                            "TEA-BLACK-100",   "TEA-BLACK-250",   "TEA-BLACK-500",   "TEA-ARTICHOKE", "COF-ROBUSTA-250", "COF-ROBUSTA-500", "COF-ARABICA-250",
                            "COF-ARABICA-500", "COF-CULI-250",    "COF-PHIN-S",      "COF-DRIP",      "CER-BOWL-BLUE",   "CER-CUP-BLUE"}) {
      items += text(items.empty() ? "" : ",", R"({"sku":")", sku, R"(","qty":1})");
    }
    co_return (co_await buyer.call(Method::post, "/api/v1/cart/items:batch", text(R"({"items":[)", items, "]}"), "fill-" + purchase)).status == 200;
  }
  Task<void> act(Stage& stage) override {
    const auto waiting = co_await shopper().confirm();
    if (waiting.status == 202) co_await reject(stage);
  }
  Task<void> finish(Stage& stage) override {
    co_await shopper().confirm();
    if (co_await shopper().settled(stage.runtime) == "under_review") co_await reject(stage);
    co_await shopper().confirm();
  }
  Task<void> reject(Stage& stage) {
    const auto order = journeys::member_of(shopper().answer.body, "order_id");
    const auto decided = co_await stage.staff.call(Method::post, text("/api/v1/orders/", order, "/review"),
                                                   R"({"decision":"reject","reason":"no such street"})", "review-" + shopper().name);
    if (decided.status == 0) co_return;
    for (int i = 0; i < 600; ++i) {
      const std::string outcome = co_await shopper().settled(stage.runtime);
      if (shopper().poll.status == 0 || outcome != "under_review") co_return;
      co_await stage.runtime.sleep_for(milliseconds(50));  // tidy-allow(test_sleeps): polls another process.
    }
  }
};

/// Two buyers who both want what there is once: one gets it, the other is told why not and nothing of theirs is left.
class TwoBuyers : public Scenario {
 public:
  Task<bool> prepare(Stage& stage, std::string purchase) override {
    shoppers.clear();
    if (!co_await provide(stage, purchase)) co_return false;
    for (const char* which : {"a", "b"}) {
      shoppers.push_back(std::make_unique<Shopper>(stage, text(purchase, which)));
      if (!co_await bring(shoppers.back()->buyer, shoppers.back()->name, purchase)) co_return false;
    }
    co_return true;
  }
  Task<void> act(Stage&) override { co_await confirm_both(); }
  Task<void> finish(Stage& stage) override {
    co_await confirm_both();
    for (auto& shopper : shoppers) co_await shopper->settled(stage.runtime);
  }
  Task<std::string> complaint(Stage&) override {
    // By the answer: who was refused before a saga began has none to poll for.
    int confirmed = 0, refused = 0;
    for (auto& shopper : shoppers) {
      confirmed += outcome_of(shopper->answer) == "confirmed" ? 1 : 0;
      refused += outcome_of(shopper->answer) == refusal() ? 1 : 0;
    }
    co_return confirmed == 1 && refused == 1 ? std::string() : text(outcome_of(shoppers[0]->answer), " and ", outcome_of(shoppers[1]->answer));
  }

 protected:
  virtual Task<bool> provide(Stage& stage, std::string purchase) = 0;
  virtual Task<bool> bring(Buyer& buyer, std::string name, std::string purchase) = 0;
  virtual std::string refusal() const = 0;
  Task<void> confirm_both() {
    std::vector<Task<Reply>> both;
    for (auto& shopper : shoppers) both.push_back(shopper->confirm());
    (void)co_await when_all(std::move(both));
  }
};

class LastUseOfACoupon final : public TwoBuyers {
  std::string_view name() const override { return "last_use_of_a_coupon"; }
  std::string refusal() const override { return "COUPON_INVALID"; }
  std::string promotion;
  Task<bool> set_up(Stage& stage) override {
    if (!co_await stage.staff.set_available(goods, 2'000, text("fill-", name(), '-', stage.fillings++))) co_return false;
    promotion = co_await stage.staff.promotion("last", journeys::tenth_with_a_code());
    co_return !promotion.empty();
  }
  static std::string code(const std::string& purchase) { return "LAST-" + ascii_upper(purchase); }
  Task<bool> provide(Stage& stage, std::string purchase) override { co_return co_await stage.staff.coupon(promotion, code(purchase), R"(,"limit":1)"); }
  Task<bool> bring(Buyer& buyer, std::string name, std::string purchase) override {
    if ((co_await buyer.prepare(goods, 1, name)).status != 200) co_return false;
    co_return (co_await buyer.use_coupon(code(purchase))).status == 200;
  }
};

class LastUnits final : public TwoBuyers {
  std::string_view name() const override { return "last_units"; }
  std::string refusal() const override { return "OUT_OF_STOCK"; }
  Task<bool> provide(Stage& stage, std::string purchase) override { co_return co_await stage.staff.set_available("BAM-HAT", 2, purchase); }
  Task<bool> bring(Buyer& buyer, std::string name, std::string) override { co_return (co_await buyer.prepare("BAM-HAT", 2, name)).status == 200; }
};

}  // namespace

Task<Reply> Shopper::confirm() {
  answer = co_await buyer.confirm("buy-" + name);
  co_return answer;
}

Task<std::string> Shopper::settled(Runtime& runtime) {
  for (int i = 0; i < 600; ++i) {
    poll = co_await buyer.call(Method::get, "/api/v1/checkout/" + buyer.session() + "/confirmation");
    const std::string outcome = outcome_of(poll);
    if (poll.status == 0 || is_settled(outcome)) co_return outcome;
    co_await runtime.sleep_for(milliseconds(100));  // tidy-allow(test_sleeps): polls another process, whose leases lapse in real time.
  }
  poll = Reply{0, "NOT_SETTLED", ""};
  co_return poll.reason;
}

std::vector<std::unique_ptr<Scenario>> all_scenarios() {
  std::vector<std::unique_ptr<Scenario>> out;
  out.push_back(std::make_unique<CashOnDelivery>());
  out.push_back(std::make_unique<Card>());
  out.push_back(std::make_unique<GiftCardAndCard>());
  out.push_back(std::make_unique<CardWithBank>());
  out.push_back(std::make_unique<CardDeclined>());
  out.push_back(std::make_unique<CardAbandoned>());
  out.push_back(std::make_unique<ReviewRejected>());
  out.push_back(std::make_unique<LastUseOfACoupon>());
  out.push_back(std::make_unique<LastUnits>());
  return out;
}

}  // namespace emporion::crash
