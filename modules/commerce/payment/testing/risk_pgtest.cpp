#include <chrono>
#include <filesystem>

#include "kernel/testing/mmdb_writer.hpp"
#include "modules/commerce/payment/adapters/geoip_origins.hpp"
#include "modules/commerce/payment/testing/risk_fixture.hpp"

namespace emporion::payment {
namespace {

using D = v1::RiskDecision;
using S = v1::PaymentStatus;

struct Risk : RiskTest {};

TEST_F(Risk, OfAnOrdinaryPurchaseIsNothing) {
  const auto request = a_purchase();
  const auto assessed = assess(request);
  EXPECT_EQ(assessed.score, 0) << signals(assessed);
  EXPECT_EQ(assessed.decision, D::allow);
  EXPECT_EQ(assessed.rules_version, 1);
  EXPECT_EQ(value("SELECT score || ' ' || decision || ' ' || rules_version || ' ' || list_version || ' ' || ip_country FROM risk_assessment"),
            "0 allow 1 0 VN");
  EXPECT_EQ(value("SELECT order_id::text FROM risk_assessment"), request.order_id->to_string());
  EXPECT_EQ(count("outbox"), "0");
}

TEST_F(Risk, IsScoredOncePerKeyAlsoAtOnce) {
  auto request = a_purchase(40'000'000);
  request.distinct_skus = 21;
  request.facts.addresses_differ = true;
  request.method = v1::PaymentMethod::cod;
  std::vector<Task<Result<v1::RiskAssessment>>> tasks;
  for (int i = 0; i < 20; ++i) tasks.push_back(module().service.assess_risk(by("checkout", "one"), request));
  const auto answers = run(when_all(std::move(tasks)));
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->id, answers[0]->id);
    EXPECT_EQ(answer->decision, D::review);
  }
  EXPECT_EQ(count("risk_assessment"), "1");
  EXPECT_EQ(value("SELECT string_agg(topic, ' ') FROM outbox"), "payment.risk.flagged");
  EXPECT_EQ(value("SELECT data::jsonb ->> 'order_id' FROM outbox"), request.order_id->to_string());
  EXPECT_EQ(value("SELECT data::jsonb ->> 'decision' FROM outbox"), "review");
}

TEST_F(Risk, RisesWithTheEleventhPaymentOfADay) {
  const auto first = a_purchase();
  auto request = first;
  for (int i = 1; i <= 11; ++i) {
    request.saga_id = Uuid::v7(clock.now(), random);
    request.facts.ip_address = text("203.0.113.", i);  // Another each time, so that only the customer repeats.
    origins.origins[*request.facts.ip_address] = AddressOrigin{.country = "VN"};
    const auto assessed = assess(request);
    EXPECT_EQ(signals(assessed), i <= 10 ? "" : "payments_per_day 25") << i;
  }
  clock.move(hours(25));
  request.saga_id = Uuid::v7(clock.now(), random);
  EXPECT_EQ(assess(request).score, 0);
}

TEST_F(Risk, RisesWithTheSixthOrderOfAnHourFromOneAddressOrDevice) {
  for (int i = 1; i <= 6; ++i) EXPECT_EQ(signals(assess(a_purchase())), i <= 5 ? "" : "orders_per_hour 20") << i;
  // Six at once are seen as six, although none of them is stored yet.
  std::vector<Task<Result<v1::RiskAssessment>>> tasks;
  for (int i = 0; i < 6; ++i) {
    auto request = a_purchase();
    request.facts.ip_address.reset();
    request.facts.device_id = "one device";
    tasks.push_back(module().service.assess_risk(by("checkout", text("device-", i)), request));
  }
  int flagged = 0;
  for (const auto& answer : run(when_all(std::move(tasks)))) flagged += signals(*answer).starts_with("orders_per_hour");
  EXPECT_EQ(flagged, 1);
  clock.move(minutes(61));
  EXPECT_EQ(assess(a_purchase()).score, 0);
}

TEST_F(Risk, DoesNotCountOrdersBehindAnAddressThatManyShare) {
  ASSERT_TRUE(list(v1::FraudKind::shared_ip, "203.0.113.0/28"));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(assess(a_purchase()).score, 0);
  service_options.risk.shared_addresses = {"198.51.100.1"};
  origins.origins["198.51.100.1"] = AddressOrigin{.country = "VN"};
  restart();
  for (int i = 0; i < 8; ++i) {
    auto request = a_purchase();
    request.facts.ip_address = "198.51.100.1";
    EXPECT_EQ(assess(request).score, 0);
  }
}

TEST_F(Risk, RisesAfterThreeDeclinesOfAnHour) {
  cards.cards["pm_card_chargeDeclined"] = CardOnFile{.fingerprint = "fp_declined", .country = "VN"};
  auto request = a_purchase();
  request.provider_token = "pm_card_chargeDeclined";
  request.facts.device_id = "device-1";
  const auto assessed = assess(request);
  for (int attempt = 1; attempt <= 3; ++attempt) {
    EXPECT_EQ(value("SELECT declines FROM risk_assessment"), std::to_string(attempt - 1));
    auto payment = a_payment("pm_card_chargeDeclined");
    payment.assessment_id = assessed.id;
    EXPECT_EQ(create(payment)->payment.status, S::failed);
  }
  const auto again = [&](auto change) {
    auto other = a_purchase();
    other.facts.ip_address = "203.0.113.99";
    origins.origins["203.0.113.99"] = AddressOrigin{.country = "VN"};
    change(other);
    return signals(assess(other));
  };
  EXPECT_EQ(again([](auto&) {}), "");
  EXPECT_EQ(again([&](auto& r) { r.customer_id = request.customer_id; }), "declines_per_hour 30");
  EXPECT_EQ(again([&](auto& r) { r.facts.device_id = "device-1"; }), "declines_per_hour 30");
  EXPECT_EQ(again([&](auto& r) { r.facts.ip_address = "203.0.113.7"; }), "declines_per_hour 30");
  EXPECT_EQ(again([&](auto& r) { r.provider_token = "pm_card_chargeDeclined"; }), "declines_per_hour 30");
  clock.move(minutes(61));
  EXPECT_EQ(again([&](auto& r) { r.customer_id = request.customer_id; }), "");
}

TEST_F(Risk, RisesWithACardOfFourAccountsAndWithACardFromElsewhere) {
  cards.cards["pm_one"] = CardOnFile{.fingerprint = "fp_one", .country = "VN"};
  cards.cards["pm_abroad"] = CardOnFile{.fingerprint = "fp_abroad", .country = "BR"};
  for (int i = 1; i <= 4; ++i) {
    auto request = a_purchase();
    request.provider_token = "pm_one";
    EXPECT_EQ(signals(assess(request)), i <= 3 ? "" : "card_of_many_accounts 30") << i;
  }
  auto abroad = a_purchase();
  abroad.provider_token = "pm_abroad";
  EXPECT_EQ(signals(assess(abroad)), "card_country 15");
  // Its keeper does not answer: nothing is known, and nothing is held against it.
  auto unknown = a_purchase();
  unknown.facts.ip_address = "203.0.113.8";
  origins.origins["203.0.113.8"] = AddressOrigin{.country = "VN"};
  unknown.provider_token = "pm_unknown";
  EXPECT_EQ(assess(unknown).score, 0);
}

TEST_F(Risk, RisesWithANewAccountThatSpendsMuch) {
  const auto request = a_purchase(20'000'001);
  auth::v1::PrincipalRegistered event;
  event.principal_id = *request.customer_id;
  event.realm = "customer";
  event.source = "register";
  ASSERT_TRUE(hear(&EventHandlers::on_principal_registered, event));
  ASSERT_TRUE(hear(&EventHandlers::on_principal_registered, event));  // Twice is once.
  EXPECT_EQ(count("young_account"), "1");
  sql("UPDATE young_account SET registered_at = now() - interval '23 hours'");
  EXPECT_EQ(signals(assess(request)), "amount_high 20, new_account 15");
  sql("UPDATE young_account SET registered_at = now() - interval '25 hours'");
  auto later = request;
  later.saga_id = Uuid::v7(clock.now(), random);
  EXPECT_EQ(signals(assess(later)), "amount_high 20");
  // An imported account, and staff, are not new.
  for (const auto& [realm, source] : {std::pair{"customer", "import"}, std::pair{"staff", "staff"}}) {
    event.principal_id = Uuid::v7(clock.now(), random);
    event.realm = realm;
    event.source = source;
    ASSERT_TRUE(hear(&EventHandlers::on_principal_registered, event));
  }
  EXPECT_EQ(count("young_account"), "1");
}

TEST_F(Risk, KnowsADisposableAddressAndWhereSomebodyIs) {
  auto request = a_purchase();
  request.customer_id.reset();
  request.facts.email = "x@Mailinator.com";
  origins.origins["203.0.113.7"] = AddressOrigin{.country = "NL", .is_anonymous = true, .is_tor_exit = true};
  const auto assessed = assess(request);
  EXPECT_EQ(signals(assessed), "address_country_billing 15, address_country_shipping 10, tor_exit 35, disposable_email 15");
  EXPECT_EQ(assessed.decision, D::deny);
}

TEST_F(Risk, RefusesWhatIsListedUntilItIsTakenOff) {
  auto request = a_purchase();
  request.facts.phone = "+84 912 345 678";
  request.facts.device_id = "bad-device";
  request.facts.shipping_address = v1::RiskAddress{.country = "VN", .city = "Hanoi", .line1 = "1 Trang Tien", .line2 = {}, .postal_code = {}};
  request.provider_token = "pm_bad";
  cards.cards["pm_bad"] = CardOnFile{.fingerprint = "fp_bad"};
  const auto assessed_now = [&] {
    request.saga_id = Uuid::v7(clock.now(), random);
    clock.move(hours(25));  // Nothing of what was before counts.
    return assess(request);
  };
  EXPECT_EQ(assessed_now().decision, D::allow);
  const std::pair<v1::FraudKind, std::string> values[] = {{v1::FraudKind::email, "  " + ascii_upper(*request.facts.email)},
                                                          {v1::FraudKind::phone, "0084912345678"},
                                                          {v1::FraudKind::ip, "203.0.113.0/29"},
                                                          {v1::FraudKind::device, "bad-device"},
                                                          {v1::FraudKind::card, "fp_bad"}};
  for (const auto& [kind, value] : values) {
    const auto entry = list(kind, value);
    ASSERT_TRUE(entry) << entry.error().to_string();
    const auto assessed = assessed_now();
    EXPECT_EQ(assessed.decision, D::deny) << to_string(kind);
    EXPECT_EQ(signals(assessed), text("listed_", to_string(kind), " 100"));
    v1::RemoveFraudEntryRequest remove;
    remove.id = entry->entry.id;
    remove.reason = "cleared";
    ASSERT_TRUE(run(lists().remove_fraud_entry(staff(), remove)));
    EXPECT_EQ(assessed_now().decision, D::allow);
  }
  v1::AddFraudEntryRequest place;
  place.kind = v1::FraudKind::address;
  place.address = v1::FraudAddress{.country = "vn", .city = "HANOI", .line1 = "1, Trang Tien", .line2 = {}, .postal_code = {}};
  place.reason = "empty house";
  place.expires_at = clock.now() + hours(48);
  ASSERT_TRUE(run(lists().add_fraud_entry(staff("place"), place)));
  EXPECT_EQ(signals(assessed_now()), "listed_address 100");
  clock.move(hours(25));
  EXPECT_EQ(assessed_now().decision, D::allow);  // Its time is over.
}

TEST_F(Risk, RefusesWhoeverCostUsAChargeback) {
  cards.cards["pm_card_visa"] = CardOnFile{.fingerprint = "fp_one", .country = "VN"};
  auto request = a_purchase();
  request.provider_token = "pm_card_visa";
  const auto assessed = assess(request);
  auto payment = a_payment("pm_card_visa");
  payment.assessment_id = assessed.id;
  payment.customer_id = request.customer_id;
  ASSERT_TRUE(create(payment));
  const auto denied_by = [&](auto change) {
    auto other = a_purchase();
    other.facts.ip_address.reset();
    change(other);
    return assess(other).decision == D::deny;
  };
  const auto same_customer = [&](auto& r) { r.customer_id = request.customer_id; };
  EXPECT_FALSE(denied_by(same_customer));
  sql("UPDATE payment SET dispute_state = 'lost'");
  EXPECT_TRUE(denied_by(same_customer));
  EXPECT_TRUE(denied_by([&](auto& r) { r.facts.email = request.facts.email; }));
  EXPECT_TRUE(denied_by([&](auto& r) { r.provider_token = "pm_card_visa"; }));
  EXPECT_FALSE(denied_by([](auto&) {}));
  sql("UPDATE payment SET dispute_state = 'won'");  // The provider reversed its decision.
  EXPECT_FALSE(denied_by(same_customer));
}

TEST_F(Risk, ThatAsksForThreeDSecureReachesTheCardsProvider) {
  origins.origins["203.0.113.7"] = AddressOrigin{.country = "NL", .is_anonymous = true};
  auto request = a_purchase();
  const auto assessed = assess(request);
  EXPECT_EQ(assessed.score, 45);
  EXPECT_EQ(assessed.decision, D::allow);
  EXPECT_TRUE(assessed.force_3ds);
  auto payment = a_payment("pm_card_visa");  // Approved at once, unless 3-D Secure is asked for.
  payment.assessment_id = assessed.id;
  EXPECT_EQ(create(payment)->payment.status, S::requires_action);
  EXPECT_EQ(provider.ledger().of_payment(payment.payment_id.to_string())->status, "requires_action");
}

TEST_F(Risk, OfStaffWhoBuyForACustomerDoesNotCountTheirPace) {
  for (int i = 0; i < 12; ++i) {
    auto request = a_purchase();
    request.acting_staff_id = staff_id;
    EXPECT_EQ(assess(request).score, 0);
  }
}

TEST_F(Risk, IsScoredByANonsenseAddressAsByNone) {
  auto request = a_purchase();
  request.facts.ip_address = "203.0.113.7, 10.0.0.1";
  EXPECT_EQ(signals(assess(request)), "address_signal_unavailable 10");
}

TEST_F(Risk, acceptance_commerce_3_9_15_WithoutGeoIpAnAssessmentWithTenPointsExistsWithinFiftyMilliseconds) {
  const auto folder = std::filesystem::temp_directory_path() / text("risk-", Uuid::v7(clock.now(), random));
  std::filesystem::create_directories(folder);
  const std::string file = (folder / "countries.mmdb").string();
  GeoIpOrigins databases({file}, clock);  // Configured, and not there.
  service_options.risk.origins = &databases;
  (void)assess(a_purchase());  // The first of all prepares its statements.
  // A busy machine holds up some; what waits for the databases holds up each.
  v1::RiskAssessment assessed;
  bool within = false;
  for (int i = 0; i < 20 && !within; ++i) {
    clock.move(hours(2));  // The address has not bought in this hour.
    const auto began = std::chrono::steady_clock::now();
    assessed = assess(a_purchase());
    within = std::chrono::steady_clock::now() - began < milliseconds(50);
  }
  EXPECT_TRUE(within);
  EXPECT_EQ(signals(assessed), "address_signal_unavailable 10");
  EXPECT_EQ(value(text("SELECT score FROM risk_assessment WHERE id = '", assessed.id, "'")), "10");
  // It comes back without a restart, and then it is asked.
  testing::MmdbWriter writer;
  writer.add("203.0.113.0/24", {{"country", {{"iso_code", "VN"}}}, {"traits", {{"is_hosting_provider", true}}}});
  writer.write(file);
  clock.move(minutes(2));
  EXPECT_EQ(signals(assess(a_purchase())), "anonymous_address 20");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace emporion::payment
