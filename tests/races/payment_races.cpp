#include "kernel/base/text.hpp"
#include "tests/races/race.hpp"

namespace emporion::races {
namespace {

constexpr const char* bank_asks = R"({"method":"card","payment_method_id":"pm_card_threeDSecure2Required"})";

std::string money(std::int64_t amount) { return text(R"({"amount":)", amount, R"(,"currency":"VND"})"); }

Move refunds(journeys::Staff& staff, const PaidOrder& paid, std::int64_t amount, std::string key) {
  return [&staff, &paid, amount, key = std::move(key)] {
    return staff.call(Method::post, text("/api/v1/payments/", paid.payment, "/refund"),
                      text(R"({"amount":)", money(amount), R"(,"source":"manual","reason":"a race"})"), key);
  };
}

bool is_accepted(const Reply& reply) { return reply.status >= 200 && reply.status < 300; }

/// Until the provider has given that much back, 30 s at most; answers what it has given.
Task<std::int64_t> refunded(Arena& arena, std::string intent, std::int64_t wanted) {
  std::int64_t given = 0;
  for (int i = 0; i < 300; ++i) {
    given = arena.intent(intent).refunded;
    if (given >= wanted) break;
    co_await arena.runtime.sleep_for(milliseconds(100));  // tidy-allow(test_sleeps): the shop's worker and the provider are other processes.
  }
  co_return given;
}

class RefundAgainstRefund final : public Race {
  std::string_view name() const override { return "refund_against_refund"; }
  std::string_view raced() const override { return "two people refund 60 % of a payment each at two processes, one of them sends it twice"; }
  std::string_view must_hold() const override {
    return "one refund, its repeat answers the same one, the other is told OVER_REFUND; the provider gave 60 % back";
  }
  Delays delays() const override { return {"payment.", 15, 10}; }
  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    const auto paid = co_await buy_by_card(arena, name);
    if (paid.order.empty()) co_return broken("no paid order");
    const std::int64_t part = paid.total * 6 / 10;
    std::vector<Move> moves{refunds(arena.staff, paid, part, "x-" + name), refunds(arena.staff_elsewhere, paid, part, "x-" + name),
                            refunds(arena.staff_elsewhere, paid, part, "y-" + name)};
    const auto replies = co_await arena.release(std::move(moves), delays(), seed);
    const auto given = co_await refunded(arena, paid.intent, part);
    const bool x_won = is_accepted(replies[0]) || is_accepted(replies[1]);
    const bool y_won = is_accepted(replies[2]);
    std::string complaint;
    if (x_won == y_won || given != part) complaint = text(in_short(replies), ", given back ", given, " of ", part);
    if (is_accepted(replies[0]) && is_accepted(replies[1]) && member_of(replies[0].body, "id") != member_of(replies[1].body, "id"))
      complaint += " one key, two refunds";
    if (x_won && replies[2].reason != "OVER_REFUND") complaint += " " + in_short(replies);
    co_return Round{x_won ? "x" : "y", complaint};
  }
};

Task<Reply> dispute(Arena& arena, std::string intent, std::int64_t amount) {
  const auto id = arena.cards->on_its_thread([&](simulators::StripeSimulator& simulator) { return simulator.open_dispute(intent, amount); });
  co_return Reply{id.empty() ? 409 : 200, "", id};
}

class RefundAgainstChargeback final : public Race {
  std::string_view name() const override { return "refund_against_chargeback"; }
  std::string_view raced() const override { return "finance refund a payment while the buyer's bank takes it back, and the dispute is lost"; }
  std::string_view must_hold() const override { return "the money leaves once: by the refund, or by the chargeback and the refund ends without"; }
  Delays delays() const override { return {"payment.", 12, 2'500}; }  // The refund is sent by a worker, a second after it was accepted.
  int rounds() const override { return 20; }
  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    const auto paid = co_await buy_by_card(arena, name);
    if (paid.order.empty()) co_return broken("no paid order");
    std::vector<Move> moves{refunds(arena.staff, paid, paid.total, "refund-" + name), [&] { return dispute(arena, paid.intent, paid.total); }};
    const auto replies = co_await arena.release(std::move(moves), delays(), seed);
    const bool is_disputed = replies[1].status == 200;
    if (is_disputed) {
      arena.cards->on_its_thread([&](simulators::StripeSimulator& simulator) { return simulator.decide_dispute(replies[1].body, false); });
    }
    // The refund's last word: what was accepted ends, one way or the other.
    Reply refund, listed;
    bool holds = false;
    for (int i = 0; i < 600 && !holds; ++i) {
      const auto intent = arena.intent(paid.intent);
      if (is_accepted(replies[0])) refund = co_await arena.staff.call(Method::get, "/api/v1/refunds/" + member_of(replies[0].body, "id"));
      const std::string status = member_of(refund.body, "status");
      listed = co_await arena.staff.call(Method::get, "/api/v1/admin/disputes?payment_id=" + paid.payment);
      const std::string told = member_of(listed.body, "disputes.0.status");
      holds = is_disputed ? intent.refunded == 0 && intent.charged_back == paid.total && told == "lost" && status != "succeeded" && status != "submitted" &&
                                status != "requested"
                          : intent.refunded == paid.total && intent.charged_back == 0 && status == "succeeded" && told.empty();
      if (!holds) co_await arena.runtime.sleep_for(milliseconds(50));  // tidy-allow(test_sleeps): polls another process.
    }
    const std::string winner = !is_disputed ? "refund" : is_accepted(replies[0]) ? "chargeback, the refund given up" : "chargeback";
    co_return Round{winner, holds ? "" : text(in_short(replies), ' ', refund.body, listed.body, " refunded ", arena.intent(paid.intent).refunded)};
  }
};

class CancelAgainstRefund final : public Race {
  std::string_view name() const override { return "cancel_against_refund"; }
  std::string_view raced() const override { return "an order is cancelled, which gives back what is left, while finance refund 60 %"; }
  std::string_view must_hold() const override { return "the provider gave back exactly what it had taken"; }
  Delays delays() const override { return {"payment.+order.", 10, 1'500}; }  // What is left goes back by the order's event, which takes a moment.
  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    const auto paid = co_await buy_by_card(arena, name);
    if (paid.order.empty()) co_return broken("no paid order");
    std::vector<Move> moves{
        [&] { return arena.staff.call(Method::post, text("/api/v1/orders/", paid.order, "/cancel"), R"({"reason":"a race"})", "cancel-" + name); },
        refunds(arena.staff_elsewhere, paid, paid.total * 6 / 10, "refund-" + name)};
    const auto replies = co_await arena.release(std::move(moves), delays(), seed);
    const auto given = co_await refunded(arena, paid.intent, paid.total);
    const bool holds = is_accepted(replies[0]) && given == paid.total &&
                       (is_accepted(replies[1]) || replies[1].reason == "OVER_REFUND" || replies[1].reason == "NOT_REFUNDABLE");
    co_return Round{is_accepted(replies[1]) ? "both" : "cancel", holds ? "" : text(in_short(replies), ", given back ", given, " of ", paid.total)};
  }
};

class CaptureAgainstVoid final : public Race {
  std::string_view name() const override { return "capture_against_void"; }
  std::string_view raced() const override { return "finance void an authorized payment while the saga captures it"; }
  std::string_view must_hold() const override { return "the order stands and is charged, or it is cancelled and nothing is; the buyer is told which"; }
  Delays delays() const override { return {"checkout.place_order.capture_payment.do.before", 50, 1}; }

  static Task<Reply> void_when_authorized(Arena& arena, Buyer& tab, std::string key, microseconds late) {
    std::string order;
    for (int i = 0; i < 500 && order.empty(); ++i) {
      order = member_of((co_await tab.call(Method::get, "/api/v1/checkout/" + tab.session() + "/confirmation")).body, "order_id");
      if (order.empty()) co_await arena.runtime.sleep_for(milliseconds(5));  // tidy-allow(test_sleeps): polls another process.
    }
    const auto payment = co_await payment_of(arena, order, {"authorized", "captured", "voided", "failed"});
    co_await arena.runtime.sleep_for(late);  // tidy-allow(test_sleeps): the moment is the race.
    co_return co_await arena.staff.call(Method::post, text("/api/v1/payments/", member_of(payment.body, "id"), "/void"), R"({"reason":"a race"})", key);
  }

  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    const auto tab = arena.buyer(0);
    const auto prepared = co_await tab->prepare("TEA-JASMINE-250", 1, name, R"({"method":"card","payment_method_id":"pm_card_visa"})");
    if (prepared.status != 200) co_return broken("prepare: " + in_short(prepared));
    const auto other = arena.other_tab(*tab, 1);
    std::vector<Move> moves{[&] { return tab->confirm("buy-" + name); },
                            [&] { return void_when_authorized(arena, *other, "void-" + name, microseconds(drawn(seed, 9, 60'000))); }};
    const auto replies = co_await arena.release(std::move(moves), delays(), seed);
    const auto end = co_await settled(arena, *tab);
    const std::string outcome = member_of(end.body, "status");
    const auto order = member_of(end.body, "order_id");
    const auto intent = arena.intent(member_of((co_await payment_of(arena, order, {"captured", "voided"})).body, "provider_ref"));
    if (outcome == "confirmed") {
      co_return Round{"capture", intent.amount_received == tab->total().amount() && !is_accepted(replies[1])
                                     ? ""
                                     : text(in_short(replies), ", received ", intent.amount_received)};
    }
    const auto cancelled = co_await arena.staff.call(Method::get, "/api/v1/orders/" + order);
    const bool is_told = member_of(end.body, "failure.reason") == "PAYMENT_DECLINED";
    const bool holds = intent.amount_received == 0 && is_accepted(replies[1]) && member_of(cancelled.body, "status") == "cancelled" && is_told;
    co_return Round{
        "void", holds ? "" : text(in_short(replies), ", received ", intent.amount_received, ", order ", member_of(cancelled.body, "status"), ' ', end.body)};
  }
};

class ReturnAndWebhook final : public Race {
  std::string_view name() const override { return "return_and_webhook"; }
  std::string_view raced() const override { return "the buyer's browser comes back from the bank's page while the bank's message arrives, twice"; }
  std::string_view must_hold() const override { return "the order is confirmed once, captured once, nothing goes back"; }
  Delays delays() const override { return {"payment.+checkout.", 12, 20}; }
  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    using simulators::VnpaySimulator;
    const auto tab = arena.buyer(1);
    const auto prepared = co_await tab->prepare("TEA-JASMINE-500", 1, name, R"({"method":"vnpay"})");
    if (prepared.status != 200) co_return broken("prepare: " + in_short(prepared));
    const auto waiting = co_await tab->confirm("buy-" + name);
    const std::string page = member_of(waiting.body, "next_action.url");
    if (page.empty()) co_return broken("no page: " + in_short(waiting));
    http::ClientRequest open;
    open.url = page;
    if (const auto opened = co_await arena.client.send(std::move(open)); !opened || opened->status != 200) co_return broken("the page does not open");
    const auto at = page.find("vnp_TxnRef=") + 11;
    const std::string ref = page.substr(at, page.find('&', at) - at);
    const std::string message =
        arena.bank->on_its_thread([ref](VnpaySimulator& simulator) { return simulator.pay(ref) ? simulator.messages().back().url : std::string(); });
    if (message.empty()) co_return broken("the bank takes no money");
    const std::string query = message.substr(message.find('?'));
    const auto bank = arena.buyer(0), bank_again = arena.buyer(1);
    std::vector<Move> moves{[&] { return tab->call(Method::get, "/api/v1/payments/return/vnpay" + query); },
                            [&] { return bank->call(Method::get, "/api/v1/webhooks/vnpay" + query); },
                            [&] { return bank_again->call(Method::get, "/api/v1/webhooks/vnpay" + query); }};
    const auto replies = co_await arena.release(std::move(moves), delays(), seed);
    Reply end;
    for (int i = 0; i < 400; ++i) {
      end = co_await settled(arena, *tab);
      if (member_of(end.body, "status") != "requires_action") break;
      co_await arena.runtime.sleep_for(milliseconds(50));  // tidy-allow(test_sleeps): polls another process.
    }
    const auto payment = co_await payment_of(arena, member_of(end.body, "order_id"), {"captured"});
    const std::string codes = text(member_of(replies[1].body, "RspCode"), " and ", member_of(replies[2].body, "RspCode"));
    const bool holds = member_of(end.body, "status") == "confirmed" && member_of(payment.body, "captured.amount") == text(tab->total().amount()) &&
                       member_of(payment.body, "refunded.amount") == "0" && replies[0].status < 400 &&
                       (codes == "00 and 02" || codes == "02 and 00" || codes == "02 and 02");
    co_return Round{codes == "02 and 02"   ? "the browser"
                    : codes == "00 and 02" ? "the first message"
                                           : "the second message",
                    holds ? "" : text(in_short(replies), ", codes ", codes, ' ', end.body)};
  }
};

class RetriedTwice final : public Race {
  std::string_view name() const override { return "payment_retried_twice"; }
  std::string_view raced() const override { return "after a declined card the buyer pays once more in two tabs at once, in one of them twice"; }
  std::string_view must_hold() const override { return "one attempt, charged once; the order is confirmed"; }
  Delays delays() const override { return {"checkout.+payment.", 8, 12}; }
  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    const auto tab = arena.buyer(0);
    const auto prepared = co_await tab->prepare("COF-PHIN-S", 1, name, R"({"method":"card","payment_method_id":"pm_card_chargeDeclined"})");
    if (prepared.status != 200) co_return broken("prepare: " + in_short(prepared));
    const auto declined = co_await tab->confirm("buy-" + name);
    if (declined.status != 402) co_return broken("not declined: " + in_short(declined));
    const auto other = arena.other_tab(*tab, 1);
    const std::string path = "/api/v1/checkout/" + tab->session() + "/retry-payment",
                      body = R"({"payment":{"method":"card","payment_method_id":"pm_card_visa"}})";
    std::vector<Move> moves{[&] { return tab->call(Method::post, path, body, "x-" + name); },
                            [&] { return other->call(Method::post, path, body, "x-" + name); },
                            [&] { return other->call(Method::post, path, body, "y-" + name); }};
    const auto replies = co_await arena.release(std::move(moves), delays(), seed);
    const auto end = co_await settled(arena, *tab);
    const auto payment = co_await payment_of(arena, member_of(end.body, "order_id"), {"captured"});
    const auto intent = arena.intent(member_of(payment.body, "provider_ref"));
    const bool holds =
        member_of(end.body, "status") == "confirmed" && intent.amount_received == tab->total().amount() && member_of(payment.body, "attempt_no") == "2";
    const std::string who = replies[0].status == 201   ? "x here"
                            : replies[1].status == 201 ? "x there"
                            : replies[2].status == 201 ? "y there"
                                                       : "nobody in time";
    co_return Round{who, holds ? "" : text(in_short(replies), ' ', end.body, payment.body)};
  }
};

/// Ten buyers at a time, so that a round is not all waiting.
class WindowEnds final : public Race {
  std::string_view name() const override { return "expiry_against_confirm"; }
  std::string_view raced() const override { return "the bank approves as the payment window ends"; }
  std::string_view must_hold() const override { return "the order stands and is charged, or it is cancelled and all money is back"; }
  std::string settings() const override { return "fulfillment:\n  autopilot: false\ncheckout:\n  payment_window_s: 4\n"; }
  Delays delays() const override { return {"payment.+checkout.", 10, 1}; }
  int rounds() const override { return 12; }

  struct Buying {
    std::unique_ptr<Buyer> buyer;
    std::string intent;
    std::chrono::steady_clock::time_point ends;
  };

  static Task<int> approve_at(Arena& arena, std::string intent, std::chrono::steady_clock::time_point when) {
    const auto late = std::chrono::duration_cast<microseconds>(when - std::chrono::steady_clock::now());
    co_await arena.runtime.sleep_for(late);  // tidy-allow(test_sleeps): the moment is the race.
    co_return arena.decide_at_bank(intent, true) ? 1 : 0;
  }

  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    arena.delay(delays(), seed);
    std::vector<Buying> all;
    for (std::size_t i = 0; i < 10; ++i) {
      all.push_back({arena.buyer(i), "", {}});
      auto& buyer = *all.back().buyer;
      const auto prepared = co_await buyer.prepare("COF-PHIN-M", 1, text(name, 'b', i), bank_asks);
      if (prepared.status != 200) co_return broken("prepare: " + in_short(prepared));
      const auto waiting = co_await buyer.confirm(text("buy-", name, '-', i));
      all.back().ends = std::chrono::steady_clock::now() + milliseconds(4'000);
      const std::string page = member_of(waiting.body, "next_action.url");
      all.back().intent = page.substr(page.rfind('/') + 1);
      if (page.empty()) co_return broken("no page: " + in_short(waiting));
    }
    std::vector<Task<int>> approvals;
    for (std::size_t i = 0; i < all.size(); ++i)
      approvals.push_back(approve_at(arena, all[i].intent, all[i].ends + milliseconds(static_cast<std::int64_t>(drawn(seed, i, 2'000)) - 1'700)));
    (void)co_await when_all(std::move(approvals));
    std::string winners, complaint;
    int confirmed = 0;
    for (auto& buying : all) {
      Reply end;
      bool holds = false;
      for (int i = 0; i < 1'500 && !holds; ++i) {  // Money that comes late goes back by a job, within seconds.
        end = co_await settled(arena, *buying.buyer);
        const auto intent = arena.intent(buying.intent);
        const bool stands = member_of(end.body, "status") == "confirmed";
        holds = stands ? intent.amount_received == buying.buyer->total().amount() && intent.refunded == 0
                       : member_of(end.body, "status") == "failed" && intent.amount_received == intent.refunded && intent.status != "requires_capture" &&
                             intent.status != "requires_action";
        if (!holds) co_await arena.runtime.sleep_for(milliseconds(40));  // tidy-allow(test_sleeps): polls another process.
      }
      const auto intent = arena.intent(buying.intent);
      confirmed += member_of(end.body, "status") == "confirmed" ? 1 : 0;
      if (!holds)
        complaint += text(buying.intent, ' ', intent.status, " received ", intent.amount_received, " refunded ", intent.refunded, ' ', end.body, "; ");
    }
    arena.calm();
    co_return Round{text(confirmed, " of 10 in time"), complaint};
  }
};

}  // namespace

std::vector<std::unique_ptr<Race>> payment_races() {
  std::vector<std::unique_ptr<Race>> out;
  out.push_back(std::make_unique<RefundAgainstRefund>());
  out.push_back(std::make_unique<RefundAgainstChargeback>());
  out.push_back(std::make_unique<CancelAgainstRefund>());
  out.push_back(std::make_unique<CaptureAgainstVoid>());
  out.push_back(std::make_unique<ReturnAndWebhook>());
  out.push_back(std::make_unique<RetriedTwice>());
  out.push_back(std::make_unique<WindowEnds>());
  return out;
}

}  // namespace emporion::races
