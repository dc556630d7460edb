#include "kernel/json/codec.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/platform/gateway/testing/edge_fixture.hpp"
#include "modules/platform/gateway/testing/fake_auth.hpp"

namespace emporion::gateway {
namespace {

struct CsrfTest : EdgeTest {
  /// A refresh token of the session `id` after `refreshes`, in the form that Auth gives it.
  static std::string session(char id, int refreshes = 0) { return security::base64url(std::string(16, id) + std::to_string(refreshes) + std::string(32, 'm')); }

  int status(std::vector<http::Header> headers) { return post("/api/v1/webhooks/demo", std::move(headers)).status; }
  /// What a browser with that session cookie sends from our page, with this token in the header and as the cookie.
  int status(const std::string& session_cookie, const std::string& header, const std::string& cookie) {
    return status({{"cookie", text("__Host-rt=", session_cookie, "; __Host-csrf=", cookie)},
                   {"x-csrf-token", header},
                   {"origin", "https://shop.example"},
                   {"host", "shop.example"}});
  }
  int status(const std::string& session_cookie, const std::string& token) { return status(session_cookie, token, token); }
};

TEST_F(CsrfTest, AChangeThatRidesOnASessionCookieNeedsTheTokenOfThatSession) {
  const std::string token = csrf_tokens.issue(session('a'));
  EXPECT_EQ(status(session('a'), token), 200);
  EXPECT_EQ(status(session('a', 1), token), 200) << "a refreshed session is the same session";

  EXPECT_EQ(status({{"cookie", "__Host-rt=" + session('a')}}), 403) << "no token";
  EXPECT_EQ(status(session('a'), ""), 403) << "an empty one";
  EXPECT_EQ(status(session('a'), token, ""), 403) << "the header alone";
  EXPECT_EQ(status(session('a'), "", token), 403) << "the cookie alone, which a browser sends by itself";
  EXPECT_EQ(status(session('b'), token), 403) << "of another session";
  EXPECT_EQ(status(session('a'), csrf_tokens.issue("")), 403) << "of no session";
  std::string forged = token;
  forged.back() = forged.back() == '0' ? '1' : '0';
  EXPECT_EQ(status(session('a'), forged), 403);
  EXPECT_EQ(status(session('a'), "0" + token), 403) << "another instant than the signed one";
}

TEST_F(CsrfTest, ATokenLivesForADay) {
  const std::string token = csrf_tokens.issue(session('a'));
  clock.move(hours(24));
  EXPECT_EQ(status(session('a'), token), 200);
  clock.move(seconds(1));
  EXPECT_EQ(status(session('a'), token), 403);
}

TEST_F(CsrfTest, AnotherReplicaWithTheSameKeyTakesIt) {
  CsrfTokens other(clock);
  ASSERT_TRUE(other.open((home.path() / "identity.key").string(), random).has_value());
  EXPECT_EQ(status(session('a'), other.issue(session('a'))), 200);
  CsrfTokens stranger(clock);
  ASSERT_TRUE(stranger.open((home.path() / "other.key").string(), random).has_value());
  EXPECT_EQ(status(session('a'), stranger.issue(session('a'))), 403);
}

TEST_F(CsrfTest, AnotherSiteIsRefusedEvenWithAToken) {
  const std::string token = csrf_tokens.issue(session('a'));
  EXPECT_EQ(status({{"cookie", text("__Host-rt=", session('a'), "; __Host-csrf=", token)},
                    {"x-csrf-token", token},
                    {"origin", "https://evil.example"},
                    {"host", "shop.example"}}),
            403);
  EXPECT_EQ(status({{"cookie", "cart_token=c"}, {"origin", "https://evil.example"}, {"host", "shop.example"}}), 403);
}

TEST_F(CsrfTest, AGuestWithACartNeedsNone) {
  EXPECT_EQ(status({{"cookie", "cart_token=c"}}), 200);
  EXPECT_EQ(status({}), 200);
}

TEST_F(CsrfTest, ATokenOfAccessIsProofEnough) {
  const auto key = security::SigningKey::generate();
  const auto auth = std::make_shared<FakeAuth>(key.public_key());
  calls.bind<auth::v1::AuthApi>(auth);
  CallContext own(clock.now() + seconds(5), Uuid::v7(clock.now(), random), Principal::of_service("gateway"));
  ASSERT_TRUE(run_until_done(runtime, authenticator.reload(own)).has_value());
  security::AccessClaims claims;
  claims.issuer = "emporion";
  claims.audience = {"emporion"};
  claims.subject = claims.token = claims.session = Uuid::v7(clock.now(), random);
  claims.realm = Realm::customer;
  claims.issued_at = claims.not_before = claims.authenticated_at = clock.now();
  claims.expires_at = clock.now() + minutes(15);
  claims.client = "web";
  const auto token = security::issue_access_token(key, claims);
  ASSERT_TRUE(token.has_value());
  EXPECT_EQ(status({{"cookie", "__Host-rt=" + session('a')}, {"authorization", "Bearer " + *token}}), 200);
}

}  // namespace
}  // namespace emporion::gateway
