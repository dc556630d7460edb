#include <gmock/gmock.h>

#include "kernel/base/text.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "kernel/testing/rival.hpp"
#include "modules/platform/gateway/adapters/rpc/keys_service.hpp"

namespace emporion::gateway {

std::span<const postgres::Migration> migrations();

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct KeysPgTest : testing::PostgresTest {
  KeysPgTest() : PostgresTest("gateway", migrations()) {
    EXPECT_TRUE(run(service.put_rate_plan(staff(), {.plan = "partner", .per_minute = 600, .burst = 50})).has_value());
  }
  CallContext staff(std::string key = "k") {
    CallContext out = context();
    out.principal =
        Principal{.realm = Realm::staff, .id = Uuid::from_name("olga"), .session = {}, .service = {}, .permissions = {"gateway.*", "catalog.product.read"}};
    out.idempotency_key = std::move(key);
    return out;
  }
  static v1::CreateApiKeyRequest a_request() { return {.owner = "Partner Ltd", .scopes = {"catalog.product.read"}, .plan = "partner", .expires_at = {}}; }
  v1::ApiKeyWithSecret create(const std::string& idempotency_key = "k") {
    auto made = run(service.create_api_key(staff(idempotency_key), a_request()));
    EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().to_string());
    return made ? *made : v1::ApiKeyWithSecret{};
  }
  bool lets_in(const std::string& secret) { return keys.check(secret).has_value(); }

  SystemClock clock;
  SystemRandom random;
  ApiKeys keys{clock};
  RateLimits limits{{}, clock};
  KeyStore store{database()};
  KeysService service{keys, limits, store, clock, random};
};

TEST_F(KeysPgTest, ASecretIsShownOnceAndOnlyItsDigestIsKept) {
  const auto made = create();
  ASSERT_TRUE(made.secret.has_value());
  EXPECT_TRUE(lets_in(*made.secret));
  const auto principal = principal_of(**keys.check(*made.secret));
  EXPECT_EQ(principal.id, made.key.id);
  EXPECT_TRUE(principal.may("catalog.product.read"));
  EXPECT_FALSE(principal.may("gateway.api_key.write"));
  // A repeat is the same key, without the secret
  const auto again = create();
  EXPECT_EQ(again.key.id, made.key.id);
  EXPECT_EQ(again.secret, std::nullopt);
  EXPECT_EQ(value("SELECT count(*) FROM api_key"), "1");
  // And nowhere in the database is it
  const std::string secret_part = made.secret->substr(made.secret->rfind('_') + 1);
  for (const std::string table : {"api_key", "gateway_change", "outbox", "idempotency"}) {
    EXPECT_THAT(value(text("SELECT coalesce(string_agg(t::text, ' '), '') FROM ", table, " t")), Not(HasSubstr(secret_part))) << table;
  }
  EXPECT_EQ(value("SELECT string_agg(topic, ',') FROM outbox"), "gateway.api_key.created");
}

TEST_F(KeysPgTest, TwiceAtOnceIsOneKeyAndOneSecret) {
  std::vector<Task<Result<v1::ApiKeyWithSecret>>> twice;
  for (int i = 0; i < 2; ++i) twice.push_back(service.create_api_key(staff(), a_request()));
  int secrets = 0;
  for (const auto& one : run(when_all(std::move(twice)))) {
    if (one) {
      secrets += one->secret.has_value() ? 1 : 0;
    } else {
      EXPECT_EQ(one.error().reason(), "REQUEST_IN_PROGRESS");
    }
  }
  EXPECT_EQ(secrets, 1);
  EXPECT_EQ(value("SELECT count(*) FROM api_key"), "1");
}

TEST_F(KeysPgTest, AfterARotationTheOldSecretIsGoodForADay) {
  const auto made = create();
  std::vector<Task<Result<v1::ApiKeyWithSecret>>> twice;
  for (int i = 0; i < 2; ++i) twice.push_back(service.rotate_api_key(staff("rotate"), {.id = made.key.id}));
  std::string second;
  for (const auto& one : run(when_all(std::move(twice)))) {
    if (one && one->secret) second = *one->secret;
  }
  ASSERT_NE(second, "");
  EXPECT_EQ(value("SELECT version FROM api_key"), "2") << "sent twice at once it is one rotation";
  EXPECT_TRUE(lets_in(second));
  EXPECT_TRUE(lets_in(*made.secret));
  (void)sql("UPDATE api_key SET previous_until = previous_until - interval '24 hours'");
  ASSERT_TRUE(run(service.reload()).has_value());
  EXPECT_TRUE(lets_in(second));
  EXPECT_FALSE(lets_in(*made.secret));
}

TEST_F(KeysPgTest, WhatIsRevokedExpiredOrForgedLetsNobodyIn) {
  const auto made = create();
  std::string forged = *made.secret;
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  for (const std::string& wrong : {forged, std::string("emp_"), std::string(), "emp_" + made.key.prefix, *made.secret + "A"})
    EXPECT_FALSE(lets_in(wrong)) << wrong;
  (void)sql("UPDATE api_key SET expires_at = now() + interval '1 hour'");
  ASSERT_TRUE(run(service.reload()).has_value());
  EXPECT_TRUE(lets_in(*made.secret));
  (void)sql("UPDATE api_key SET expires_at = now() - interval '1 second'");
  ASSERT_TRUE(run(service.reload()).has_value());
  EXPECT_FALSE(lets_in(*made.secret));
  (void)sql("UPDATE api_key SET expires_at = NULL");
  std::vector<Task<Result<v1::ApiKey>>> twice;
  for (int i = 0; i < 2; ++i) twice.push_back(service.revoke_api_key(staff(), {.id = made.key.id}));
  for (const auto& one : run(when_all(std::move(twice)))) {
    ASSERT_TRUE(one.has_value()) << one.error().to_string();
    EXPECT_EQ(one->status, v1::ApiKeyStatus::revoked);
  }
  EXPECT_FALSE(lets_in(*made.secret));
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'gateway.api_key.revoked'"), "1");
  EXPECT_EQ(run(service.rotate_api_key(staff("r"), {.id = made.key.id})).error().reason(), "API_KEY_REVOKED");
  EXPECT_EQ(run(service.revoke_api_key(staff(), {.id = Uuid::from_name("none")})).error().reason(), "API_KEY_NOT_FOUND");
}

TEST_F(KeysPgTest, AKeyHasNoMoreThanWhoMakesItAndAPlanThatExists) {
  const auto refused = [&](v1::CreateApiKeyRequest request) { return run(service.create_api_key(staff("x"), std::move(request))).error().reason(); };
  auto request = a_request();
  request.scopes = {"catalog.product.read", "payment.refund.create"};
  EXPECT_EQ(refused(request), "SCOPE_NOT_HELD");
  request = a_request();
  request.plan = "none";
  EXPECT_EQ(refused(request), "PLAN_NOT_FOUND");
  request = a_request();
  request.plan = "guest";
  EXPECT_EQ(refused(request), "KEY_INVALID");
  request = a_request();
  request.expires_at = clock.now() - seconds(1);
  EXPECT_EQ(refused(request), "KEY_INVALID");
  EXPECT_EQ(value("SELECT count(*) FROM api_key"), "0");
}

TEST_F(KeysPgTest, APlanGoesBeforeTheSettings) {
  EXPECT_EQ(run(service.get_rate_plan(staff(), {.plan = "guest"}))->per_minute, 100);
  EXPECT_EQ(run(service.get_rate_plan(staff(), {.plan = "none"})).error().reason(), "PLAN_NOT_FOUND");
  std::vector<Task<Result<v1::RatePlan>>> twice;
  for (int i = 0; i < 2; ++i) twice.push_back(service.put_rate_plan(staff(), {.plan = "guest", .per_minute = 30, .burst = 2}));
  for (const auto& one : run(when_all(std::move(twice)))) EXPECT_TRUE(one.has_value());
  EXPECT_EQ(value("SELECT count(*) FROM gateway_change WHERE subject = 'guest'"), "1");
  EXPECT_TRUE(limits.take("guest", "a").has_value());
  EXPECT_TRUE(limits.take("guest", "a").has_value());
  EXPECT_FALSE(limits.take("guest", "a").has_value());
  EXPECT_EQ(limits.plan_of("key:partner").per_minute, 600);
  EXPECT_EQ(run(service.put_rate_plan(staff(), {.plan = "No Name", .per_minute = 1, .burst = 1})).error().reason(), "PLAN_INVALID");
}

TEST_F(KeysPgTest, TheDayOfItsLastUseIsKnown) {
  const auto made = create();
  EXPECT_EQ(value("SELECT last_used_on FROM api_key"), "null");
  ASSERT_TRUE(lets_in(*made.secret));
  ASSERT_TRUE(run(service.reload()).has_value());
  EXPECT_EQ(value("SELECT last_used_on = current_date FROM api_key"), "t");
}

TEST_F(KeysPgTest, AKeyThatIsRevokedJustNowIsNotRotated) {
  const auto made = create();
  testing::Rival other(superuser_dsn());
  other.run("UPDATE api_key SET is_revoked = true, version = version + 1");
  const auto refused = other.beside(runtime(), service.rotate_api_key(staff("rotate"), {.id = made.key.id}));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason(), "API_KEY_REVOKED");
  EXPECT_EQ(value("SELECT previous_sha256 IS NULL FROM api_key"), "t");
}

TEST_F(KeysPgTest, APrefixIsOfOneKey) {
  (void)create();
  auto connection = postgres::BlockingConnection::open(superuser_dsn());
  const auto second = connection->run(
      "INSERT INTO api_key (id, prefix, secret_sha256, owner, scopes, plan) SELECT gen_random_uuid(), prefix, secret_sha256, owner, scopes, plan FROM api_key");
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().to_string(), HasSubstr("api_key_prefix_key"));
}

}  // namespace
}  // namespace emporion::gateway
