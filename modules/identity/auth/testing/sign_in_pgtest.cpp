#include "modules/identity/auth/testing/auth_fixture.hpp"

namespace emporion::auth {
namespace {

struct SignInTest : AuthFixture {
  SignInTest() { EMP_ASSERT(enter("anna@example.com").has_value()); }
};
using RegisterTest = AuthFixture;

TEST_F(RegisterTest, SaysTheSameOfATakenIdentifierAndTellsItsOwner) {  // AUT-A7
  const auto first = enter("Anna@Example.com");
  const auto taken = enter("anna@example.COM", "another good phrase");
  ASSERT_TRUE(first.has_value()) << first.error().to_string();
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(*first, *taken);
  EXPECT_EQ(first->status_code, 202);
  EXPECT_EQ(count("principal"), 1);
  EXPECT_EQ(said("auth.principal.registered"), 1);
  EXPECT_EQ(count("secure_delivery WHERE kind = 'already_registered'"), 1);
  EXPECT_TRUE(login("anna@example.com").has_value());
  EXPECT_EQ(reason_of(login("anna@example.com", "another good phrase")), "INVALID_CREDENTIALS");
}

TEST_F(RegisterTest, SentFourTimesAtOnceItMakesOneAccount) {
  const v1::RegisterRequest request{.email = "anna@example.com", .password = good_password};
  std::vector<Task<Result<v1::RegisterResponse>>> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(api().register_(guest("one-key"), request));
  for (const auto& answer : run(when_all(std::move(calls)))) EXPECT_TRUE(answer.has_value());
  EXPECT_EQ(count("principal"), 1);
  EXPECT_EQ(said("auth.principal.registered"), 1);
  EXPECT_EQ(reason_of(run(api().register_(guest("k"), {.email = "b@example.com", .password = "short"}))), "PASSWORD_TOO_SHORT");
  EXPECT_EQ(reason_of(run(api().register_(guest("k"), {.password = good_password}))), "IDENTIFIER_REQUIRED");
  EXPECT_EQ(count("principal"), 1);
}

TEST_F(SignInTest, TheAccessTokenSaysWho) {
  const auto tokens = login("anna@example.com");
  ASSERT_TRUE(tokens.has_value()) << tokens.error().to_string();
  const auto read = claims(tokens->access_token);
  EXPECT_EQ(read->subject, tokens->principal_id);
  EXPECT_EQ(read->realm, Realm::customer);
  EXPECT_EQ(read->expires_at - read->issued_at, minutes(15));
  const auto me = run(api().me(bearer(*tokens), {}));
  ASSERT_TRUE(me.has_value());
  EXPECT_EQ(me->email, "anna@example.com");
  EXPECT_FALSE(me->email_verified);
  EXPECT_EQ(run(api().list_sessions(bearer(*tokens), {}))->sessions.size(), 1u);
}

TEST_F(SignInTest, ABrowserGetsItsRefreshTokenAsACookieOnly) {
  auto request = login_of("anna@example.com");
  request.user_agent = "Mozilla/5.0";
  const auto tokens = run(api().login(guest(), request));
  EXPECT_FALSE(tokens->refresh_token.has_value());
  const auto next = run(api().refresh(guest(), {.refresh_cookie = tokens->refresh_cookie, .user_agent = "Mozilla/5.0"}));
  ASSERT_TRUE(next.has_value());
  EXPECT_FALSE(next->refresh_token.has_value());
  EXPECT_NE(next->refresh_cookie, tokens->refresh_cookie);
}

TEST_F(SignInTest, FiftyRefreshesAtOnceAreOneStep) {  // AUT-A3
  const auto tokens = *login("anna@example.com");
  std::vector<Task<Result<v1::TokenResponse>>> calls;
  for (int i = 0; i < 50; ++i) calls.push_back(api().refresh(guest(), refresh_of(tokens)));
  const auto answers = run(when_all(std::move(calls)));
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
    EXPECT_EQ(answer->refresh_token, answers[0]->refresh_token);
  }
  EXPECT_EQ(value("SELECT generation FROM session"), "2");
  EXPECT_EQ(reason_of(refresh(tokens, "thief/1.0")), "SESSION_REVOKED");
  EXPECT_EQ(value("SELECT status || ' ' || revoke_reason FROM session"), "revoked reuse");
  EXPECT_EQ(reason_of(refresh(*answers[0])), "SESSION_REVOKED");
}

TEST_F(SignInTest, AGenerationUsedElevenSecondsLaterEndsTheFamily) {  // AUT-A4
  const auto tokens = *login("anna@example.com");
  const auto next = refresh(tokens);
  ASSERT_TRUE(next.has_value());
  clock().move(seconds(11));
  EXPECT_EQ(reason_of(refresh(tokens)), "SESSION_REVOKED");
  EXPECT_EQ(reason_of(refresh(tokens)), "SESSION_REVOKED");
  EXPECT_EQ(reason_of(refresh(*next)), "SESSION_REVOKED");
  EXPECT_EQ(said("auth.token.reused"), 1);
  EXPECT_EQ(said("auth.session.revoked"), 1);
  EXPECT_EQ(count("secure_delivery WHERE kind = 'token_reused'"), 1);
  EXPECT_EQ(run(api().revocations(by(Principal::of_service("gateway")), {}))->sessions.size(), 1u);
}

TEST_F(SignInTest, AGenerationWhoseSuccessorWasUsedEndsTheFamilyAtOnce) {  // AUT-A4
  const auto first = *login("anna@example.com");
  const auto second = *refresh(first);
  ASSERT_TRUE(refresh(second).has_value());
  EXPECT_EQ(reason_of(refresh(first)), "SESSION_REVOKED");
  EXPECT_EQ(said("auth.token.reused"), 1);
}

TEST_F(SignInTest, ALostAnswerIsGivenAgain) {  // AUT-A5
  const auto tokens = *login("anna@example.com");
  const auto lost = *refresh(tokens);
  clock().move(seconds(9));
  const auto again = refresh(tokens);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->refresh_token, lost.refresh_token);
  EXPECT_TRUE(refresh(*again).has_value());
}

TEST_F(SignInTest, AGuessedTokenEndsNothing) {
  const auto tokens = *login("anna@example.com");
  auto forged = tokens;
  forged.refresh_token->at(60) = forged.refresh_token->at(60) == 'A' ? 'B' : 'A';
  EXPECT_EQ(reason_of(refresh(forged)), "SESSION_REVOKED");
  EXPECT_EQ(reason_of(run(api().refresh(guest(), {.refresh_token = "rubbish"}))), "SESSION_REVOKED");
  EXPECT_TRUE(refresh(tokens).has_value());
}

TEST_F(SignInTest, FiveWrongPasswordsLockTheAccountAndSayNothing) {  // AUT-A6
  for (int i = 0; i < 5; ++i) EXPECT_EQ(reason_of(login("anna@example.com", "wrong")), "INVALID_CREDENTIALS");
  const auto unknown = login("nobody@example.com", "wrong");
  const auto locked = login("anna@example.com");
  ASSERT_FALSE(locked.has_value());
  EXPECT_EQ(locked.error().to_string(), unknown.error().to_string());
  EXPECT_EQ(said("auth.principal.locked"), 1);
  EXPECT_EQ(count("secure_delivery WHERE kind = 'locked'"), 1);
  clock().move(minutes(15));
  EXPECT_TRUE(login("anna@example.com").has_value());
  EXPECT_EQ(count("lock_state WHERE key = (SELECT id::text FROM principal)"), 0);
}

TEST_F(SignInTest, TheLockDoublesWithEachRepeat) {
  for (int i = 0; i < 5; ++i) (void)login("anna@example.com", "wrong");
  clock().move(minutes(15));
  for (int i = 0; i < 5; ++i) (void)login("anna@example.com", "wrong");
  clock().move(minutes(29));
  EXPECT_EQ(reason_of(login("anna@example.com")), "INVALID_CREDENTIALS");
  clock().move(minutes(1));
  EXPECT_TRUE(login("anna@example.com").has_value());
}

TEST_F(SignInTest, TwentyWrongPasswordsAtOnceCountTwenty) {  // AUT-A6
  std::vector<Task<Result<v1::TokenResponse>>> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(api().login(guest(), login_of("anna@example.com", "wrong")));
  for (const auto& answer : run(when_all(std::move(calls)))) EXPECT_EQ(reason_of(answer), "INVALID_CREDENTIALS");
  EXPECT_EQ(value("SELECT fails FROM lock_state"), "20");
  EXPECT_EQ(said("auth.principal.locked"), 1);
  const auto id = *Uuid::parse(value("SELECT id FROM principal"));
  EXPECT_EQ(reason_of(run(api().unlock(by({.realm = Realm::staff, .id = id, .permissions = {"auth.*"}}), {.id = id}))), "SELF");
  EXPECT_TRUE(run(api().unlock(staff({"auth.principal.unlock"}), {.id = id})));
  EXPECT_TRUE(run(api().unlock(staff({"auth.principal.unlock"}), {.id = id})));
  EXPECT_EQ(said("auth.principal.unlocked"), 1);
  EXPECT_TRUE(login("anna@example.com").has_value());
}

TEST_F(SignInTest, ThirtyLoginsAtOnceLeaveTenSessions) {  // AUT-A11
  const auto oldest = *login("anna@example.com");
  clock().move(seconds(1));
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(login("anna@example.com").has_value());
  EXPECT_EQ(count("session WHERE status = 'active'"), 10);
  clock().move(seconds(1));
  ASSERT_TRUE(login("anna@example.com").has_value());
  EXPECT_EQ(reason_of(refresh(oldest)), "SESSION_REVOKED");
  std::vector<Task<Result<v1::TokenResponse>>> calls;
  for (int i = 0; i < 30; ++i) calls.push_back(api().login(guest(), login_of("anna@example.com")));
  for (const auto& answer : run(when_all(std::move(calls)))) EXPECT_TRUE(answer.has_value()) << answer.error().to_string();
  EXPECT_EQ(count("session WHERE status = 'active'"), 10);
  EXPECT_EQ(count("session WHERE status = 'revoked' AND revoke_reason = 'limit'"), 31);
}

TEST_F(SignInTest, LoggingOutEndsTheSessionAndMayBeRepeated) {
  const auto tokens = *login("anna@example.com");
  const auto other = *login("anna@example.com");
  EXPECT_EQ(run(api().logout(guest(), {.refresh_token = tokens.refresh_token}))->status_code, 204);
  EXPECT_EQ(run(api().logout(guest(), {.refresh_token = tokens.refresh_token}))->status_code, 204);
  EXPECT_EQ(reason_of(refresh(tokens)), "SESSION_REVOKED");
  EXPECT_EQ(said("auth.session.revoked"), 1);
  EXPECT_TRUE(run(api().logout_all(bearer(other), {})));
  EXPECT_TRUE(run(api().logout_all(bearer(other), {})));
  EXPECT_EQ(reason_of(refresh(other)), "SESSION_REVOKED");
  EXPECT_EQ(said("auth.session.revoked"), 2);
}

TEST_F(SignInTest, NobodyEndsTheSessionOfAnother) {
  ASSERT_TRUE(enter("bert@example.com"));
  const auto anna = *login("anna@example.com");
  const auto bert = *login("bert@example.com");
  const auto session = claims(anna.access_token)->session;
  EXPECT_EQ(reason_of(run(api().revoke_session(bearer(bert), {.id = session}))), "SESSION_NOT_FOUND");
  EXPECT_TRUE(refresh(anna).has_value());
  EXPECT_TRUE(run(api().revoke_session(bearer(anna), {.id = session})));
  EXPECT_TRUE(run(api().revoke_session(bearer(anna), {.id = session})));
  EXPECT_EQ(said("auth.session.revoked"), 1);
}

TEST_F(SignInTest, AnImportedBcryptHashIsReplacedAtTheFirstLogin) {
  // Of "U*U*U", cost 5. Source: the test vectors of crypt_blowfish.
  sql("UPDATE principal SET password_hash = '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a'");
  EXPECT_TRUE(login("anna@example.com", "U*U*U").has_value());
  EXPECT_EQ(value("SELECT substr(password_hash, 1, 10) FROM principal"), "$argon2id$");
  EXPECT_TRUE(login("anna@example.com", "U*U*U").has_value());
}

}  // namespace
}  // namespace emporion::auth
