#include <algorithm>

#include "contracts/commerce/payment/v1/settings_api_binding.hpp"
#include "modules/commerce/payment/adapters/postgres/payment_settings.hpp"
#include "modules/commerce/payment/testing/payment_fixture.hpp"

namespace emporion::payment {
namespace {

using M = v1::SettableMethod;

struct PaymentSettingsTest : PaymentTest {
  PaymentSettingsTest() {
    settings.know_configured({"card", "cod"});
    service_options.policy = &settings;
  }
  CallContext admin() {
    CallContext out = by("gateway");
    out.principal = Principal{.realm = Realm::staff, .id = admin_id, .permissions = {"payment.settings.*"}};
    return out;
  }
  static v1::MethodSettings rule(M method, bool enabled, std::vector<Money> min = {}, std::vector<Money> max = {}) {
    v1::MethodSettings out;
    out.method = method;
    out.enabled = enabled;
    out.min_amounts = std::move(min);
    out.max_amounts = std::move(max);
    return out;
  }
  Result<v1::PaymentSettings> put(std::int32_t version, std::vector<v1::MethodSettings> methods) {
    v1::PutPaymentSettingsRequest request;
    request.version = version;
    request.methods = std::move(methods);
    request.reason = "season";
    return run(settings.put_payment_settings(admin(), request));
  }
  v1::OfferedMethod offered(v1::PaymentMethod method, std::optional<std::string> currency = std::nullopt) {
    v1::GetPublicSettingsRequest request;
    request.currency = currency;
    const auto shown = run(module().service.get_public_settings(by("checkout"), request));
    return *std::ranges::find(shown->methods, method, &v1::OfferedMethod::method);
  }
  static Money vnd(std::int64_t amount) { return Money(amount, Currency::of("VND")); }

  const Uuid admin_id = Uuid::v7(clock.now(), random);
  PaymentSettingsStore settings{database(), clock};
};

TEST_F(PaymentSettingsTest, SayWhatIsAllowedAndWhatIsConfigured) {
  const auto shown = run(settings.get_payment_settings(admin(), {}));
  ASSERT_TRUE(shown) << shown.error().to_string();
  EXPECT_EQ(shown->version, 1);
  ASSERT_EQ(shown->methods.size(), 6u);
  for (const auto& method : shown->methods) {
    EXPECT_TRUE(method.enabled);
    EXPECT_EQ(method.configured, method.method == M::card || method.method == M::cod);
  }
}

TEST_F(PaymentSettingsTest, TakeEffectOnWhatIsOfferedAndOnEachPayment) {
  EXPECT_TRUE(offered(v1::PaymentMethod::cod).enabled);
  ASSERT_TRUE(put(1, {rule(M::cod, false), rule(M::card, true, {vnd(10'000)}, {vnd(300'000)})}));
  EXPECT_FALSE(offered(v1::PaymentMethod::cod).enabled);
  EXPECT_EQ(offered(v1::PaymentMethod::card, "VND").max_amount, vnd(300'000));
  EXPECT_EQ(offered(v1::PaymentMethod::card, "VND").min_amount, vnd(10'000));
  EXPECT_FALSE(offered(v1::PaymentMethod::card, "USD").max_amount);
  EXPECT_EQ(create(a_payment("cod")).error().reason(), "METHOD_NOT_AVAILABLE");
  EXPECT_EQ(create(a_payment("pm_card_visa", 300'001)).error().reason(), "AMOUNT_OUT_OF_RANGE");
  EXPECT_EQ(create(a_payment("pm_card_visa", 9'999)).error().reason(), "AMOUNT_OUT_OF_RANGE");
  EXPECT_EQ(count("payment"), "0");
  EXPECT_TRUE(create(a_payment("pm_card_visa", 300'000)));
  // Left out, the others stay as they are.
  ASSERT_TRUE(put(2, {rule(M::cod, true)}));
  EXPECT_TRUE(create(a_payment("cod")));
  EXPECT_EQ(create(a_payment("pm_card_visa", 300'001)).error().reason(), "AMOUNT_OUT_OF_RANGE");
}

TEST_F(PaymentSettingsTest, OfOneProcessAreSeenByAnotherSoon) {
  PaymentSettingsStore other(database(), clock);
  EXPECT_TRUE(run(other.current()).value()->admit("cod", vnd(1)));
  ASSERT_TRUE(put(1, {rule(M::cod, false)}));
  clock.move(milliseconds(101));
  EXPECT_FALSE(run(other.current()).value()->admit("cod", vnd(1)));
}

TEST_F(PaymentSettingsTest, ChangeOnceFromTheVersionInForceAndAreKept) {
  const auto first = put(1, {rule(M::momo, false)});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->changed_by, admin_id);
  EXPECT_EQ(put(1, {rule(M::momo, false)}).value(), first.value());
  EXPECT_EQ(count("payment_settings"), "2");
  const auto late = put(1, {rule(M::momo, true)});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().reason(), "VERSION_CONFLICT");
  EXPECT_EQ(put(2, {rule(M::card, true, {vnd(2)}, {vnd(1)})}).error().reason(), "SETTINGS_INVALID");
  EXPECT_EQ(put(2, {rule(M::card, true, {vnd(2), vnd(3)})}).error().reason(), "SETTINGS_INVALID");
  EXPECT_EQ(put(9, {rule(M::card, true)}).error().reason(), "SETTINGS_NOT_FOUND");
  EXPECT_EQ(count("payment_settings"), "2");
  // Of two at once, one wins.
  v1::PutPaymentSettingsRequest request;
  request.version = 2;
  request.reason = "season";
  std::vector<Task<Result<v1::PaymentSettings>>> tasks;
  for (int i = 0; i < 8; ++i) {
    request.methods = {rule(M::card, true, {vnd(i + 1)})};
    tasks.push_back(settings.put_payment_settings(admin(), request));
  }
  int won = 0;
  for (const auto& answer : run(when_all(std::move(tasks)))) won += answer.has_value();
  EXPECT_EQ(won, 1);
}

TEST_F(PaymentSettingsTest, AreForAdministratorsOnly) {
  v1::LocalPaymentSettingsApi api(settings, clock);
  CallContext support = admin();
  support.principal.permissions = {"payment.payment.read"};
  EXPECT_EQ(run(api.get_payment_settings(support, {})).error().kind(), ErrorKind::permission_denied);
  EXPECT_TRUE(run(api.get_payment_settings(admin(), {})));
}

}  // namespace
}  // namespace emporion::payment
