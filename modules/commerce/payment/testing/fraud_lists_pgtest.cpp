#include "contracts/commerce/payment/v1/fraud_api_binding.hpp"
#include "modules/commerce/payment/testing/risk_fixture.hpp"

namespace emporion::payment {
namespace {

struct FraudListsTest : RiskTest {
  v1::FraudRules rules(std::optional<std::int32_t> version = std::nullopt) {
    v1::GetFraudRulesRequest request;
    request.version = version;
    return run(lists().get_fraud_rules(staff(), request)).value();
  }
  Result<v1::FraudRules> put(std::int32_t version, v1::FraudRuleSet set, std::string reason = "season") {
    v1::PutFraudRulesRequest request;
    request.version = version;
    request.rules = std::move(set);
    request.reason = std::move(reason);
    return run(lists().put_fraud_rules(staff(), request));
  }
};

TEST_F(FraudListsTest, KeepNothingThatCouldBeRead) {
  ASSERT_TRUE(list(v1::FraudKind::email, "jane.doe@example.com"));
  ASSERT_TRUE(list(v1::FraudKind::phone, "+84912345678"));
  for (const char* table : {"fraud_entry", "fraud_change", "idempotency"}) {
    EXPECT_EQ(value(text("SELECT count(*) FROM ", table, " t WHERE t::text LIKE '%jane%' OR t::text LIKE '%912345678%'")), "0") << table;
  }
  EXPECT_EQ(value("SELECT string_agg(shown, ' ' ORDER BY shown) FROM fraud_entry"), "j***@example.com …5678");
}

TEST_F(FraudListsTest, KnowAValueOnceHoweverOftenItIsListed) {
  v1::AddFraudEntryRequest request;
  request.kind = v1::FraudKind::email;
  request.value = "jane@example.com";
  request.reason = "chargebacks in March";
  std::vector<Task<Result<v1::AddFraudEntryResponse>>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(lists().add_fraud_entry(staff(text("key-", i)), request));
  int made = 0;
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    made += answer->status_code == 201;
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(count("fraud_entry"), "1");
  EXPECT_EQ(count("fraud_change"), "1");
  // The same key again is the same answer, for another value it is refused.
  const auto first = run(lists().add_fraud_entry(staff("twice"), request));
  EXPECT_EQ(run(lists().add_fraud_entry(staff("twice"), request)).value(), first.value());
  request.value = "john@example.com";
  EXPECT_EQ(run(lists().add_fraud_entry(staff("twice"), request)).error().reason(), "IDEMPOTENCY_KEY_REUSED");
}

TEST_F(FraudListsTest, SayWhoChangedWhatWhenAndWhy) {
  const auto added = list(v1::FraudKind::ip, "203.0.113.0/24");
  ASSERT_TRUE(added);
  EXPECT_EQ(added->entry.added_by, staff_id);
  EXPECT_EQ(added->entry.shown, "203.0.113.0/24");
  v1::RemoveFraudEntryRequest remove;
  remove.id = added->entry.id;
  remove.reason = "a university";
  const auto removed = run(lists().remove_fraud_entry(staff(), remove));
  ASSERT_TRUE(removed) << removed.error().to_string();
  EXPECT_EQ(removed->removal_reason, "a university");
  remove.reason = "once more";
  EXPECT_EQ(run(lists().remove_fraud_entry(staff(), remove)).value(), removed.value());  // The first one decided.
  const auto changes = run(lists().list_fraud_changes(staff(), {}));
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->changes.size(), 2u);
  EXPECT_EQ(changes->changes[0].what, "entry_removed");
  EXPECT_EQ(changes->changes[0].reason, "a university");
  EXPECT_EQ(changes->changes[1].what, "entry_added");
  EXPECT_EQ(changes->changes[1].changed_by, staff_id);
  EXPECT_EQ(changes->changes[1].entry_id, added->entry.id);
  v1::ListFraudEntriesRequest gone;
  gone.removed = true;
  EXPECT_EQ(run(lists().list_fraud_entries(staff(), gone))->entries.size(), 1u);
  EXPECT_EQ(run(lists().list_fraud_entries(staff(), {}))->entries.size(), 0u);
  EXPECT_EQ(run(lists().list_fraud_entries(staff(), {}))->list_version, 2);
  remove.id = Uuid::v7(clock.now(), random);
  EXPECT_EQ(run(lists().remove_fraud_entry(staff(), remove)).error().reason(), "FRAUD_ENTRY_NOT_FOUND");
  EXPECT_FALSE(run(database().query(postgres::Statement{"test.forget", "DELETE FROM fraud_change", postgres::Effect::writes})));
}

TEST_F(FraudListsTest, RefuseWhatIsNoneOfItsKind) {
  const std::pair<v1::FraudKind, const char*> broken[] = {{v1::FraudKind::email, "nobody"},
                                                          {v1::FraudKind::phone, "none"},
                                                          {v1::FraudKind::ip, "here"},
                                                          {v1::FraudKind::shared_ip, "203.0.113.0/99"},
                                                          {v1::FraudKind::address, "1 Main St"}};
  for (const auto& [kind, value] : broken) {
    const auto answer = list(kind, value);
    ASSERT_FALSE(answer) << value;
    EXPECT_EQ(answer.error().reason(), "FRAUD_VALUE_INVALID");
    EXPECT_EQ(answer.error().kind(), ErrorKind::rule_violated);
  }
  EXPECT_EQ(count("fraud_entry"), "0");
}

TEST_F(FraudListsTest, ArePagedNewestFirst) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(list(v1::FraudKind::device, text("device-", i)));
  v1::ListFraudEntriesRequest request;
  request.page_size = 2;
  std::string seen;
  for (int page = 0; page < 3; ++page) {
    const auto answer = run(lists().list_fraud_entries(staff(), request));
    ASSERT_TRUE(answer);
    for (const auto& entry : answer->entries) seen += entry.shown;
    request.page_token = answer->next_page_token;
    EXPECT_EQ(answer->next_page_token.has_value(), page < 2);
  }
  EXPECT_EQ(seen, "…ce-4…ce-3…ce-2…ce-1…ce-0");
}

TEST_F(FraudListsTest, ScoreByTheRulesInForceAndKeepTheirVersion) {
  EXPECT_EQ(rules().version, 1);
  EXPECT_EQ(rules().rules.points.at("amount_high"), 20);
  auto guest = a_purchase(2'500'000);
  guest.customer_id.reset();
  EXPECT_EQ(assess(guest).score, 15);
  v1::FraudRuleSet set;
  set.points["guest_amount"] = 45;
  const auto second = put(1, set);
  ASSERT_TRUE(second) << second.error().to_string();
  EXPECT_EQ(second->version, 2);
  EXPECT_EQ(second->rules.points.at("guest_amount"), 45);
  EXPECT_EQ(second->rules.points.at("amount_high"), 20);
  EXPECT_EQ(second->changed_by, staff_id);
  guest.saga_id = Uuid::v7(clock.now(), random);
  const auto assessed = assess(guest);
  EXPECT_EQ(assessed.score, 45);
  EXPECT_EQ(assessed.rules_version, 2);
  v1::GetAssessmentRequest ask;
  ask.id = assessed.id;
  const auto seen = run(lists().get_assessment(staff(), ask));
  ASSERT_TRUE(seen) << seen.error().to_string();
  EXPECT_EQ(seen->rules_version, 2);
  EXPECT_EQ(seen->list_version, 1);  // The change of the rules.
  EXPECT_EQ(seen->signals.size(), 1u);
  EXPECT_EQ(seen->ip_country, "VN");
  EXPECT_EQ(rules(1).rules.points.at("guest_amount"), 15);  // What was stays.
}

TEST_F(FraudListsTest, ChangeRulesOnceAndOnlyFromTheVersionInForce) {
  v1::FraudRuleSet set;
  set.deny_from = 90;
  const auto first = put(1, set);
  ASSERT_TRUE(first);
  EXPECT_EQ(put(1, set).value(), first.value());  // A repeat.
  EXPECT_EQ(count("fraud_rules"), "2");
  set.deny_from = 80;
  const auto late = put(1, set);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().reason(), "VERSION_CONFLICT");
  EXPECT_EQ(late.error().kind(), ErrorKind::conflict);
  set.points["phase_of_the_moon"] = 5;
  EXPECT_EQ(put(2, set).error().reason(), "FRAUD_RULES_INVALID");
  v1::FraudRuleSet disorder;
  disorder.challenge_from = 95;
  EXPECT_EQ(put(2, disorder).error().reason(), "FRAUD_RULES_INVALID");
  EXPECT_EQ(put(7, {}).error().reason(), "FRAUD_RULES_NOT_FOUND");
  EXPECT_EQ(count("fraud_rules"), "2");
}

TEST_F(FraudListsTest, AreForStaffWithThePermissionOnly) {
  v1::LocalFraudApi api(lists(), clock);
  CallContext support = staff();
  support.principal.permissions = {"payment.fraud.read"};
  v1::AddFraudEntryRequest request;
  request.kind = v1::FraudKind::device;
  request.value = "a device";
  request.reason = "because";
  EXPECT_EQ(run(api.add_fraud_entry(support, request)).error().kind(), ErrorKind::permission_denied);
  CallContext customer = staff();
  customer.principal = Principal{.realm = Realm::customer, .id = staff_id};
  EXPECT_FALSE(run(api.list_fraud_entries(customer, {})));
  EXPECT_TRUE(run(api.list_fraud_entries(support, {})));
  EXPECT_EQ(count("fraud_entry"), "0");
}

}  // namespace
}  // namespace emporion::payment
