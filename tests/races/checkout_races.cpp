#include <array>
#include <cstdlib>

#include "kernel/base/text.hpp"
#include "tests/races/race.hpp"

namespace emporion::races {
namespace {

using Buyers = std::vector<std::unique_ptr<Buyer>>;

Move confirms(Buyer& buyer, std::string key) {
  return [&buyer, key = std::move(key)] { return buyer.confirm(key); };
}

std::int64_t amount_of(const std::string& body, std::string_view path) { return std::strtoll(member_of(body, path).c_str(), nullptr, 10); }

std::vector<Move> all_confirm(Buyers& buyers, const std::string& name) {
  std::vector<Move> out;
  for (std::size_t i = 0; i < buyers.size(); ++i) out.push_back(confirms(*buyers[i], text("buy-", name, '-', i)));
  return out;
}

/// Of N buyers at both processes: how many were confirmed, the rest refused for `refusal` alone. The winner is told by where the confirmed ones were.
Round judge(const std::vector<Reply>& replies, int wanted, std::string_view refusal) {
  int confirmed = 0, refused = 0;
  std::string winners;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].status == 201) {
      ++confirmed;
      winners += text(winners.empty() ? "" : "+", "buyer ", i);
    }
    if (replies[i].reason == refusal) ++refused;
  }
  const bool holds = confirmed == wanted && refused == static_cast<int>(replies.size()) - wanted;
  return {winners, holds ? std::string() : in_short(replies)};
}

// ACIDRain's stock attack: each of several buyers sees enough, together they take more than there is.
class LastUnits final : public Race {
  std::string_view name() const override { return "stock"; }
  std::string_view raced() const override { return "eight buyers of one unit each, at two processes, for three units"; }
  std::string_view must_hold() const override { return "three are confirmed, five are told OUT_OF_STOCK"; }
  Delays delays() const override { return {"warehouse.", 3, 4}; }  // Short: a reservation is one statement, and these are to meet in it.
  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    if (!co_await arena.staff.set_available("BAM-HAT", 3, name)) co_return broken("no stock");
    Buyers buyers;
    for (std::size_t i = 0; i < 8; ++i) {
      buyers.push_back(arena.buyer(i));
      Reply prepared;
      // A process that saw the SKU sold out a moment ago may say so for a second.
      for (int again = 0; again < 12 && prepared.status != 200; ++again) {
        if (again > 0) co_await arena.runtime.sleep_for(milliseconds(200));  // tidy-allow(test_sleeps): see above.
        buyers[i] = arena.buyer(i);
        prepared = co_await buyers[i]->prepare("BAM-HAT", 1, text(name, 'b', i, 't', again));
      }
      if (prepared.status != 200) co_return broken("prepare: " + in_short(prepared));
    }
    co_return judge(co_await arena.release(all_confirm(buyers, name), delays(), seed), 3, "OUT_OF_STOCK");
  }
};

// Two cart lines that share one stock row: one put aside and one added, which come together while both are looked at alone.
class TwoLines final : public Race {
  std::string_view name() const override { return "two_lines_one_stock_row"; }
  std::string_view raced() const override { return "two units put aside move back while two more of the SKU are added, with three in stock"; }
  std::string_view must_hold() const override { return "one line: of four, which cannot be sent, or of two, since adding what is put aside replaces it"; }
  Delays delays() const override { return {"checkout.", 10, 10}; }
  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    if (!co_await arena.staff.set_available("BAM-STRAWS", 3, name)) co_return broken("no stock");
    const auto tab = arena.buyer(0);
    const auto added = co_await tab->call(Method::post, "/api/v1/cart/items", R"({"sku":"BAM-STRAWS","qty":2})", "first-" + name);
    const std::string line = member_of(added.body, "cart.lines.0.line_id");
    if (line.empty()) co_return broken("add: " + in_short(added));
    const auto saved = co_await tab->call(Method::post, text("/api/v1/cart/items/", line, "/save-for-later"), "{}");
    if (saved.status != 200) co_return broken("save: " + in_short(saved));
    const auto other = arena.other_tab(*tab, 1);
    std::vector<Move> moves{[&] { return tab->call(Method::post, text("/api/v1/cart/items/", line, "/move-to-cart"), "{}"); },
                            [&] { return other->call(Method::post, "/api/v1/cart/items", R"({"sku":"BAM-STRAWS","qty":2})", "second-" + name); }};
    const auto replies = co_await arena.release(std::move(moves), delays(), seed);
    const auto cart = co_await tab->call(Method::get, "/api/v1/cart");
    const std::string qty = member_of(cart.body, "cart.lines.0.qty");
    Round round{qty == "4" ? "move first" : "add first", ""};
    if ((qty != "4" && qty != "2") || !member_of(cart.body, "cart.lines.1.qty").empty())
      round.complaint = text("lines: ", cart.body, " after ", in_short(replies));
    const auto session = co_await tab->call(Method::post, "/api/v1/checkout", "{}", "start-" + name);
    const std::string at = "/api/v1/checkout/" + member_of(session.body, "checkout.id");
    (void)co_await tab->call(
        Method::put, at + "/shipping-address",
        R"({"address":{"name":"Mai Tran","phone":"+84901234567","country":"VN","region_code":"VN-HN","city":"Hà Nội","line1":"1 Tràng Tiền"}})");
    const auto methods = co_await tab->call(Method::get, at + "/shipping-methods");
    if ((methods.reason == "OUT_OF_STOCK") != (qty == "4")) round.complaint += text(" with ", qty, " of three: ", in_short(methods));
    co_return round;
  }
};

// ACIDRain's coupon attack.
class LastCoupon final : public Race {
  std::string_view name() const override { return "coupon_last_use"; }
  std::string_view raced() const override { return "four buyers, at two processes, with a code that may be used once"; }
  std::string_view must_hold() const override { return "one is confirmed, three are told COUPON_INVALID, the code was used once"; }
  Delays delays() const override { return {"checkout.place_order.create_order.+promotion.", 12, 15}; }
  std::string promotion;
  Task<bool> set_up(Arena& arena) override {
    promotion = co_await arena.staff.promotion("last", journeys::tenth_with_a_code());
    co_return !promotion.empty();
  }
  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    const std::string code = "L-" + ascii_upper(name);
    if (!co_await arena.staff.coupon(promotion, code, R"(,"limit":1)")) co_return broken("no coupon");
    Buyers buyers;
    for (std::size_t i = 0; i < 4; ++i) {
      buyers.push_back(arena.buyer(i));
      auto prepared = co_await buyers[i]->prepare("TEA-SHAN-100", 1, text(name, 'b', i));
      if (prepared.status == 200) prepared = co_await buyers[i]->use_coupon(code);
      if (prepared.status != 200) co_return broken("prepare: " + in_short(prepared));
    }
    auto round = judge(co_await arena.release(all_confirm(buyers, name), delays(), seed), 1, "COUPON_INVALID");
    const auto used = co_await arena.staff.used(code);
    if (used != "1") round.complaint += text(" used ", used, " times");
    co_return round;
  }
};

// The same customer in two browsers with a code for one use each.
class CouponOfOneCustomer final : public Race {
  std::string_view name() const override { return "coupon_per_customer"; }
  std::string_view raced() const override { return "one customer in two browsers with a code that each may use once"; }
  std::string_view must_hold() const override { return "one order has the discount, the other is told COUPON_INVALID"; }
  Delays delays() const override { return {"checkout.place_order.create_order.+promotion.", 12, 15}; }
  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    Buyers buyers;
    for (std::size_t i = 0; i < 2; ++i) {
      buyers.push_back(arena.buyer(i));
      auto prepared = co_await buyers[i]->prepare("TEA-OOLONG-100", 1, text(name, 'b', i));
      if (prepared.status == 200) {
        prepared = co_await buyers[i]->call(Method::put, text("/api/v1/checkout/", buyers[i]->session(), "/contact"),
                                            text(R"({"contact":{"email":")", name, R"(@example.com"}})"));
      }
      if (prepared.status == 200) prepared = co_await buyers[i]->use_coupon("WELCOME10");
      if (prepared.status != 200) co_return broken("prepare: " + in_short(prepared));
    }
    co_return judge(co_await arena.release(all_confirm(buyers, name), delays(), seed), 1, "COUPON_INVALID");
  }
};

// ACIDRain's gift card attack: one balance, two carts.
class GiftCardSpentTwice final : public Race {
  std::string_view name() const override { return "gift_card"; }
  std::string_view raced() const override { return "two buyers, at two processes, pay with one gift card that is worth one of their orders"; }
  std::string_view must_hold() const override { return "one is confirmed, the other is told CREDIT_INSUFFICIENT; the card is empty and nothing of it held"; }
  Delays delays() const override { return {"checkout.place_order.+payment.", 10, 15}; }
  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    Buyers buyers;
    for (std::size_t i = 0; i < 2; ++i) {
      buyers.push_back(arena.buyer(i));
      const auto prepared = co_await buyers[i]->prepare("COF-PHIN-L", 1, text(name, 'b', i));
      if (prepared.status != 200) co_return broken("prepare: " + in_short(prepared));
    }
    const auto card = co_await arena.staff.call(Method::post, "/api/v1/gift-cards",
                                                text(R"({"amount":{"amount":)", buyers[0]->total().amount(), R"(,"currency":"VND"}})"), "card-" + name);
    const std::string code = member_of(card.body, "code");
    if (code.empty()) co_return broken("no gift card: " + in_short(card));
    for (auto& buyer : buyers) {
      auto set =
          co_await buyer->call(Method::put, text("/api/v1/checkout/", buyer->session(), "/credits"), text(R"({"gift_cards":[{"code":")", code, R"("}]})"));
      if (set.status == 200) set = co_await buyer->preview();
      if (set.status != 200) co_return broken("credits: " + in_short(set));
    }
    auto round = judge(co_await arena.release(all_confirm(buyers, name), delays(), seed), 1, "CREDIT_INSUFFICIENT");
    const auto left = co_await arena.staff.call(Method::get, "/api/v1/credit-accounts/" + member_of(card.body, "card.id"));
    if (member_of(left.body, "balance.amount") != "0" || member_of(left.body, "held.amount") != "0") round.complaint += " the card: " + left.body;
    co_return round;
  }
};

// ACIDRain's cart attack: what is paid and what is ordered are read at different times.
class CartChanged final : public Race {
  std::string_view name() const override { return "cart_changed_while_paying"; }
  std::string_view raced() const override { return "a tab confirms two units while another adds three of the same"; }
  std::string_view must_hold() const override {
    return "the order has two units at the quote's total and the cart is locked or a new one; or CART_CHANGED and no order";
  }
  Delays delays() const override { return {"checkout.", 6, 10}; }
  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    const auto tab = arena.buyer(0);
    const auto prepared = co_await tab->prepare("TEA-BLACK-250", 2, name);
    if (prepared.status != 200) co_return broken("prepare: " + in_short(prepared));
    const auto other = arena.other_tab(*tab, 1);
    std::vector<Move> moves{confirms(*tab, "buy-" + name),
                            [&] { return other->call(Method::post, "/api/v1/cart/items", R"({"sku":"TEA-BLACK-250","qty":3})", "more-" + name); }};
    const auto replies = co_await arena.release(std::move(moves), delays(), seed);
    if (replies[0].status == 409 && replies[0].reason == "CART_CHANGED") {
      const bool holds = replies[1].status == 200 && member_of(replies[1].body, "cart.lines.0.qty") == "5";
      co_return Round{"cart", holds ? "" : in_short(replies)};
    }
    if (replies[0].status != 201) co_return Round{"", in_short(replies)};
    const auto order = co_await arena.staff.call(Method::get, "/api/v1/orders/" + member_of(replies[0].body, "order_id"));
    const bool is_quoted = member_of(order.body, "lines.0.qty") == "2" && member_of(order.body, "lines.1.qty").empty() &&
                           member_of(order.body, "totals.grand_total.amount") == text(tab->total().amount());
    const bool is_apart = replies[1].reason == "CART_LOCKED" || (replies[1].status == 200 && member_of(replies[1].body, "cart.lines.0.qty") == "3");
    co_return Round{replies[1].status == 200 ? "confirm, then a new cart" : "confirm",
                    is_quoted && is_apart ? "" : text(in_short(replies), ' ', order.body, replies[1].body)};
  }
};

class DoubleConfirm final : public Race {
  std::string_view name() const override { return "double_confirm"; }
  std::string_view raced() const override { return "one session confirmed at two processes, with two keys and one of them twice"; }
  std::string_view must_hold() const override { return "one order; the others show it or are told CHECKOUT_IN_PROGRESS"; }
  Delays delays() const override { return {"checkout.", 8, 10}; }
  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    const auto tab = arena.buyer(0);
    const auto prepared = co_await tab->prepare("TEA-BLACK-500", 1, name);
    if (prepared.status != 200) co_return broken("prepare: " + in_short(prepared));
    const auto other = arena.other_tab(*tab, 1);
    std::vector<Move> moves{confirms(*tab, "x-" + name), confirms(*other, "x-" + name), confirms(*other, "y-" + name)};
    const auto replies = co_await arena.release(std::move(moves), delays(), seed);
    constexpr std::array moved{"x here", "x there", "y there"};
    std::string order, winner, complaint;
    for (std::size_t i = 0; i < replies.size(); ++i) {
      if (replies[i].reason == "CHECKOUT_IN_PROGRESS") continue;
      const std::string id = member_of(replies[i].body, "order_id");
      if (replies[i].status == 201) winner += text(winner.empty() ? "" : "+", moved[i]);
      if ((replies[i].status != 200 && replies[i].status != 201) || (!order.empty() && order != id)) complaint = in_short(replies);
      order = id;
    }
    if (order.empty()) complaint = in_short(replies);
    co_return Round{winner, complaint};
  }
};

class PriceChanged final : public Race {
  std::string_view name() const override { return "price_changed"; }
  std::string_view raced() const override { return "staff raise the price, or lower it in every second round, while a buyer confirms"; }
  std::string_view must_hold() const override { return "nobody pays more than they saw: the old total, a lower one that is told, or PRICE_CHANGED"; }
  Delays delays() const override { return {"checkout.place_order.quote.do.before", 40, 10}; }
  int number = 0;
  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    const std::int64_t was = number % 2 == 0 ? 60'000 : 90'000, will_be = 150'000 - was;
    if (number++ == 0 && !co_await set_price(arena, was)) co_return broken("cannot set the price");
    const auto tab = arena.buyer(drawn(seed, 9, 1));  // Another process than the staff's hears of it a moment later.
    Reply prepared;
    for (int again = 0; again < 30; ++again) {  // A process may know an old price for a moment.
      prepared = co_await tab->prepare("TEA-ARTICHOKE", 1, text(name, 't', again));
      if (prepared.status == 200 && member_of(prepared.body, "quote.lines.0.unit_price.amount") == text(was)) break;
      (void)co_await tab->call(Method::del, "/api/v1/cart");
      co_await arena.runtime.sleep_for(milliseconds(100));  // tidy-allow(test_sleeps): see above.
    }
    if (member_of(prepared.body, "quote.lines.0.unit_price.amount") != text(was))
      co_return broken(text("the price does not arrive: ", in_short(prepared), ' ', prepared.body));
    const auto row = co_await arena.staff.call(Method::get, "/api/v1/pricing/prices?sku=TEA-ARTICHOKE&currency=VND&active_only=true");
    const std::string id = member_of(row.body, "prices.0.id"), version = member_of(row.body, "prices.0.version");
    const std::string terms = text(R"({"version":)", version, R"(,"terms":{"base_amount":{"amount":)", will_be, R"(,"currency":"VND"}}})");
    std::vector<Move> moves{confirms(*tab, "buy-" + name), [&] { return arena.staff.call(Method::put, "/api/v1/pricing/prices/" + id, terms); }};
    const auto replies = co_await arena.release(std::move(moves), delays(), seed);
    if (replies[1].status != 200) co_return Round{"", "price: " + in_short(replies)};
    const bool rises = will_be > was;
    if (replies[0].reason == "PRICE_CHANGED") {
      co_return Round{
          "the price, which rose",
          rises && amount_of(replies[0].body, "metadata.new_total.amount") > amount_of(replies[0].body, "metadata.old_total.amount") ? "" : in_short(replies)};
    }
    if (replies[0].status != 201) co_return Round{"", in_short(replies)};
    const auto order = co_await arena.staff.call(Method::get, "/api/v1/orders/" + member_of(replies[0].body, "order_id"));
    const std::string paid = member_of(order.body, "lines.0.unit_price.amount"), total = member_of(order.body, "totals.grand_total.amount");
    const bool as_seen = paid == text(was) && total == text(tab->total().amount());
    const bool lower = !rises && paid == text(will_be) && member_of(replies[0].body, "price_adjusted") == "true";
    co_return Round{as_seen ? "the confirm" : "the price, which fell", as_seen || lower ? "" : text("paid ", paid, ' ', replies[0].body)};
  }
  static Task<bool> set_price(Arena& arena, std::int64_t amount) {
    const auto row = co_await arena.staff.call(Method::get, "/api/v1/pricing/prices?sku=TEA-ARTICHOKE&currency=VND&active_only=true");
    const auto set = co_await arena.staff.call(
        Method::put, "/api/v1/pricing/prices/" + member_of(row.body, "prices.0.id"),
        text(R"({"version":)", member_of(row.body, "prices.0.version"), R"(,"terms":{"base_amount":{"amount":)", amount, R"(,"currency":"VND"}}})"));
    co_return set.status == 200;
  }
};

class MergeAgainstConfirm final : public Race {
  std::string_view name() const override { return "merge_against_confirm"; }
  std::string_view raced() const override { return "a guest confirms in one tab and signs in in another, which merges the guest's cart"; }
  std::string_view must_hold() const override { return "the goods are in the order or in the customer's cart, never in both or neither"; }
  Delays delays() const override { return {"checkout.", 8, 12}; }
  Task<Round> play(Arena& arena, std::string name, std::uint64_t seed) override {
    const auto guest = arena.buyer(0);
    const auto prepared = co_await guest->prepare("COF-DRIP", 2, name);
    if (prepared.status != 200) co_return broken("prepare: " + in_short(prepared));
    const auto customer = arena.other_tab(*guest, 1);
    const std::string who = text(name, R"(@example.com","password":"a long quiet river"})");
    (void)co_await customer->call(Method::post, "/api/v1/auth/register", text(R"({"email":")", who), "register-" + name);
    const auto login = co_await customer->call(Method::post, "/api/v1/auth/login", text(R"({"identifier":")", who));
    if (login.status != 200) co_return broken("login: " + in_short(login));
    customer->sign_in(member_of(login.body, "access_token"));
    std::vector<Move> moves{confirms(*guest, "buy-" + name), [&] { return customer->call(Method::post, "/api/v1/cart/merge", "{}", "merge-" + name); }};
    const auto replies = co_await arena.release(std::move(moves), delays(), seed);
    const auto cart = co_await customer->call(Method::get, "/api/v1/cart");
    const bool has_goods = member_of(cart.body, "cart.lines.0.qty") == "2";
    const bool ordered = replies[0].status == 201;
    const bool is_told = ordered || replies[0].status == 409 || replies[0].status == 404 || replies[0].status == 410;
    co_return Round{ordered ? "confirm" : "merge", has_goods != ordered && is_told ? "" : text(in_short(replies), ' ', cart.body)};
  }
};

}  // namespace

std::vector<std::unique_ptr<Race>> checkout_races() {
  std::vector<std::unique_ptr<Race>> out;
  out.push_back(std::make_unique<LastUnits>());
  out.push_back(std::make_unique<TwoLines>());
  out.push_back(std::make_unique<LastCoupon>());
  out.push_back(std::make_unique<CouponOfOneCustomer>());
  out.push_back(std::make_unique<GiftCardSpentTwice>());
  out.push_back(std::make_unique<CartChanged>());
  out.push_back(std::make_unique<DoubleConfirm>());
  out.push_back(std::make_unique<PriceChanged>());
  out.push_back(std::make_unique<MergeAgainstConfirm>());
  return out;
}

}  // namespace emporion::races
