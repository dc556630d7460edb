#include "modules/identity/auth/adapters/postgres/account_store.hpp"
#include "modules/identity/auth/app/key_ring.hpp"
#include "modules/identity/auth/testing/auth_fixture.hpp"

namespace emporion::auth {
namespace {

/// Two replicas over one database.
struct KeyRingTest : AuthFixture {
  KeyRingTest() {
    EMP_ASSERT(safe_.open(home() + "/identity.key", random_).has_value());
    EMP_ASSERT(run(one_.start(new_id())).has_value() && run(two_.start(new_id())).has_value());
  }
  void tend_both() {
    std::vector<Task<Result<>>> both;
    both.push_back(one_.tend(new_id()));
    both.push_back(two_.tend(new_id()));
    for (const auto& tended : run(when_all(std::move(both)))) EXPECT_TRUE(tended.has_value()) << tended.error().to_string();
  }
  bool is_published(const v1::JwksResponse& keys, const std::string& kid) {
    for (const auto& key : keys.keys) {
      if (key.kid == kid) return true;
    }
    return false;
  }

  Safe safe_;
  SystemRandom random_;
  PostgresKeyStore store_{database()};
  KeyRing one_{runtime(), store_, safe_, clock(), random_};
  KeyRing two_{runtime(), store_, safe_, clock(), random_};
};

TEST_F(KeyRingTest, RotatesDailyAndNeverSignsWithAKeyUnknownForAnHour) {  // AUT-A2, AUT-8
  EXPECT_EQ(run(one_.active())->kid(), run(two_.active())->kid());
  tend_both();
  std::vector<std::pair<std::string, UtcTime>> signers;
  std::optional<v1::JwksResponse> known_an_hour_ago;
  for (int hour = 0; hour < 60; ++hour) {
    tend_both();
    EXPECT_EQ(value("SELECT count(*) FROM signing_key WHERE state = 'active'"), "1");
    const auto published = *run(two_.published());
    for (auto* ring : {&one_, &two_}) {
      const auto kid = run(ring->active())->kid();
      if (known_an_hour_ago) EXPECT_TRUE(is_published(*known_an_hour_ago, kid)) << "hour " << hour;
      if (signers.empty() || signers.back().first != kid) signers.emplace_back(kid, clock().now());
    }
    // What signed within the last day still verifies.
    for (std::size_t i = 0; i + 1 < signers.size(); ++i) {
      if (clock().now() - signers[i + 1].second < hours(24)) EXPECT_TRUE(is_published(published, signers[i].first)) << "hour " << hour;
    }
    known_an_hour_ago = published;
    clock().move(hours(1));
  }
  EXPECT_EQ(signers.size(), 3u);
  EXPECT_EQ(said("auth.key.rotated"), 3);
}

TEST_F(KeyRingTest, ARotationByHandWaitsUntilTheSpareIsKnown) {
  tend_both();
  const auto before = run(one_.active())->kid();
  EXPECT_EQ(reason_of(run(one_.rotate(new_id()))), "KEY_NOT_READY");
  clock().move(hours(1));
  std::vector<Task<Result<std::string>>> both;
  both.push_back(one_.rotate(new_id()));
  both.push_back(two_.rotate(new_id()));
  int done = 0;
  for (const auto& rotated : run(when_all(std::move(both)))) done += rotated.has_value() ? 1 : 0;
  EXPECT_EQ(done, 1);
  EXPECT_NE(run(one_.active())->kid(), before);
  EXPECT_EQ(value("SELECT state FROM signing_key WHERE kid = '" + before + "'"), "retiring");
}

}  // namespace
}  // namespace emporion::auth
