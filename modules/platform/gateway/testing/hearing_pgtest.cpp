#include <gmock/gmock.h>

#include "kernel/security/token.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "modules/platform/gateway/adapters/rpc/cache_service.hpp"
#include "modules/platform/gateway/adapters/rpc/hearing.hpp"
#include "modules/platform/gateway/testing/fake_auth.hpp"

namespace emporion::gateway {

std::span<const postgres::Migration> migrations();

namespace {

/// One replica as far as it hears of others.
struct Replica {
  Replica(postgres::Database& database, Calls& calls, const Clock& clock)
      : authenticator(calls, {.issuer = "emporion", .audience = "emporion"}, clock), cache(clock), hearing(authenticator, cache, database) {}
  Authenticator authenticator;
  AnswerCache cache;
  Hearing hearing;
};

struct HearingPgTest : testing::PostgresTest {
  HearingPgTest() : PostgresTest("gateway", migrations()) {
    calls.bind<auth::v1::AuthApi>(auth);
    for (auto* replica : {&here, &there}) {
      EXPECT_TRUE(run(replica->authenticator.reload(context())).has_value());
      EXPECT_TRUE(run(replica->hearing.catch_up()).has_value());
    }
  }
  std::string a_token(Uuid session) {
    security::AccessClaims claims;
    claims.issuer = "emporion";
    claims.audience = {"emporion"};
    claims.subject = claims.token = Uuid::from_name("linh");
    claims.session = session;
    claims.realm = Realm::customer;
    claims.issued_at = claims.not_before = claims.authenticated_at = clock.now();
    claims.expires_at = clock.now() + minutes(15);
    claims.client = "web";
    return *security::issue_access_token(key, claims);
  }
  bool accepts(Replica& replica, const std::string& token) { return run(replica.authenticator.principal_of(context(), token)).has_value(); }
  /// The event comes to one replica, in a unit of work of its consumer.
  template <typename Event>
  void hear(Task<Result<>> (Hearing::*handler)(postgres::UnitOfWork&, messaging::Envelope, Event), Event event) {
    const auto done = run([](postgres::Database& store, CallContext call, Hearing& hearing, auto on, Event what) -> Task<Result<>> {
      EMP_CO_ASSIGN(auto work, co_await store.begin(call));
      EMP_CO_TRY(co_await (hearing.*on)(work, messaging::Envelope{}, std::move(what)));
      co_return co_await work.commit();
    }(database(), context(), here.hearing, handler, std::move(event)));
    ASSERT_TRUE(done.has_value()) << done.error().to_string();
  }
  void keep(Replica& replica, const std::string& path, const std::string& tag) { replica.cache.keep(path, {.body = "{}"}, 300, {tag}); }

  const security::SigningKey key = security::SigningKey::generate();
  std::shared_ptr<FakeAuth> auth = std::make_shared<FakeAuth>(key.public_key());
  Calls calls;
  SystemClock clock;
  Replica here{database(), calls, clock};
  Replica there{database(), calls, clock};
};

TEST_F(HearingPgTest, acceptance_platform_3_6_12_ARevokedSessionsTokenFailsAtEveryReplicaByTheEventOrTheSnapshot) {
  const Uuid session = Uuid::from_name("session");
  const std::string token = a_token(session);
  ASSERT_TRUE(accepts(here, token));
  ASSERT_TRUE(accepts(there, token));
  // By the event: at once where it came, and at the others with their next look, which they have twice a second
  hear(&Hearing::on_session_revoked, auth::v1::SessionRevoked{.session_id = session});
  EXPECT_FALSE(accepts(here, token));
  ASSERT_TRUE(run(there.hearing.catch_up()).has_value());
  EXPECT_FALSE(accepts(there, token));
  // By the snapshot, which is read every 30 s: without any event
  const Uuid unheard = Uuid::from_name("unheard");
  const std::string other = a_token(unheard);
  ASSERT_TRUE(accepts(there, other));
  auth->revoked.push_back(unheard);
  ASSERT_TRUE(run(there.authenticator.reload(context())).has_value());
  EXPECT_FALSE(accepts(there, other));
}

TEST_F(HearingPgTest, WhatAProductsEventMakesStaleIsForgottenAtEveryReplica) {
  const Uuid bowl = Uuid::from_name("bowl");
  for (auto* replica : {&here, &there}) {
    keep(*replica, "/list", "catalog");
    keep(*replica, "/bowl", "product:" + bowl.to_string());
    keep(*replica, "/cup", "product:cup");
  }
  hear(&Hearing::on_product<catalog::v1::ProductUpdated>, catalog::v1::ProductUpdated{.product_id = bowl});
  EXPECT_EQ(here.cache.size(), 1u);
  EXPECT_EQ(there.cache.size(), 3u);
  ASSERT_TRUE(run(there.hearing.catch_up()).has_value());
  EXPECT_EQ(there.cache.size(), 1u);
  // And news are news once: what is kept from then on stays
  keep(there, "/list", "catalog");
  ASSERT_TRUE(run(there.hearing.catch_up()).has_value());
  EXPECT_EQ(there.cache.size(), 2u);
}

TEST_F(HearingPgTest, ALookReadsWhatIsNewAndNotWhatLiesThereYet) {
  sql("INSERT INTO heard SELECT 'tag', 'product:' || n, 0, now() - interval '1 minute' FROM generate_series(1, 5000) n");
  sql("INSERT INTO heard SELECT 'tag', 'catalog', 0, now()");
  sql("ANALYZE heard");
  const auto read = rows_read("heard", std::string(HeardStore::select_recent.sql));
  EXPECT_GE(read, 1);
  EXPECT_LT(read, 10);
}

TEST_F(HearingPgTest, NewKeysAreHeardOfEverywhere) {
  hear(&Hearing::on_keys<auth::v1::KeyRotated>, auth::v1::KeyRotated{});
  EXPECT_TRUE(here.hearing.keys_changed());
  EXPECT_FALSE(here.hearing.keys_changed());
  EXPECT_FALSE(there.hearing.keys_changed());
  ASSERT_TRUE(run(there.hearing.catch_up()).has_value());
  EXPECT_TRUE(there.hearing.keys_changed());
}

TEST_F(HearingPgTest, OperatorsPurgeByPrefixAndByTagEverywhere) {
  CacheService service(here.cache, database());
  CallContext staff = context();
  staff.principal = Principal{.realm = Realm::staff, .id = Uuid::from_name("olga"), .session = {}, .service = {}, .permissions = {"gateway.*"}};
  for (auto* replica : {&here, &there}) {
    keep(*replica, "/a/1", "x");
    keep(*replica, "/b/1", "y");
    keep(*replica, "/c/1", "z");
  }
  EXPECT_EQ(run(service.purge_cache(staff, {})).error().reason(), "PURGE_EMPTY");
  const v1::PurgeCacheRequest wanted{.prefix = "/a/", .tags = {"y"}};
  std::vector<Task<Result<v1::PurgeCacheResponse>>> twice;
  for (int i = 0; i < 2; ++i) twice.push_back(service.purge_cache(staff, wanted));
  for (const auto& one : run(when_all(std::move(twice)))) {
    ASSERT_TRUE(one.has_value()) << one.error().to_string();
    EXPECT_EQ(one->kept, 1);
  }
  ASSERT_TRUE(run(there.hearing.catch_up()).has_value());
  EXPECT_EQ(there.cache.size(), 1u);
  EXPECT_EQ(value("SELECT count(*) FROM gateway_change WHERE action = 'cache.purge'"), "2");
}

}  // namespace
}  // namespace emporion::gateway
