#include "kernel/testing/rival.hpp"
#include "modules/commerce/payment/adapters/postgres/payment_settings.hpp"
#include "modules/commerce/payment/adapters/postgres/saved_methods.hpp"
#include "modules/commerce/payment/adapters/stripe/stripe_cards.hpp"
#include "modules/commerce/payment/testing/risk_fixture.hpp"

// What keeps saved cards, the lists of fraud and the settings whole when several processes change them at once.
namespace emporion::payment {
namespace {

struct DeskGuards : RiskTest {};

struct CardGuards : DeskGuards {
  CardGuards() {
    stripe::StripeOptions options;
    options.enabled = true;
    options.base_url = provider.url();
    options.secret_key = simulators::StripeSimulatorOptions{}.secret_key;
    vault = std::make_unique<stripe::StripeCards>(runtime(), options);
    methods = std::make_unique<SavedMethods>(database(), *vault, "pk_test_shop", clock, random);
  }
  CallContext by_customer() {
    CallContext out = by("gateway");
    out.principal = Principal{.realm = Realm::customer, .id = customer};
    return out;
  }
  Task<Result<v1::SaveMethodResponse>> save(std::string token) {
    v1::SaveMethodRequest request;
    request.customer_id = customer;
    request.provider_token = std::move(token);
    return methods->save_method(by_customer(), request);
  }
  Task<Result<v1::SavedMethod>> make_default(Uuid id) {
    v1::UpdateSavedMethodRequest request;
    request.id = id;
    request.is_default = true;
    return methods->update_saved_method(by_customer(), request);
  }
  Task<Result<v1::DeleteSavedMethodResponse>> remove(Uuid id) {
    v1::DeleteSavedMethodRequest request;
    request.id = id;
    return methods->delete_saved_method(by_customer(), request);
  }
  /// The customer's cards: the first one is the default.
  std::pair<Uuid, Uuid> two_cards() {
    const auto first = run(save("pm_card_visa"));
    const auto second = run(save("pm_card_threeDSecure2Required"));
    EXPECT_TRUE(first && second);
    return {first->method.id, second->method.id};
  }

  const Uuid customer = Uuid::v7(clock.now(), random);
  std::unique_ptr<stripe::StripeCards> vault;
  std::unique_ptr<SavedMethods> methods;
};

TEST_F(CardGuards, TheLastPlaceIsOneCards) {
  ASSERT_TRUE(run(save("pm_card_visa")));
  sql(text("INSERT INTO payment_method (id, customer_id, provider, owner, token, fingerprint, created_at) SELECT gen_random_uuid(), '", customer,
           "', 'stripe', 'cus_sim_1', 'pm_' || n, 'fp_' || n, now() FROM generate_series(1, 18) n"));
  testing::Rival other(superuser_dsn());
  other.run(text("SELECT saved_method_add(gen_random_uuid(), '", customer,
                 "', 'stripe', 'cus_sim_1', 'pm_20', 'visa', '4242', 1, 2034, 'fp_20', 'US', false, 20, now())"));
  const auto saved = other.beside(runtime(), save("pm_card_threeDSecure2Required"));
  EXPECT_EQ(count("payment_method WHERE removed_at IS NULL"), "20");
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().reason(), "METHOD_LIMIT");
}

TEST_F(CardGuards, ACardThatIsDeletedJustNowIsMadeNoDefault) {
  const auto [first, second] = two_cards();
  testing::Rival other(superuser_dsn());
  other.run(text("SELECT saved_method_remove('", second, "', '", customer, "', now())"));
  const auto answer = other.beside(runtime(), make_default(second));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason(), "METHOD_NOT_FOUND");
  EXPECT_EQ(value("SELECT id FROM payment_method WHERE is_default"), first.to_string());
}

TEST_F(CardGuards, ADefaultThatWasMadeJustNowPassesOnWhenItsCardIsDeleted) {
  const auto [first, second] = two_cards();
  testing::Rival other(superuser_dsn());
  other.run(text("SELECT saved_method_default('", second, "', '", customer, "')"));
  ASSERT_TRUE(other.beside(runtime(), remove(second)));
  EXPECT_EQ(value("SELECT coalesce(string_agg(id::text, ' '), 'none') FROM payment_method WHERE is_default"), first.to_string());
}

TEST_F(CardGuards, ADeletedCardThatAnotherProcessGivesBackIsPassedOver) {
  ASSERT_TRUE(run(remove(two_cards().second)));
  testing::Rival other(superuser_dsn());
  other.run("SELECT FROM payment_method FOR NO KEY UPDATE");
  ASSERT_TRUE(other.beside(runtime(), methods->detach_due(by("payment"))));
  EXPECT_EQ(provider.cards().attached(), 2u);
  ASSERT_TRUE(run(methods->detach_due(by("payment"))));
  EXPECT_EQ(provider.cards().attached(), 1u);
}

TEST_F(CardGuards, ACustomerHasACardATokenAndADefaultOnce) {
  (void)two_cards();
  const std::string copy = "INSERT INTO payment_method SELECT (jsonb_populate_record(m, jsonb_build_object('id', gen_random_uuid()";
  const std::string of = "))).* FROM payment_method m WHERE m.is_default";
  expect_refused(copy + ", 'token', 'pm_other', 'is_default', false" + of, "payment_method_once");
  expect_refused(copy + ", 'fingerprint', 'fp_other', 'is_default', false" + of, "payment_method_customer_id_token_key");
  expect_refused("UPDATE payment_method SET is_default = true", "payment_method_one_default");
  expect_refused("UPDATE payment_method SET removed_at = now() WHERE is_default", "payment_method_default_is_there");
  expect_refused("INSERT INTO card_owner SELECT customer_id, provider, 'cus_other' FROM card_owner", "card_owner_pkey");
}

TEST_F(CardGuards, NobodyEntersACardForSomebodyElse) {
  CallContext stranger = by_customer();
  stranger.principal.id = Uuid::v7(clock.now(), random);
  v1::SetUpMethodRequest setup;
  setup.customer_id = customer;
  const auto begun = run(methods->set_up_method(stranger, setup));
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().reason(), "CUSTOMER_NOT_FOUND");
  v1::SaveMethodRequest request;
  request.customer_id = customer;
  request.provider_token = "pm_card_visa";
  const auto saved = run(methods->save_method(stranger, request));
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().reason(), "CUSTOMER_NOT_FOUND");
  EXPECT_EQ(count("payment_method"), "0");
  EXPECT_EQ(provider.cards().customers(), 0u);
}

struct ListGuards : DeskGuards {
  static v1::AddFraudEntryRequest entry(std::string value) {
    v1::AddFraudEntryRequest request;
    request.kind = v1::FraudKind::device;
    request.value = std::move(value);
    request.reason = "chargebacks in March";
    return request;
  }
  Uuid added(std::string value) { return run(lists().add_fraud_entry(staff(value), entry(value)))->entry.id; }
  Task<Result<v1::FraudEntry>> remove(Uuid id) {
    v1::RemoveFraudEntryRequest request;
    request.id = id;
    request.reason = "ours";
    return lists().remove_fraud_entry(staff(), request);
  }
};

TEST_F(ListGuards, AValueThatIsListedJustNowIsAnsweredByThatEntry) {
  const Uuid model = added("a device");
  testing::Rival other(superuser_dsn());
  other.run("UPDATE fraud_entry SET removed_at = now(), removed_by = added_by, removal_reason = 'x'");
  other.run("SELECT fraud_entry_add(gen_random_uuid(), kind, digest, NULL, shown, 'theirs', NULL, added_by, now()) FROM fraud_entry");
  const auto answer = other.beside(runtime(), lists().add_fraud_entry(staff("again"), entry("a device")));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->status_code, 200);
  EXPECT_EQ(answer->entry.reason, "theirs");
  EXPECT_NE(answer->entry.id, model);
}

TEST_F(ListGuards, OfTwoWhoRemoveAnEntryTheFirstOneDecides) {
  const Uuid id = added("a device");
  testing::Rival other(superuser_dsn());
  other.run(text("SELECT fraud_entry_remove('", id, "', 'theirs', gen_random_uuid(), now())"));
  const auto answer = other.beside(runtime(), remove(id));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->removal_reason, "theirs");
  EXPECT_EQ(count("fraud_change WHERE what = 'entry_removed'"), "1");
}

TEST_F(ListGuards, ChangesAreNumberedOneAfterAnother) {
  const Uuid first = added("a device");
  const Uuid second = added("another device");
  testing::Rival other(superuser_dsn());
  other.run(text("SELECT fraud_entry_remove('", first, "', 'theirs', gen_random_uuid(), now())"));
  const auto answer = other.beside(runtime(), remove(second));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(value("SELECT string_agg(version::text, ' ' ORDER BY version) FROM fraud_change"), "1 2 3 4");
}

TEST_F(ListGuards, RulesThatFollowJustNowRefuseOurs) {
  testing::Rival other(superuser_dsn());
  other.run("SELECT fraud_rules_put(1, '{}', 'theirs', gen_random_uuid(), now())");
  v1::PutFraudRulesRequest request;
  request.version = 1;
  request.reason = "ours";
  const auto answer = other.beside(runtime(), lists().put_fraud_rules(staff(), request));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason(), "VERSION_CONFLICT");
}

TEST_F(ListGuards, AValueANumberAndAVersionAreThereOnce) {
  (void)added("a device");
  ASSERT_TRUE(list(v1::FraudKind::ip, "203.0.113.0/24"));
  const std::string copy =
      "INSERT INTO fraud_entry SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid()))).* FROM fraud_entry e WHERE e.kind = ";
  expect_refused(copy + "'device'", "fraud_entry_once");
  expect_refused(copy + "'ip'", "fraud_network_once");
  expect_refused("INSERT INTO fraud_change SELECT * FROM fraud_change WHERE version = 1", "fraud_change_pkey");
  expect_refused("INSERT INTO fraud_rules SELECT * FROM fraud_rules", "fraud_rules_pkey");
}

struct SettingsGuards : DeskGuards {
  PaymentSettingsStore settings{database(), clock};
};

TEST_F(SettingsGuards, SettingsThatFollowJustNowRefuseOurs) {
  testing::Rival other(superuser_dsn());
  other.run("SELECT payment_settings_put(1, '[]', 'theirs', gen_random_uuid(), now())");
  v1::PutPaymentSettingsRequest request;
  request.version = 1;
  request.reason = "ours";
  const auto answer = other.beside(runtime(), settings.put_payment_settings(staff(), request));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason(), "VERSION_CONFLICT");
}

TEST_F(SettingsGuards, AVersionIsThereOnceAndStays) {
  expect_refused("INSERT INTO payment_settings SELECT * FROM payment_settings", "payment_settings_pkey");
  expect_refused("UPDATE payment_settings SET reason = 'another'", "append");
}

}  // namespace
}  // namespace emporion::payment
