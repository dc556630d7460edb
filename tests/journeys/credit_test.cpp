#include <gtest/gtest.h>

#include <map>

#include "kernel/base/text.hpp"
#include "kernel/testing/eventually.hpp"
#include "tests/journeys/provider_thread.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"
#include "tests/simulators/stripe/stripe_simulator.hpp"

namespace emporion::journeys {
namespace {

using http::Method;
using simulators::StripeSimulator;
using Provider = ProviderThread<StripeSimulator, simulators::StripeSimulatorOptions>;

/// Purchases with gift cards and store credit that the shop's staff gave out over the public API. Nobody picks, so that orders can be cancelled.
struct CreditPurchase : ::testing::Test {
  static void SetUpTestSuite() {
    provider = std::make_unique<Provider>(simulators::StripeSimulatorOptions{.webhook_url = "", .hang = milliseconds(5'000)});
    const simulators::StripeSimulatorOptions keys;
    shop = std::make_unique<ShopProcess>(text("checkout:\n  cod_fee:\n    vnd: 7000\npayment:\n  stripe:\n    enabled: true\n    base_url: ", provider->url(),
                                              "\n    secret_key: ", keys.secret_key, "\n    webhook_secret: ", keys.webhook_secret, "\n"));
    shop->start({"EMPORION_FULFILLMENT__AUTOPILOT=false"});
    ASSERT_EQ(shop->command({"admin", "create", "--email", "ada@example.com", "--name", "Ada Byron"}, {"EMPORION_ADMIN_PASSWORD=a long quiet river"}), 0)
        << shop->complained();
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(shop->stop(), 0);
    shop.reset();
    provider.reset();
  }
  void SetUp() override {
    const auto login =
        run(staff.call(Method::post, "/api/v1/auth/login", R"({"identifier":"ada@example.com","password":"a long quiet river","realm":"staff"})"));
    ASSERT_EQ(login.status, 200) << login.body;
    staff.sign_in(member_of(login.body, "access_token"));
  }
  void TearDown() override { EXPECT_EQ(shop->audit(), 0) << shop->audit_report(); }

  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  struct Card {
    std::string id, code;
  };
  Card a_card(std::int64_t amount, const std::string& key) {
    const auto issued = run(staff.call(Method::post, "/api/v1/gift-cards", text(R"({"amount":{"amount":)", amount, R"(,"currency":"VND"}})"), key));
    EXPECT_EQ(issued.status, 201) << issued.body;
    return {member_of(issued.body, "card.id"), member_of(issued.body, "code")};
  }
  std::string left(const Card& card) { return member_of(run(staff.call(Method::get, "/api/v1/credit-accounts/" + card.id)).body, "balance.amount"); }
  bool becomes(const Card& card, std::int64_t amount) {
    return testing::eventually(runtime, [&] { return left(card) == text(amount); }, [&] { return left(card); }, seconds(20));
  }
  std::string order_of(const Reply& confirmed, std::string_view member) {
    return member_of(run(staff.call(Method::get, "/api/v1/orders/" + member_of(confirmed.body, "order_id"))).body, member);
  }
  std::string payments_of(const Reply& confirmed) {
    return member_of(run(staff.call(Method::get, "/api/v1/payments?order_id=" + member_of(confirmed.body, "order_id"))).body, "payments");
  }
  Reply cancel(const Reply& confirmed) {
    return run(staff.call(Method::post, text("/api/v1/orders/", member_of(confirmed.body, "order_id"), "/cancel"), R"({"reason":"changed my mind"})",
                          "cancel-" + member_of(confirmed.body, "order_id")));
  }
  void sign_up(Buyer& buyer, const std::string& name) {
    const std::string who = text(R"(@example.com","password":"a long quiet river"})");
    ASSERT_EQ(run(buyer.call(Method::post, "/api/v1/auth/register", text(R"({"email":")", name, who), "register-" + name)).status, 202);
    const auto login = run(buyer.call(Method::post, "/api/v1/auth/login", text(R"({"identifier":")", name, who)));
    ASSERT_EQ(login.status, 200) << login.body;
    buyer.sign_in(member_of(login.body, "access_token"));
  }
  static std::int64_t at_the_bank() {
    return provider->on_its_thread([](StripeSimulator& simulator) { return simulator.ledger().balance(); });
  }

  static std::unique_ptr<Provider> provider;
  static std::unique_ptr<ShopProcess> shop;
  Runtime runtime;
  http::Client client{runtime, 16};
  Buyer staff{client, shop->url()};
};
std::unique_ptr<Provider> CreditPurchase::provider;
std::unique_ptr<ShopProcess> CreditPurchase::shop;

const std::string visa = R"({"method":"card","payment_method_id":"pm_card_visa"})";

TEST_F(CreditPurchase, AGiftCardPaysWhollyWithoutAnyPaymentAndGetsItBack) {
  const Card card = a_card(1'000'000, "whole");
  Buyer buyer(client, shop->url());
  const auto prepared = run(buyer.prepare("TEA-JASMINE-100", 2, "whole", ""));
  ASSERT_EQ(prepared.status, 200) << prepared.body;
  EXPECT_EQ(member_of(prepared.body, "missing"), R"(["payment_method"])");
  const auto preview = run(buyer.use_gift_card(card.code));
  ASSERT_EQ(preview.status, 200) << preview.body;
  EXPECT_EQ(member_of(preview.body, "missing"), "[]") << "nothing is due";
  EXPECT_EQ(member_of(preview.body, "quote.totals.amount_due.amount"), "0");
  EXPECT_EQ(member_of(preview.body, "quote.credits.0.amount.amount"), text(buyer.total().amount()));
  const std::int64_t before = at_the_bank();
  const auto confirmed = run(buyer.confirm("buy-whole"));
  ASSERT_EQ(confirmed.status, 201) << confirmed.reason << confirmed.body;
  EXPECT_EQ(order_of(confirmed, "status"), "confirmed");
  EXPECT_EQ(order_of(confirmed, "payment.method"), "none");
  EXPECT_EQ(order_of(confirmed, "totals.credit_value.amount"), text(buyer.total().amount()));
  EXPECT_EQ(payments_of(confirmed), "[]");
  EXPECT_EQ(at_the_bank(), before);
  EXPECT_EQ(left(card), text(1'000'000 - buyer.total().amount()));
  // The same confirm again is the same order, and takes nothing more.
  EXPECT_EQ(run(buyer.confirm("buy-whole")).status, 200);
  EXPECT_EQ(left(card), text(1'000'000 - buyer.total().amount()));
  EXPECT_EQ(run(buyer.call(Method::post, "/api/v1/gift-cards:check", text(R"({"code":")", card.code, R"("})"))).status, 200);
  ASSERT_EQ(cancel(confirmed).status, 200);
  EXPECT_TRUE(becomes(card, 1'000'000));
  EXPECT_TRUE(testing::eventually(
      runtime, [&] { return order_of(confirmed, "payment.status") == "refunded"; }, [&] { return order_of(confirmed, "payment.status"); }, seconds(20)));
}

TEST_F(CreditPurchase, WhereCreditCoversEverythingNobodyIsPaidForCollectingCash) {
  Buyer buyer(client, shop->url());
  ASSERT_EQ(run(buyer.prepare("TEA-JASMINE-100", 1, "fee")).status, 200);
  const std::int64_t with_fee = buyer.total().amount();
  const Card card = a_card(with_fee - 7'000, "fee");
  const auto preview = run(buyer.use_gift_card(card.code));
  EXPECT_EQ(buyer.total().amount(), with_fee - 7'000) << preview.body;
  EXPECT_EQ(member_of(preview.body, "quote.totals.amount_due.amount"), "0");
  const Card less = a_card(with_fee - 7'001, "fee-less");
  EXPECT_EQ(member_of(run(buyer.use_gift_card(less.code)).body, "quote.totals.amount_due.amount"), "7001") << "one dong, and the fee for it";
}

TEST_F(CreditPurchase, TheRestIsChargedToTheCardAndBothGoBackWhenItIsCancelled) {
  const Card card = a_card(50'000, "rest");
  Buyer buyer(client, shop->url());
  ASSERT_EQ(run(buyer.prepare("TEA-JASMINE-100", 2, "rest", visa)).status, 200);
  ASSERT_EQ(run(buyer.use_gift_card(card.code)).status, 200);
  const std::int64_t before = at_the_bank();
  const auto confirmed = run(buyer.confirm("buy-rest"));
  ASSERT_EQ(confirmed.status, 201) << confirmed.reason << confirmed.body;
  EXPECT_EQ(at_the_bank() - before, buyer.total().amount() - 50'000);
  EXPECT_EQ(order_of(confirmed, "totals.amount_due.amount"), text(buyer.total().amount() - 50'000));
  EXPECT_EQ(left(card), "0");
  ASSERT_EQ(cancel(confirmed).status, 200);
  EXPECT_TRUE(becomes(card, 50'000));
  EXPECT_TRUE(testing::eventually(runtime, [&] { return at_the_bank() == before; }, [&] { return text(at_the_bank()); }, seconds(20)));
  EXPECT_TRUE(testing::eventually(
      runtime, [&] { return order_of(confirmed, "payment.status") == "refunded"; }, [&] { return order_of(confirmed, "payment.status"); }, seconds(20)));
}

TEST_F(CreditPurchase, TheRestIsCollectedAtTheDoor) {
  const Card card = a_card(30'000, "door");
  Buyer buyer(client, shop->url());
  ASSERT_EQ(run(buyer.prepare("TEA-JASMINE-100", 2, "door")).status, 200);
  ASSERT_EQ(run(buyer.use_gift_card(card.code)).status, 200);
  const auto confirmed = run(buyer.confirm("buy-door"));
  ASSERT_EQ(confirmed.status, 201) << confirmed.reason << confirmed.body;
  EXPECT_EQ(order_of(confirmed, "payment.status"), "cod_pending");
  EXPECT_EQ(member_of(payments_of(confirmed), "0.amount.amount"), text(buyer.total().amount() - 30'000));
  // The parcel asks for what is due.
  const auto due = text(buyer.total().amount() - 30'000);
  const auto cash = [&] {
    return member_of(run(staff.call(Method::get, "/api/v1/fulfillments/order/" + member_of(confirmed.body, "order_id"))).body, "fulfillments.0.cod.amount");
  };
  EXPECT_TRUE(testing::eventually(runtime, [&] { return cash() == due; }, cash, seconds(20)));
  ASSERT_EQ(cancel(confirmed).status, 200);
  EXPECT_TRUE(becomes(card, 30'000));
}

TEST_F(CreditPurchase, ADeclinedCardIsTriedAgainForTheRestAndAGivenUpOrderGivesItsCreditBack) {
  const Card card = a_card(40'000, "declined");
  Buyer buyer(client, shop->url());
  ASSERT_EQ(run(buyer.prepare("TEA-JASMINE-100", 1, "declined", R"({"method":"card","payment_method_id":"pm_card_chargeDeclinedInsufficientFunds"})")).status,
            200);
  ASSERT_EQ(run(buyer.use_gift_card(card.code)).status, 200);
  const std::int64_t before = at_the_bank();
  EXPECT_EQ(run(buyer.confirm("buy-declined")).reason, "PAYMENT_DECLINED");
  EXPECT_EQ(left(card), "0") << "held as long as the order waits for its payment";
  const auto retried = run(buyer.call(Method::post, text("/api/v1/checkout/", buyer.session(), "/retry-payment"), text(R"({"payment":)", visa, "}"), "retry"));
  ASSERT_EQ(retried.status, 201) << retried.reason << retried.body;
  EXPECT_EQ(at_the_bank() - before, buyer.total().amount() - 40'000);
  EXPECT_EQ(left(card), "0");

  const Card other = a_card(40'000, "given-up");
  Buyer undecided(client, shop->url());
  ASSERT_EQ(
      run(undecided.prepare("TEA-JASMINE-100", 1, "given-up", R"({"method":"card","payment_method_id":"pm_card_chargeDeclinedInsufficientFunds"})")).status,
      200);
  ASSERT_EQ(run(undecided.use_gift_card(other.code)).status, 200);
  EXPECT_EQ(run(undecided.confirm("buy-given-up")).reason, "PAYMENT_DECLINED");
  EXPECT_EQ(left(other), "0");
  EXPECT_EQ(run(undecided.call(Method::del, "/api/v1/checkout/" + undecided.session())).status, 202);
  EXPECT_TRUE(becomes(other, 40'000));
}

TEST_F(CreditPurchase, OneCardAndManyBuyersAtOnceAreOneOrder) {
  const Card card = a_card(1'000'000, "shared");
  std::vector<std::unique_ptr<Buyer>> buyers;
  std::int64_t total = 0;
  for (int i = 0; i < 5; ++i) {
    buyers.push_back(std::make_unique<Buyer>(client, shop->url()));
    ASSERT_EQ(run(buyers.back()->prepare("CER-BOWL-BLUE", 4, text("shared", i), "")).status, 200);
    total = buyers.back()->total().amount();
  }
  // As much is on it as one of the orders costs.
  ASSERT_EQ(run(staff.call(Method::post, text("/api/v1/credit-accounts/", card.id, "/adjust"),
                           text(R"({"amount":{"amount":)", total - 1'000'000, R"(,"currency":"VND"},"reason":"for the test"})"), "adjust"))
                .status,
            200);
  for (auto& buyer : buyers) {
    const auto preview = run(buyer->use_gift_card(card.code));
    ASSERT_EQ(preview.status, 200) << preview.body;
    EXPECT_EQ(member_of(preview.body, "quote.totals.amount_due.amount"), "0");
  }
  std::vector<Task<Reply>> confirms;
  for (std::size_t i = 0; i < buyers.size(); ++i) confirms.push_back(buyers[i]->confirm(text("buy-shared", i)));
  std::map<std::string, int> outcomes;
  for (const auto& reply : run(when_all(std::move(confirms)))) ++outcomes[reply.status == 201 ? "confirmed" : text(reply.status, " ", reply.reason)];
  EXPECT_EQ(outcomes, (std::map<std::string, int>{{"confirmed", 1}, {"422 CREDIT_INSUFFICIENT", 4}}));
  EXPECT_EQ(left(card), "0");
}

TEST_F(CreditPurchase, StoreCreditIsItsCustomersAlone) {
  Buyer linh(client, shop->url());
  sign_up(linh, "linh");
  const auto me = run(linh.call(Method::get, "/api/v1/auth/me"));
  const std::string id = member_of(me.body, "principal_id");
  ASSERT_FALSE(id.empty()) << me.body;
  const auto granted = run(staff.call(Method::post, text("/api/v1/customers/", id, "/store-credit"),
                                      R"({"amount":{"amount":25000,"currency":"VND"},"reason":"a late parcel"})", "grant"));
  ASSERT_EQ(granted.status, 201) << granted.body;
  EXPECT_EQ(member_of(run(linh.call(Method::get, text("/api/v1/customers/", id, "/store-credit"))).body, "accounts.0.balance.amount"), "25000");
  ASSERT_EQ(run(linh.prepare("TEA-JASMINE-100", 1, "linh")).status, 200);
  const auto set = run(linh.call(Method::put, text("/api/v1/checkout/", linh.session(), "/credits"), R"({"gift_cards":[],"use_store_credit":true})"));
  ASSERT_EQ(set.status, 200) << set.body;
  const auto preview = run(linh.preview());
  EXPECT_EQ(member_of(preview.body, "quote.totals.credit_value.amount"), "25000") << preview.body;
  const auto confirmed = run(linh.confirm("buy-linh"));
  ASSERT_EQ(confirmed.status, 201) << confirmed.reason << confirmed.body;
  EXPECT_EQ(member_of(run(linh.call(Method::get, text("/api/v1/customers/", id, "/store-credit"))).body, "accounts.0.balance.amount"), "0");

  Buyer mai(client, shop->url());
  sign_up(mai, "mai");
  EXPECT_EQ(run(mai.call(Method::get, text("/api/v1/customers/", id, "/store-credit"))).status, 404);
  EXPECT_EQ(
      run(mai.call(Method::post, text("/api/v1/customers/", id, "/store-credit"), R"({"amount":{"amount":1,"currency":"VND"},"reason":"x"})", "grant-mai"))
          .status,
      403);
  EXPECT_EQ(run(mai.call(Method::post, "/api/v1/credit-holds", text(R"({"hold_id":")", id, R"(","order_id":")", id, R"(","parts":[]})"), "hold-mai")).status,
            404)
      << "not for the outside";
  Buyer guest(client, shop->url());
  ASSERT_EQ(run(guest.prepare("TEA-JASMINE-100", 1, "guest")).status, 200);
  EXPECT_EQ(run(guest.call(Method::put, text("/api/v1/checkout/", guest.session(), "/credits"), R"({"gift_cards":[],"use_store_credit":true})")).reason,
            "CREDIT_LOGIN_REQUIRED");
}

TEST_F(CreditPurchase, WrongCodesAreToldAlikeAndNotForLong) {
  Buyer hoa(client, shop->url());
  sign_up(hoa, "hoa");
  std::map<std::string, int> outcomes;
  for (int i = 0; i < 12; ++i) {
    const auto reply = run(hoa.call(Method::post, "/api/v1/gift-cards:check", text(R"({"code":"AAAA-BBBB-CCCC-)", 1000 + i, R"("})")));
    ++outcomes[text(reply.status, " ", reply.reason)];
  }
  EXPECT_EQ(outcomes, (std::map<std::string, int>{{"404 GIFT_CARD_NOT_FOUND", 10}, {"429 RATE_LIMITED", 2}}));
}

}  // namespace
}  // namespace emporion::journeys
