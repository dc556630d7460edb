#include "contracts/commerce/payment/v1/methods_api_binding.hpp"
#include "modules/commerce/payment/adapters/postgres/saved_methods.hpp"
#include "modules/commerce/payment/adapters/stripe/stripe_cards.hpp"
#include "modules/commerce/payment/testing/payment_fixture.hpp"

namespace emporion::payment {
namespace {

using S = v1::PaymentStatus;
using simulators::Fault;

struct SavedMethodsTest : PaymentTest {
  SavedMethodsTest() {
    stripe::StripeOptions options;
    options.enabled = true;
    options.base_url = provider.url();
    options.secret_key = simulators::StripeSimulatorOptions{}.secret_key;
    options.timeout = seconds(1);
    vault = std::make_unique<stripe::StripeCards>(runtime(), options);
    methods = std::make_unique<SavedMethods>(database(), *vault, "pk_test_shop", clock, random);
    service_options.saved_cards = methods.get();
    service_options.risk.saved_cards = methods.get();
    service_options.risk.cards = vault.get();
  }

  CallContext by_customer(Uuid id, std::string key = "key") {
    CallContext out = by("gateway", std::move(key));
    out.principal = Principal{.realm = Realm::customer, .id = id};
    return out;
  }
  Result<v1::SaveMethodResponse> save(Uuid id, std::string token, bool is_default = false) {
    v1::SaveMethodRequest request;
    request.customer_id = id;
    request.provider_token = std::move(token);
    if (is_default) request.is_default = true;
    return run(methods->save_method(by_customer(id), request));
  }
  std::vector<v1::SavedMethod> saved(Uuid id) {
    v1::ListSavedMethodsRequest request;
    request.customer_id = id;
    return run(methods->list_saved_methods(by_customer(id), request))->methods;
  }
  Result<v1::DeleteSavedMethodResponse> remove(Uuid customer_id, Uuid id) {
    v1::DeleteSavedMethodRequest request;
    request.id = id;
    return run(methods->delete_saved_method(by_customer(customer_id), request));
  }

  const Uuid customer = Uuid::v7(clock.now(), random);
  std::unique_ptr<stripe::StripeCards> vault;
  std::unique_ptr<SavedMethods> methods;
};

TEST_F(SavedMethodsTest, AreEnteredOnTheProvidersPageAndSavedByItsToken) {
  v1::SetUpMethodRequest request;
  request.customer_id = customer;
  const auto setup = run(methods->set_up_method(by_customer(customer, "setup"), request));
  ASSERT_TRUE(setup) << setup.error().to_string();
  EXPECT_EQ(setup->publishable_key, "pk_test_shop");
  EXPECT_EQ(run(methods->set_up_method(by_customer(customer, "setup"), request)).value(), setup.value());  // One key, one setup.
  EXPECT_EQ(provider.cards().customers(), 1u);
  const auto token = provider.cards().finish_setup(setup->setup_reference, "pm_card_visa");
  const auto card = save(customer, token);
  ASSERT_TRUE(card) << card.error().to_string();
  EXPECT_EQ(card->status_code, 201);
  EXPECT_EQ(card->method.brand, "visa");
  EXPECT_EQ(card->method.last4, "4242");
  EXPECT_EQ(card->method.exp_year, 2034);
  EXPECT_TRUE(card->method.is_default);
  const auto again = save(customer, token);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->status_code, 200);
  EXPECT_EQ(again->method, card->method);
  EXPECT_EQ(saved(customer).size(), 1u);
}

TEST_F(SavedMethodsTest, SavedTwiceAtOnceAreOne) {
  (void)save(customer, "pm_card_threeDSecure2Required");
  v1::SaveMethodRequest request;
  request.customer_id = customer;
  request.provider_token = "pm_card_visa";
  std::vector<Task<Result<v1::SaveMethodResponse>>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(methods->save_method(by_customer(customer, text("key-", i)), request));
  int made = 0;
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    made += answer->status_code == 201;
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(saved(customer).size(), 2u);
  EXPECT_EQ(count("payment_method WHERE is_default"), "1");
  EXPECT_EQ(count("card_owner"), "1");
  // The same card under ten tokens: nine go back to the provider.
  ASSERT_TRUE(run(methods->detach_due(by("payment"))));
  EXPECT_EQ(provider.cards().attached(), 2u);
}

TEST_F(SavedMethodsTest, WithATokenThatIsNoneAreRefused) {
  for (const char* token : {"pm_nobody", "pm_card_chargeDeclined", "../customers", "tok en"}) {
    const auto refused = save(customer, token);
    ASSERT_FALSE(refused) << token;
    EXPECT_EQ(refused.error().reason(), "TOKEN_INVALID") << token;
    EXPECT_EQ(refused.error().kind(), ErrorKind::rule_violated);
  }
  provider.misbehave("attach_card", Fault::error_500);
  EXPECT_EQ(save(customer, "pm_card_visa").error().reason(), "PROVIDER_UNAVAILABLE");
  EXPECT_EQ(count("payment_method"), "0");
}

TEST_F(SavedMethodsTest, HaveOneDefaultWhichPassesOn) {
  const Uuid first = save(customer, "pm_card_visa")->method.id;
  const Uuid second = save(customer, "pm_card_threeDSecure2Required")->method.id;
  EXPECT_EQ(saved(customer)[0].id, first);
  v1::UpdateSavedMethodRequest request;
  request.id = second;
  request.is_default = true;
  EXPECT_TRUE(run(methods->update_saved_method(by_customer(customer), request))->is_default);
  EXPECT_TRUE(run(methods->update_saved_method(by_customer(customer), request))->is_default);
  EXPECT_EQ(saved(customer)[0].id, second);
  EXPECT_EQ(count("payment_method WHERE is_default"), "1");
  ASSERT_TRUE(remove(customer, second));
  EXPECT_EQ(saved(customer)[0].id, first);
  EXPECT_TRUE(saved(customer)[0].is_default);
  request.is_default = false;
  EXPECT_EQ(run(methods->update_saved_method(by_customer(customer), request)).error().kind(), ErrorKind::invalid_argument);
}

TEST_F(SavedMethodsTest, OfSomebodyElseAreNotThere) {
  const Uuid stranger = Uuid::v7(clock.now(), random);
  const Uuid id = save(customer, "pm_card_visa")->method.id;
  v1::ListSavedMethodsRequest list;
  list.customer_id = customer;
  EXPECT_EQ(run(methods->list_saved_methods(by_customer(stranger), list)).error().reason(), "CUSTOMER_NOT_FOUND");
  v1::UpdateSavedMethodRequest update;
  update.id = id;
  update.is_default = true;
  EXPECT_EQ(run(methods->update_saved_method(by_customer(stranger), update)).error().reason(), "METHOD_NOT_FOUND");
  EXPECT_EQ(remove(stranger, id).error().reason(), "METHOD_NOT_FOUND");
  EXPECT_EQ(saved(customer).size(), 1u);
  // Staff look and do no more.
  v1::LocalMethodsApi api(*methods, clock);
  CallContext support = by_customer(stranger);
  support.principal = Principal{.realm = Realm::staff, .id = stranger, .permissions = {"payment.method.read"}};
  EXPECT_EQ(run(api.list_saved_methods(support, list))->methods.size(), 1u);
  v1::DeleteSavedMethodRequest removal;
  removal.id = id;
  EXPECT_EQ(run(api.delete_saved_method(support, removal)).error().kind(), ErrorKind::permission_denied);
}

TEST_F(SavedMethodsTest, ThatAreDeletedAreForgottenByTheProviderTooInTheEnd) {
  const Uuid id = save(customer, "pm_card_visa")->method.id;
  EXPECT_EQ(provider.cards().attached(), 1u);
  ASSERT_TRUE(remove(customer, id));
  ASSERT_TRUE(remove(customer, id));  // A repeat.
  EXPECT_EQ(saved(customer).size(), 0u);
  provider.misbehave("detach_card", Fault::error_500);
  ASSERT_TRUE(run(methods->detach_due(by("payment"))));
  EXPECT_EQ(provider.cards().attached(), 1u);
  clock.move(minutes(1));
  ASSERT_TRUE(run(methods->detach_due(by("payment"))));
  EXPECT_EQ(provider.cards().attached(), 0u);
  EXPECT_EQ(count("payment_method WHERE next_run_at IS NOT NULL"), "0");
}

TEST_F(SavedMethodsTest, PayForTheirOwnerOnly) {
  const Uuid id = save(customer, "pm_card_visa")->method.id;
  auto payment = a_payment(id.to_string());
  payment.customer_id = customer;
  EXPECT_EQ(create(payment)->payment.status, S::authorized);
  EXPECT_EQ(create(payment)->status_code, 200);  // A repeat is the same payment.
  EXPECT_EQ(provider.ledger().intents(), 1u);
  auto stolen = a_payment(id.to_string());
  stolen.customer_id = Uuid::v7(clock.now(), random);
  EXPECT_EQ(create(stolen).error().reason(), "TOKEN_INVALID");
  stolen.customer_id.reset();
  EXPECT_EQ(create(stolen).error().reason(), "TOKEN_INVALID");
  ASSERT_TRUE(remove(customer, id));
  auto late = a_payment(id.to_string());
  late.customer_id = customer;
  EXPECT_EQ(create(late).error().reason(), "TOKEN_INVALID");
  EXPECT_EQ(count("payment"), "1");
}

TEST_F(SavedMethodsTest, TellRiskWhatIsKnownOfThemWithoutAskingAnybody) {
  const Uuid id = save(customer, "pm_card_visa")->method.id;  // Attached in the US.
  v1::AssessRiskRequest request;
  request.saga_id = Uuid::v7(clock.now(), random);
  request.customer_id = customer;
  request.amount = Money(253'000, Currency::of("VND"));
  request.method = v1::PaymentMethod::card;
  request.distinct_skus = 1;
  request.facts.billing_country = "VN";
  request.provider_token = id.to_string();
  const int asked = provider.calls("get_card");
  const auto assessed = run(module().service.assess_risk(by("checkout", "saved"), request));
  ASSERT_TRUE(assessed);
  EXPECT_EQ(assessed->score, 25);  // No address, and a card from elsewhere.
  EXPECT_EQ(provider.calls("get_card"), asked);
  // A token of the browser is asked for; one that the provider does not know is no reason to stop.
  request.provider_token = "pm_card_visa";
  EXPECT_EQ(run(module().service.assess_risk(by("checkout", "token"), request))->score, 10);
  EXPECT_EQ(provider.calls("get_card"), asked + 1);
  request.provider_token = "pm_nobody";
  EXPECT_EQ(run(module().service.assess_risk(by("checkout", "nobody"), request))->score, 10);
}

TEST_F(SavedMethodsTest, AreAtMostTwenty) {
  (void)save(customer, "pm_card_visa");
  sql(text("INSERT INTO payment_method (id, customer_id, provider, owner, token, fingerprint, created_at) SELECT gen_random_uuid(), '", customer,
           "', 'stripe', 'cus_sim_1', 'pm_' || n, 'fp_' || n, now() FROM generate_series(1, 19) n"));
  const auto refused = save(customer, "pm_card_threeDSecure2Required");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "METHOD_LIMIT");
}

}  // namespace
}  // namespace emporion::payment
