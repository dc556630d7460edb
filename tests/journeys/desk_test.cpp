#include <gtest/gtest.h>

#include <array>
#include <filesystem>

#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"
#include "tests/journeys/provider_thread.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"
#include "tests/simulators/stripe/stripe_simulator.hpp"

namespace emporion::journeys {
namespace {

using http::Method;
using simulators::StripeSimulator;
using Provider = ProviderThread<StripeSimulator, simulators::StripeSimulatorOptions>;

constexpr std::string_view plain = "4111111111111111";
constexpr std::array written = {plain, std::string_view("4111 1111 1111 1111"), std::string_view("4111-1111-1111-1111")};

/// What staff and customers do beside paying, over the real binary: each test has a shop of its own name and goods.
struct Desk : ::testing::Test {
  void SetUp() override {
    provider = std::make_unique<Provider>(simulators::StripeSimulatorOptions{.webhook_url = "", .hang = milliseconds(5'000)});
    const simulators::StripeSimulatorOptions keys;
    shop = std::make_unique<ShopProcess>(text("payment:\n  stripe:\n    enabled: true\n    base_url: ", provider->url(), "\n    secret_key: ", keys.secret_key,
                                              "\n    webhook_secret: ", keys.webhook_secret, "\n"));
    shop->start();
    ASSERT_EQ(shop->command({"admin", "create", "--email", "ada@example.com", "--name", "Ada Byron"}, {"EMPORION_ADMIN_PASSWORD=a long quiet river"}), 0)
        << shop->complained();
    staff = std::make_unique<Buyer>(client, shop->url());
    sign_in(*staff, "ada", R"(,"realm":"staff")");
  }
  void TearDown() override {
    if (shop->is_running()) {
      EXPECT_EQ(shop->audit(), 0) << shop->audit_report();
      EXPECT_EQ(shop->stop(), 0);
    }
  }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  void sign_in(Buyer& buyer, const std::string& name, const std::string& more = {}) {
    const auto login =
        run(buyer.call(Method::post, "/api/v1/auth/login", text(R"({"identifier":")", name, R"(@example.com","password":"a long quiet river")", more, "}")));
    ASSERT_EQ(login.status, 200) << login.body;
    buyer.sign_in(member_of(login.body, "access_token"));
  }
  void sign_up(Buyer& buyer, const std::string& name) {
    const auto made = run(buyer.call(Method::post, "/api/v1/auth/register", text(R"({"email":")", name, R"(@example.com","password":"a long quiet river"})"),
                                     "register-" + name));
    ASSERT_EQ(made.status, 202) << made.body;
    sign_in(buyer, name);
  }
  std::string id_of(Buyer& customer) { return member_of(run(customer.call(Method::get, "/api/v1/auth/me")).body, "principal_id"); }

  std::unique_ptr<Provider> provider;
  std::unique_ptr<ShopProcess> shop;
  Runtime runtime;
  http::Client client{runtime, 64};
  std::unique_ptr<Buyer> staff;
};

struct PostedTo {
  Method method;
  std::string path;
};

/// Every operation that takes a JSON body, with ids in the place of its parameters.
std::vector<PostedTo> all_that_take_a_body(const std::string& openapi) {
  std::vector<PostedTo> out;
  const auto document = json::Document::parse(openapi);
  const auto paths = document->root().member("paths");
  paths->for_each_member([&](std::string_view path, json::Value operations) {
    std::string filled;
    for (std::size_t at = 0; at < path.size();) {
      if (path[at] != '{') {
        filled += path[at++];
        continue;
      }
      filled += "018f0000-0000-7000-8000-000000000001";
      at = path.find('}', at) + 1;
    }
    operations.for_each_member([&](std::string_view method, json::Value operation) {
      const auto body = operation.member("requestBody");
      const auto content = body ? body->member("content") : std::nullopt;
      if (!content || !content->member("application/json")) return true;
      const auto known = method == "post" ? Method::post : method == "put" ? Method::put : method == "patch" ? Method::patch : Method::del;
      out.push_back({known, filled});
      return true;
    });
    return true;
  });
  return out;
}

/// Which of the home's files hold the text: logs, tables, write-ahead logs.
std::vector<std::string> files_with(const std::filesystem::path& home, std::string_view wanted) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(home)) {
    if (entry.is_regular_file() && text_of(entry.path()).find(wanted) != std::string::npos) out.push_back(entry.path().string());
  }
  return out;
}

TEST_F(Desk, acceptance_commerce_3_9_12_ACardNumberPostedAnywhereIsRefusedAndLeavesNoTrace) {
  Buyer guest(client, shop->url());
  Buyer customer(client, shop->url());
  sign_up(customer, "linh");
  const auto operations = all_that_take_a_body(run(guest.call(Method::get, "/openapi.json")).body);
  ASSERT_GT(operations.size(), 50u);
  int number = 0;
  const auto refused = [&](const Reply& reply) {
    return reply.status == 400 && reply.reason == "PAN_NOT_ACCEPTED" && reply.body.find("4111") == std::string::npos;
  };
  for (const auto& [method, path] : operations) {
    bool was_refused = false;
    for (Buyer* sender : {&guest, &customer, staff.get()}) {
      ++number;
      const auto reply =
          run(sender->call(method, path, text(R"({"note":")", written[static_cast<std::size_t>(number) % written.size()], R"("})"), text("pan-", number)));
      // What only modules may call is not there for anybody else.
      was_refused = was_refused || refused(reply) || reply.reason == "ROUTE_NOT_FOUND" || reply.reason == "METHOD_NOT_ALLOWED";
      EXPECT_TRUE(was_refused || reply.status == 401 || reply.status == 403) << path << " " << reply.status << " " << reply.body;
    }
    EXPECT_TRUE(was_refused) << path;
  }
  // The fields that buyers do fill in, each in a request that is right but for the number.
  Buyer buyer(client, shop->url());
  ASSERT_EQ(run(buyer.prepare("TEA-JASMINE-100", 1, "trace-of-mine")).status, 200);
  const std::string at = "/api/v1/checkout/" + buyer.session();
  const auto address = [](std::string_view field, std::string_view value) {
    std::string out = R"({"address":{"country":"VN","region_code":"VN-HN","city":"Hanoi")";
    for (const char* name : {"name", "line1", "line2", "company", "district", "phone", "postal_code"}) {
      if (field == name)
        out += text(R"(,")", name, R"(":")", value, R"(")");
      else if (std::string_view(name) == "name" || std::string_view(name) == "line1")
        out += text(R"(,")", name, R"(":"1 Trang Tien")");
    }
    return out + "}}";
  };
  for (const std::string_view value : written) {
    for (const char* field : {"name", "line1", "line2", "company", "district", "phone"}) {
      const auto reply = run(buyer.call(Method::put, at + "/shipping-address", address(field, value)));
      EXPECT_TRUE(refused(reply)) << field << reply.body;
    }
    const std::pair<std::string, std::string> posted[] = {
        {at + "/contact", text(R"({"contact":{"email":")", value, R"("}})")},
        {at + "/contact", text(R"({"contact":{"email":"mai@example.com","phone":")", value, R"("}})")},
        {at + "/payment-method", text(R"({"payment":{"method":"card","payment_method_id":")", value, R"("}})")},
    };
    for (const auto& [path, body] : posted) EXPECT_TRUE(refused(run(buyer.call(Method::put, path, body)))) << body;
    EXPECT_TRUE(refused(run(buyer.call(Method::post, "/api/v1/cart/items", text(R"({"sku":")", value, R"(","qty":1})"), "sku")))) << value;
    EXPECT_TRUE(refused(run(buyer.call(Method::post, "/api/v1/cart/coupons", text(R"({"code":")", value, R"("})"))))) << value;
    EXPECT_TRUE(refused(run(guest.call(Method::post, "/api/v1/auth/register", text(R"({"email":"pan@example.com","password":")", value, R"("})"), "r"))))
        << value;
  }
  EXPECT_TRUE(refused(run(buyer.call(Method::post, "/api/v1/cart/items", text(R"({"sku":"TEA-JASMINE-100","qty":)", plain, "}"), "qty"))));
  EXPECT_TRUE(refused(run(buyer.call(Method::post, "/api/v1/cart/items", text(R"({"sku":"TEA-JASMINE-100","qty":1,")", plain, R"(":1})"), "name"))));
  // What merely is long goes through: a telephone number, an address of somebody who likes numbers.
  EXPECT_EQ(run(buyer.call(Method::put, at + "/contact", R"({"contact":{"email":"4111111111111111.mai@example.com","phone":"+4915123456787"}})")).status, 200);
  EXPECT_EQ(run(buyer.call(Method::put, at + "/contact", R"({"contact":{"email":"trace-of-mine@example.com"}})")).status, 200);

  EXPECT_EQ(shop->audit(), 0) << shop->audit_report();
  EXPECT_EQ(shop->stop(), 0);
  EXPECT_FALSE(files_with(shop->home(), "trace-of-mine@example.com").empty());  // The search does find what was kept.
  for (const std::string_view value : {written[1], written[2]}) EXPECT_EQ(files_with(shop->home(), value), std::vector<std::string>{}) << value;
  // The one that was let through is an e-mail address.
  for (const std::string& file : files_with(shop->home(), plain)) {
    const std::string content = text_of(file);
    for (std::size_t found = content.find(plain); found != std::string::npos; found = content.find(plain, found + 1)) {
      EXPECT_EQ(content.substr(found + plain.size(), 4), ".mai") << file;
    }
  }
}

TEST_F(Desk, acceptance_commerce_3_9_14_ADeclinedCardIsAFailedPaymentWithItsCategoryAnd402) {
  Buyer buyer(client, shop->url());
  ASSERT_EQ(run(buyer.prepare("TEA-JASMINE-100", 1, "declined", R"({"method":"card","payment_method_id":"pm_card_chargeDeclinedInsufficientFunds"})")).status,
            200);
  const auto declined = run(buyer.confirm("declined-1"));
  EXPECT_EQ(declined.status, 402) << declined.body;
  EXPECT_EQ(declined.reason, "PAYMENT_DECLINED");
  EXPECT_EQ(member_of(declined.body, "metadata.category"), "insufficient_funds");
  const auto payments = run(staff->call(Method::get, "/api/v1/payments?order_id=" + member_of(declined.body, "metadata.order_id")));
  ASSERT_EQ(payments.status, 200) << payments.body;
  EXPECT_EQ(member_of(payments.body, "payments.0.status"), "failed") << payments.body;
  EXPECT_EQ(member_of(payments.body, "payments.0.decline.category"), "insufficient_funds");
  EXPECT_EQ(provider->on_its_thread([](StripeSimulator& stripe) { return stripe.ledger().balance(); }), 0);
}

TEST_F(Desk, WhoeverStaffHaveListedIsDeclinedWithoutAWordWhy) {
  const auto listed = run(
      staff->call(Method::post, "/api/v1/admin/fraud/lists", R"({"kind":"email","value":"mallory@example.com","reason":"chargebacks in March"})", "list-1"));
  ASSERT_EQ(listed.status, 201) << listed.body;
  EXPECT_EQ(member_of(listed.body, "entry.shown"), "m***@example.com");
  Buyer mallory(client, shop->url());
  ASSERT_EQ(run(mallory.prepare("TEA-JASMINE-100", 1, "mallory")).status, 200);
  const auto declined = run(mallory.confirm("mallory-1"));
  EXPECT_EQ(declined.status, 402) << declined.body;
  EXPECT_EQ(declined.reason, "PAYMENT_DECLINED");
  EXPECT_EQ(member_of(declined.body, "metadata.category"), "generic");
  for (const char* word : {"list", "fraud", "risk", "signal", "score"}) EXPECT_EQ(declined.body.find(word), std::string::npos) << word << declined.body;
  // Taken off, the same buyer buys.
  const auto removed = run(staff->call(Method::del, "/api/v1/admin/fraud/lists/" + member_of(listed.body, "entry.id") + "?reason=cleared"));
  ASSERT_EQ(removed.status, 200) << removed.body;
  ASSERT_EQ(run(mallory.prepare("TEA-JASMINE-100", 1, "mallory")).status, 200);
  EXPECT_EQ(run(mallory.confirm("mallory-2")).status, 201);
  Buyer customer(client, shop->url());
  EXPECT_EQ(run(customer.call(Method::get, "/api/v1/admin/fraud/lists")).status, 401);
}

TEST_F(Desk, ACustomerSavesACardAndPaysWithIt) {
  Buyer customer(client, shop->url());
  sign_up(customer, "linh");
  const std::string mine = "/api/v1/customers/" + id_of(customer) + "/payment-methods";
  const auto setup = run(customer.call(Method::post, mine + "/setup", "{}", "setup-1"));
  ASSERT_EQ(setup.status, 201) << setup.body;
  EXPECT_NE(member_of(setup.body, "client_secret"), "");
  const std::string token =
      provider->on_its_thread([&](StripeSimulator& stripe) { return stripe.cards().finish_setup(member_of(setup.body, "setup_reference"), "pm_card_visa"); });
  const auto saved = run(customer.call(Method::post, mine, text(R"({"provider_token":")", token, R"("})"), "save-1"));
  ASSERT_EQ(saved.status, 201) << saved.body;
  EXPECT_EQ(member_of(saved.body, "method.last4"), "4242");
  EXPECT_EQ(member_of(saved.body, "method.is_default"), "true");
  const std::string id = member_of(saved.body, "method.id");
  ASSERT_EQ(run(customer.prepare("TEA-JASMINE-100", 1, "linh", text(R"({"method":"card","payment_method_id":")", id, R"("})"))).status, 200);
  const auto bought = run(customer.confirm("linh-1"));
  EXPECT_EQ(bought.status, 201) << bought.body;
  EXPECT_EQ(provider->on_its_thread([](StripeSimulator& stripe) { return stripe.ledger().balance(); }), customer.total().amount());
  // Somebody else's card pays for nobody but its owner, and is not even there.
  Buyer other(client, shop->url());
  sign_up(other, "mallory");
  EXPECT_EQ(run(other.call(Method::get, mine)).status, 404);
  EXPECT_EQ(run(other.call(Method::del, "/api/v1/payment-methods/" + id)).status, 404);
  ASSERT_EQ(run(other.prepare("TEA-JASMINE-100", 1, "mallory", text(R"({"method":"card","payment_method_id":")", id, R"("})"))).status, 200);
  const auto stolen = run(other.confirm("mallory-1"));
  EXPECT_EQ(stolen.status, 422) << stolen.body;
  EXPECT_EQ(stolen.reason, "TOKEN_INVALID");
  EXPECT_EQ(run(customer.call(Method::del, "/api/v1/payment-methods/" + id)).status, 204);
  EXPECT_EQ(run(customer.call(Method::get, mine)).body, R"({"methods":[]})");
}

TEST_F(Desk, AdministratorsSwitchAMethodOffAndNobodyIsOfferedIt) {
  const auto settings = run(staff->call(Method::get, "/api/v1/settings/payment"));
  ASSERT_EQ(settings.status, 200) << settings.body;
  const auto off = run(staff->call(
      Method::put, "/api/v1/settings/payment",
      R"({"version":1,"reason":"courier on strike","methods":[{"method":"cod","enabled":false},{"method":"card","enabled":true,"max_amounts":[{"amount":50000,"currency":"VND"}]}]})"));
  ASSERT_EQ(off.status, 200) << off.body;
  EXPECT_EQ(member_of(off.body, "version"), "2");
  Buyer guest(client, shop->url());
  EXPECT_EQ(run(guest.call(Method::get, "/api/v1/settings/payment")).status, 401);
  const auto cod = run(guest.prepare("TEA-JASMINE-100", 1, "guest"));
  EXPECT_EQ(cod.status, 422) << cod.body;
  EXPECT_EQ(cod.reason, "PAYMENT_METHOD_NOT_ELIGIBLE");
  EXPECT_EQ(member_of(cod.body, "metadata.why"), "DISABLED");
  const auto card = run(guest.call(Method::put, "/api/v1/checkout/" + guest.session() + "/payment-method",
                                   R"({"payment":{"method":"card","payment_method_id":"pm_card_visa"}})"));
  EXPECT_EQ(card.status, 422) << card.body;
  EXPECT_EQ(member_of(card.body, "metadata.why"), "AMOUNT_TOO_HIGH");
}

}  // namespace
}  // namespace emporion::journeys
