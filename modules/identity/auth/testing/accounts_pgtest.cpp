#include "modules/identity/auth/testing/auth_fixture.hpp"

namespace emporion::auth {
namespace {

using AccountsTest = AuthFixture;

struct PasswordTest : AuthFixture {
  PasswordTest() { EMP_ASSERT(enter("anna@example.com").has_value()); }
  Result<v1::AcceptedResponse> reset(const std::string& token, std::string password = "some other phrase") {
    return run(api().reset_password(guest(), {.token = token, .new_password = std::move(password)}));
  }
};

TEST_F(AccountsTest, ImportsCustomersOnceHoweverOftenTheyAreSent) {
  const v1::ImportCustomersRequest request{.customers = {{.external_reference = "17850", .country = "GB"},
                                                         {.external_reference = "13047", .email = "B@example.com"},
                                                         {.external_reference = "17850"}}};
  const auto context = staff({"auth.customer.import"}, "k");
  std::vector<Task<Result<v1::ImportCustomersResponse>>> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(api().import_customers(context, request));
  const auto answers = run(when_all(std::move(calls)));
  int created = 0;
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
    ASSERT_EQ(answer->customers.size(), 3u);
    EXPECT_EQ(answer->customers[0].external_reference, "17850");
    EXPECT_EQ(answer->customers[0].customer_id, answers[0]->customers[0].customer_id);
    EXPECT_EQ(answer->customers[2].customer_id, answers[0]->customers[0].customer_id);
    for (const auto& customer : answer->customers) created += customer.created ? 1 : 0;
  }
  EXPECT_EQ(created, 2);
  EXPECT_EQ(count("principal"), 2);
  EXPECT_EQ(said("auth.principal.registered"), 2);
  EXPECT_EQ(value("SELECT canonical FROM identifier"), "b@example.com");
}

TEST_F(AccountsTest, ImportsAThousandInOneCall) {
  v1::ImportCustomersRequest request;
  for (int i = 0; i < 1'000; ++i) request.customers.push_back({.external_reference = std::to_string(i), .email = text("c", i, "@example.com")});
  ASSERT_TRUE(run(api().import_customers(staff({"auth.customer.import"}, "k"), request)));
  EXPECT_EQ(count("identifier"), 1'000);
}

TEST_F(AccountsTest, StaffActAsACustomerUnderTheirOwnSession) {
  const auto imported = run(api().import_customers(staff({"auth.customer.import"}, "k"), {.customers = {{.external_reference = "17850"}}}));
  const auto customer = imported->customers[0].customer_id;
  const auto tokens = run(api().act_as(staff({"auth.customer.act_as"}), {.external_reference = "17850", .reason = "replay of 2011"}));
  ASSERT_TRUE(tokens.has_value()) << tokens.error().to_string();
  EXPECT_FALSE(tokens->refresh_token.has_value());
  const auto read = claims(tokens->access_token);
  EXPECT_EQ(read->subject, customer);
  EXPECT_EQ(read->realm, Realm::customer);
  EXPECT_EQ(read->acting_staff, Uuid::from_name("staff"));
  EXPECT_EQ(read->session, Uuid::from_name("staff session"));
  EXPECT_EQ(count("act_as WHERE reason = 'replay of 2011'"), 1);
  EXPECT_EQ(said("auth.audit.recorded"), 1);
  EXPECT_TRUE(run(api().act_as(staff({"auth.customer.act_as"}), {.customer_id = customer, .reason = "a call"})));
  EXPECT_EQ(reason_of(run(api().act_as(staff({"auth.customer.act_as"}), {.external_reference = "0", .reason = "a call"}))), "CUSTOMER_NOT_FOUND");
  EXPECT_EQ(reason_of(run(api().act_as(staff({"auth.customer.act_as"}), {.reason = "a call"}))), "ONE_OF");
  EXPECT_EQ(reason_of(run(api().act_as(staff({"order.*"}), {.external_reference = "17850", .reason = "a call"}))), "PERMISSION_DENIED");
  EXPECT_EQ(count("act_as"), 2);
}

TEST_F(AccountsTest, EnrolledStaffSignInToTheirOwnRealmOnly) {
  const auto user = by(Principal::of_service("user"));
  const v1::EnrolStaffRequest request{
      .user_id = Uuid::from_name("sue"), .email = "Sue@shop.example", .password = good_password, .permissions = {"*"}, .permissions_version = 1};
  ASSERT_TRUE(run(api().enrol_staff(user, request)));
  ASSERT_TRUE(run(api().enrol_staff(user, request)));
  EXPECT_EQ(said("auth.principal.registered"), 1);
  const auto tokens = login("sue@shop.example", good_password, v1::LoginRealm::staff);
  ASSERT_TRUE(tokens.has_value()) << tokens.error().to_string();
  const auto read = claims(tokens->access_token);
  EXPECT_EQ(read->realm, Realm::staff);
  EXPECT_EQ(read->permissions_version, 1);
  EXPECT_EQ(read->expires_at - read->issued_at, minutes(10));
  EXPECT_EQ(reason_of(login("sue@shop.example")), "INVALID_CREDENTIALS");
  auto other = request;
  other.user_id = Uuid::from_name("eve");
  EXPECT_EQ(reason_of(run(api().enrol_staff(user, other))), "TAKEN");
  EXPECT_EQ(count("principal"), 1);
  EXPECT_EQ(reason_of(run(api().enrol_staff(by(Principal::of_service("order")), request))), "PERMISSION_DENIED");
  const auto known = run(api().revocations(by(Principal::of_service("gateway")), {}));
  ASSERT_EQ(known->staff.size(), 1u);
  EXPECT_EQ(known->staff[0].permissions_version, 1);
  sql("SELECT staff_suspend('" + Uuid::from_name("sue").to_string() + "', now(), NULL)");
  EXPECT_EQ(reason_of(refresh(*tokens)), "SESSION_REVOKED");
  EXPECT_EQ(reason_of(login("sue@shop.example", good_password, v1::LoginRealm::staff)), "SUSPENDED");
  EXPECT_EQ(reason_of(login("sue@shop.example", "wrong", v1::LoginRealm::staff)), "INVALID_CREDENTIALS");
}

TEST_F(PasswordTest, AResetEndsEverySessionAndItsLinkWorksOnce) {  // AUT-A10
  const auto tokens = *login("anna@example.com");
  const auto known = run(api().forgot_password(guest(), {.identifier = "anna@example.com"}));
  EXPECT_EQ(*known, *run(api().forgot_password(guest(), {.identifier = "nobody@example.com"})));
  EXPECT_EQ(known->status_code, 202);
  EXPECT_EQ(count("message_request WHERE key <> ''"), 3);  // Of the registration, of Anna, of nobody.
  const auto token = delivered("reset_password", "token");
  EXPECT_EQ(delivered("reset_password", "to"), "anna@example.com");
  EXPECT_EQ(reason_of(reset(token, "short")), "PASSWORD_TOO_SHORT");
  std::vector<Task<Result<v1::AcceptedResponse>>> calls;
  for (int i = 0; i < 3; ++i) calls.push_back(api().reset_password(guest(), {.token = token, .new_password = "some other phrase"}));
  int done = 0;
  for (const auto& answer : run(when_all(std::move(calls)))) done += answer.has_value() ? 1 : 0;
  EXPECT_EQ(done, 1);
  EXPECT_EQ(reason_of(reset(token)), "TOKEN_INVALID");
  EXPECT_EQ(reason_of(refresh(tokens)), "SESSION_REVOKED");
  EXPECT_EQ(said("auth.password.changed"), 1);
  EXPECT_EQ(reason_of(login("anna@example.com")), "INVALID_CREDENTIALS");
  EXPECT_TRUE(login("anna@example.com", "some other phrase").has_value());
}

TEST_F(PasswordTest, AResetLinkDiesAfterAQuarterHourAndByANewerOne) {  // AUT-A10
  ASSERT_TRUE(run(api().forgot_password(guest(), {.identifier = "anna@example.com"})));
  const auto first = delivered("reset_password", "token");
  clock().move(minutes(2));
  ASSERT_TRUE(run(api().forgot_password(guest(), {.identifier = "anna@example.com"})));
  const auto second = delivered("reset_password", "token");
  EXPECT_EQ(reason_of(reset(first)), "TOKEN_INVALID");
  clock().move(minutes(15));
  EXPECT_EQ(reason_of(reset(second)), "TOKEN_INVALID");
  EXPECT_TRUE(login("anna@example.com").has_value());
}

TEST_F(PasswordTest, AMessageIsSentOnceAMinute) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(run(api().forgot_password(guest(), {.identifier = "anna@example.com"})));
  EXPECT_EQ(count("one_time_token WHERE purpose = 'reset_password'"), 1);
}

TEST_F(PasswordTest, AChangeKeepsTheCallersSessionAlone) {
  const auto here = *login("anna@example.com");
  const auto there = *login("anna@example.com");
  EXPECT_EQ(reason_of(run(api().change_password(bearer(here), {.current_password = "wrong", .new_password = "some other phrase"}))), "INVALID_CREDENTIALS");
  EXPECT_EQ(reason_of(run(api().change_password(bearer(here), {.current_password = good_password, .new_password = "password12345"}))), "PASSWORD_COMMON");
  EXPECT_TRUE(refresh(there).has_value());
  ASSERT_TRUE(run(api().change_password(bearer(here), {.current_password = good_password, .new_password = "some other phrase"})));
  EXPECT_EQ(reason_of(refresh(there)), "SESSION_REVOKED");
  EXPECT_TRUE(refresh(here).has_value());
  EXPECT_TRUE(login("anna@example.com", "some other phrase").has_value());
}

TEST_F(PasswordTest, AnIdentifierIsVerifiedOnceByLinkOrByCode) {
  const auto token = delivered("verify", "token"), code = delivered("verify", "code");
  EXPECT_EQ(reason_of(run(api().verify(guest(), {.token = "000000x"}))), "TOKEN_INVALID");
  EXPECT_EQ(reason_of(run(api().verify(guest(), {.token = code == "000000" ? "000001" : "000000", .identifier = "anna@example.com"}))), "TOKEN_INVALID");
  EXPECT_TRUE(run(api().verify(guest(), {.token = code, .identifier = "anna@example.com"})).has_value());
  EXPECT_EQ(reason_of(run(api().verify(guest(), {.token = token}))), "TOKEN_INVALID");
  EXPECT_EQ(value("SELECT status FROM principal"), "active");
  EXPECT_EQ(said("auth.identifier.verified"), 1);
}

TEST_F(PasswordTest, FiveWrongCodesKillTheCode) {
  const auto code = delivered("verify", "code");
  for (int i = 0; i < 5; ++i) (void)run(api().verify(guest(), {.token = code == "000000" ? "000001" : "000000", .identifier = "anna@example.com"}));
  EXPECT_EQ(reason_of(run(api().verify(guest(), {.token = code, .identifier = "anna@example.com"}))), "TOKEN_INVALID");
  clock().move(minutes(1));
  ASSERT_TRUE(run(api().resend_verification(guest(), {.identifier = "anna@example.com"})));
  EXPECT_TRUE(run(api().verify(guest(), {.token = delivered("verify", "token")})).has_value());
}

TEST_F(PasswordTest, AnEmergencyRotationEndsEveryAccessTokenAndNoSession) {
  const auto tokens = *login("anna@example.com");
  ASSERT_TRUE(verify(tokens.access_token).has_value());
  EXPECT_EQ(reason_of(run(api().rotate_keys(staff({"auth.key.rotate"}, "a"), {.reason = "routine"}))), "KEY_NOT_READY");
  EXPECT_TRUE(verify(tokens.access_token).has_value());
  const auto rotated = run(api().rotate_keys(staff({"auth.key.rotate"}, "b"), {.emergency = true, .reason = "leak"}));
  ASSERT_TRUE(rotated.has_value()) << rotated.error().to_string();
  EXPECT_EQ(reason_of(verify(tokens.access_token)), "UNKNOWN_SIGNING_KEY");
  const auto next = refresh(tokens);
  ASSERT_TRUE(next.has_value());
  EXPECT_TRUE(verify(next->access_token).has_value());
  EXPECT_EQ(count("signing_key WHERE state = 'active'"), 1);
  EXPECT_EQ(said("auth.key.revoked"), 1);
}

TEST_F(AccountsTest, TheMasterKeyIsTheServersAlone) {
  const std::filesystem::path file = home() + "/identity.key";
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(std::filesystem::file_size(file), 32u);
  SystemRandom random;
  std::filesystem::resize_file(home() + "/identity.key", 31);
  EXPECT_EQ(reason_of(security::load_or_make_master_key(home() + "/identity.key", random)), "MASTER_KEY_TOO_SHORT");
}

}  // namespace
}  // namespace emporion::auth
