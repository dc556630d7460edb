#include "tests/journeys/saga_checks.hpp"

#include <set>

#include "kernel/base/text.hpp"

namespace emporion::journeys {
namespace {

using http::Method;
using simulators::Fault;
using simulators::StripeSimulator;
using simulators::VnpaySimulator;

constexpr const char* cash = R"({"method":"cod"})";

std::string charged(std::int64_t before, std::int64_t after, const Money& once) {
  const std::int64_t taken = after - before;
  if (taken == 0) return "not charged";
  return taken == once.amount() ? "charged once" : text("charged ", taken, " instead of ", once.amount());
}

std::string ends_of(CheckedShop& shop, const std::vector<std::unique_ptr<Buyer>>& buyers) {
  std::vector<std::string> out;
  for (const auto& buyer : buyers) out.push_back(shop.end_of(*buyer));
  return counted(out);
}

/// And no error but those that may be (check 14).
std::string last_units(CheckedShop& shop) {
  shop.fill("BAM-HAT", 10);
  std::vector<std::unique_ptr<Buyer>> buyers;
  for (int i = 0; i < 24; ++i) buyers.push_back(shop.prepared("BAM-HAT", 1, text("crowd", i), cash));
  std::string strange;
  for (const auto& reply : shop.confirm_all(buyers)) {
    if (reply.status != 201 && reply.status != 202 && reply.reason != "OUT_OF_STOCK") strange += " " + in_short(reply);
  }
  const std::string ends = ends_of(shop, buyers);
  return text(ends, "; ", shop.available("BAM-HAT"), " left; other answers:", strange.empty() ? " none" : strange);
}

std::string one_session_often(CheckedShop& shop) {
  const std::int64_t before = shop.cards_balance();
  const auto buyer = shop.prepared("TEA-JASMINE-100", 1, "impatient", card("pm_card_visa"));
  std::vector<Task<Reply>> at_once;
  for (int i = 0; i < 25; ++i) {
    at_once.push_back(buyer->confirm("one-key"));
    at_once.push_back(buyer->confirm(text("key-", i)));
  }
  std::set<std::string> orders;
  std::string strange;
  for (const auto& reply : shop.run(when_all(std::move(at_once)))) {
    if (const auto order = member_of(reply.body, "order_id"); !order.empty()) orders.insert(order);
    if (reply.status > 202 && reply.reason != "CHECKOUT_IN_PROGRESS") strange += " " + in_short(reply);
  }
  const std::string end = shop.end_of(*buyer);
  orders.insert(shop.order_of(*buyer));
  return text(end, ", ", orders.size(), " order, ", charged(before, shop.cards_balance(), buyer->total()), strange);
}

std::string killed(CheckedShop& shop) {
  std::string out;
  int number = 0;
  for (const char* point : {"checkout.place_order.reserve_stock.do.after", "checkout.place_order.confirm_order.do.before"}) {
    const std::int64_t before = shop.cards_balance();
    const auto buyer = shop.prepared("TEA-SHAN-100", 1, text("killed", ++number), card("pm_card_visa"));
    shop.order_fault(text("crash:", point, ":1"));
    (void)shop.run(buyer->confirm("buy"));
    const bool died = shop.come_back();
    buyer->move_to(shop.shop->url());
    const std::string end = shop.end_of(*buyer);
    out += text(out.empty() ? "" : "; ", died ? "killed, " : "not killed, ", end, ", ", charged(before, shop.cards_balance(), buyer->total()), ", ",
                shop.history_of(shop.order_of(*buyer)));
  }
  return out;
}

std::string lost_answers(CheckedShop& shop) {
  std::string out;
  int number = 0;
  for (const char* operation : {"warehouse.reserve", "order.create_order", "payment.create_payment", "order.confirm_order"}) {
    const std::int64_t before = shop.cards_balance();
    const auto buyer = shop.prepared("TEA-SHAN-100", 1, text("lost", ++number), card("pm_card_visa"));
    shop.order_fault(text("lose:", operation, ".ack:1"));
    (void)shop.run(buyer->confirm("buy"));
    const std::string end = shop.end_of(*buyer);
    const bool fired = shop.faults->has_fired();
    shop.faults->disarm();
    out += text(out.empty() ? "" : "; ", fired ? "lost, " : "not lost, ", end, ", ", charged(before, shop.cards_balance(), buyer->total()), ", ",
                shop.history_of(shop.order_of(*buyer)));
  }
  return out;
}

std::string last_use_of_a_coupon(CheckedShop& shop) {
  const std::int64_t before = shop.available("TEA-LOTUS-50");
  const std::string promotion = shop.run(shop.staff.promotion("last", tenth_with_a_code()));
  if (!shop.run(shop.staff.coupon(promotion, "LAST-ONE", R"(,"limit":1)"))) return "no coupon";
  std::vector<std::unique_ptr<Buyer>> buyers;
  for (int i = 0; i < 4; ++i) {
    buyers.push_back(shop.prepared("TEA-LOTUS-50", 1, text("last", i), cash));
    if (const auto used = shop.run(buyers.back()->use_coupon("LAST-ONE")); used.status != 200) return in_short(used);
  }
  shop.confirm_all(buyers);
  const std::string ends = ends_of(shop, buyers);
  const std::string back = shop.until(std::to_string(before - 1), [&] { return std::to_string(shop.available("TEA-LOTUS-50")); });
  return text(ends, "; used ", shop.run(shop.staff.used("LAST-ONE")), "; ", before - std::stoll(back), " unit sold");
}

std::string another_card(CheckedShop& shop) {
  const std::int64_t before = shop.cards_balance();
  const auto buyer = shop.prepared("TEA-JASMINE-100", 1, "declined", card("pm_card_chargeDeclinedInsufficientFunds"));
  const auto declined = shop.run(buyer->confirm("buy"));
  const auto paid = shop.run(
      buyer->call(Method::post, "/api/v1/checkout/" + buyer->session() + "/retry-payment", text(R"({"payment":)", card("pm_card_visa"), "}"), "another"));
  const bool same = member_of(declined.body, "metadata.order_id") == member_of(paid.body, "order_id");
  return text(in_short(declined), ' ', member_of(declined.body, "metadata.category"), ", ", member_of(declined.body, "metadata.attempts_left"), " left; ",
              in_short(paid), same ? " for the same order, " : " for another order, ", charged(before, shop.cards_balance(), buyer->total()));
}

void begin_window(CheckedShop& shop) {
  auto& begun = shop.begun["8"];
  begun.buyer = shop.prepared("CAN-LEMON", 3, "dreamer", card("pm_card_threeDSecure2Required"));
  begun.answer = shop.run(begun.buyer->confirm("buy"));
}

std::string window_that_ends(CheckedShop& shop) {
  auto& [buyer, waiting, then] = shop.begun["8"];
  const std::string end = shop.until("PAYMENT_WINDOW_CLOSED", [&] { return shop.end_of(*buyer); });
  const std::string cart = shop.run(buyer->call(Method::get, "/api/v1/cart")).body;
  const std::string back = shop.until("600", [&] { return std::to_string(shop.available("CAN-LEMON")); });
  const std::string at_provider = shop.until("canceled", [&] { return shop.at_provider(shop.order_of(*buyer)); });
  return text(in_short(waiting), "; ", end, "; cart ", member_of(cart, "cart.status"), " with ", member_of(cart, "cart.unit_count"), "; ", back,
              " of 600 left; ", at_provider);
}

std::string paid_after_the_abort(CheckedShop& shop) {
  const std::int64_t before = shop.bank_balance();
  const std::int64_t units = shop.available("TEA-JASMINE-100");
  const auto buyer = shop.prepared("TEA-JASMINE-100", 1, "late", R"({"method":"vnpay"})");
  const auto waiting = shop.run(buyer->confirm("buy"));
  const std::string page = member_of(waiting.body, "next_action.url");
  http::ClientRequest open;
  open.url = page;
  (void)shop.run(shop.client.send(std::move(open)));
  const auto left = shop.run(buyer->call(Method::del, "/api/v1/checkout/" + buyer->session()));
  const std::string end = shop.end_of(*buyer);
  const std::size_t from = page.find("vnp_TxnRef=") + 11;
  const std::string ref = page.substr(from, page.find('&', from) - from);
  const bool paid = shop.bank->on_its_thread([ref](VnpaySimulator& simulator) { return simulator.pay(ref); });
  const std::string after = shop.until("cancelled succeeded", [&] {
    const std::string seen = shop.run(buyer->call(Method::get, "/api/v1/checkout/" + buyer->session() + "/confirmation")).body;
    return text(member_of(seen, "status"), ' ', member_of(seen, "refund.status"));
  });
  return text(in_short(waiting), "; ", in_short(left), ' ', end, paid ? "; paid; " : "; not paid; ", after, "; ",
              charged(before, shop.bank_balance(), buyer->total()), "; ", units - shop.available("TEA-JASMINE-100"), " held");
}

std::string capture_that_fails(CheckedShop& shop) {
  const std::int64_t before = shop.cards_balance();
  const auto buyer = shop.prepared("TEA-JASMINE-100", 1, "patient", card("pm_card_visa"));
  shop.cards->on_its_thread([](StripeSimulator& simulator) {
    simulator.misbehave("capture", Fault::busy, 4);
    return true;
  });
  (void)shop.run(buyer->confirm("buy"));
  const std::string end = shop.until("confirmed", [&] { return shop.end_of(*buyer); });
  return text(end, ", ", charged(before, shop.cards_balance(), buyer->total()), ", ", shop.history_of(shop.order_of(*buyer)));
}

/// As the saga sees it: it does not hear that the payment is voided, and asks again. What check 7's refused card left at the provider is cancelled meanwhile
/// or not, by a job of each minute.
std::string void_that_fails(CheckedShop& shop) {
  const auto buyer = shop.prepared("CAN-AGAR", 2, "gone", card("pm_card_threeDSecure2Required"));
  const auto waiting = shop.run(buyer->confirm("buy"));
  const std::string order = shop.order_of(*buyer);
  shop.order_fault("lose:payment.void_payment.ack:1");
  const auto left = shop.run(buyer->call(Method::del, "/api/v1/checkout/" + buyer->session()));
  const std::string back = shop.until("600", [&] { return std::to_string(shop.available("CAN-AGAR")); });
  const bool fired = shop.faults->has_fired();
  shop.faults->disarm();
  const std::string at_provider = shop.until("canceled", [&] { return shop.at_provider(order); });
  return text(in_short(waiting), "; ", in_short(left), fired ? ", lost, " : ", not lost, ", shop.end_of(*buyer), "; ", at_provider, " by ",
              shop.calls_at_provider("cancel", order), " call; ", shop.history_of(order), "; ", back, " of 600 left");
}

/// Sets the price of a SKU, as a percentage of what it is. Answers what was said.
Reply reprice(CheckedShop& shop, const std::string& sku, int percent) {
  const std::string body = shop.run(shop.staff.call(Method::get, text("/api/v1/pricing/prices?sku=", sku, "&currency=VND"))).body;
  const std::int64_t amount = std::stoll("0" + member_of(body, "prices.0.terms.base_amount.amount")) * percent / 100;
  return shop.run(
      shop.staff.call(Method::put, "/api/v1/pricing/prices/" + member_of(body, "prices.0.id"),
                      text(R"({"version":)", member_of(body, "prices.0.version"), R"(,"terms":{"base_amount":{"amount":)", amount, R"(,"currency":"VND"}}})"),
                      text("reprice-", sku, '-', percent)));
}

std::string price_that_moves(CheckedShop& shop) {
  const std::string sku = "LIG-TABLE";
  const std::int64_t units = shop.available(sku);
  const auto buyer = shop.prepared(sku, 1, "bargain", cash);
  const Money offered = buyer->total();
  const auto up = reprice(shop, sku, 110);
  const auto risen = shop.run(buyer->confirm("risen"));
  const std::int64_t held = units - shop.available(sku);
  buyer->resume(buyer->cart_token(), buyer->session(), member_of(risen.body, "metadata.quote_id"),
                Money(std::stoll("0" + member_of(risen.body, "metadata.new_total.amount")), offered.currency()));
  const auto down = reprice(shop, sku, 80);
  const auto fallen = shop.run(buyer->confirm("fallen"));
  const bool lower = std::stoll("0" + member_of(fallen.body, "totals.grand_total.amount")) < offered.amount();
  return text(in_short(up), "; ", in_short(risen), ", ", held, " held; ", in_short(down), "; ", in_short(fallen), ", adjusted ",
              member_of(fallen.body, "price_adjusted"), lower ? ", lower" : ", not lower");
}

std::string again_after_a_failure(CheckedShop& shop) {
  const std::string sku = "CAN-SANDAL";
  shop.fill(sku, 1);
  const auto first = shop.prepared(sku, 1, "first", cash);
  const auto second = shop.prepared(sku, 1, "second", cash);
  const auto bought = shop.run(first->confirm("buy"));
  const auto refused = shop.run(second->confirm("buy"));
  shop.fill(sku, 2);
  Reply again;
  int tries = 0;
  // What was sold out may be refused a second longer.
  shop.until("201", [&] { return in_short(again = shop.run(second->confirm(text("again-", ++tries)))); });
  return text(in_short(bought), "; ", in_short(refused), "; ", in_short(again), ", ", shop.end_of(*second), ", ", shop.history_of(shop.order_of(*second)));
}

constexpr SagaCheck all_checks[] = {
    {"1", &last_units, "14 × OUT_OF_STOCK, 10 × confirmed; 0 left; other answers: none"},
    {"2", &one_session_often, "confirmed, 1 order, charged once"},
    {"3", &killed, "killed, confirmed, charged once, pending_payment confirmed; killed, confirmed, charged once, pending_payment confirmed"},
    {"4", &lost_answers,
     "lost, confirmed, charged once, pending_payment confirmed; lost, confirmed, charged once, pending_payment confirmed; lost, confirmed, charged once, "
     "pending_payment confirmed; lost, confirmed, charged once, pending_payment confirmed"},
    {"6", &last_use_of_a_coupon, "3 × COUPON_INVALID, 1 × confirmed; used 1; 1 unit sold"},
    {"7", &another_card, "402 PAYMENT_DECLINED insufficient_funds, 2 left; 201 for the same order, charged once"},
    {"8", &window_that_ends, "202; PAYMENT_WINDOW_CLOSED; cart active with 3; 600 of 600 left; canceled", &begin_window},
    {"9", &paid_after_the_abort, "202; 202 CHECKOUT_ABANDONED; paid; cancelled succeeded; not charged; 0 held"},
    {"10", &capture_that_fails, "confirmed, charged once, pending_payment confirmed"},
    {"11", &void_that_fails, "202; 202, lost, CHECKOUT_ABANDONED; canceled by 1 call; pending_payment cancelled; 600 of 600 left"},
    {"12", &price_that_moves, "200; 409 PRICE_CHANGED, 0 held; 200; 201, adjusted true, lower"},
    {"13", &again_after_a_failure, "201; 409 OUT_OF_STOCK; 201, confirmed, pending_payment confirmed"},
};

}  // namespace

std::span<const SagaCheck> saga_checks() { return all_checks; }

}  // namespace emporion::journeys
