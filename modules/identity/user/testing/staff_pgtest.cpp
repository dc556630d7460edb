#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "contracts/identity/user/v1/user_api.hpp"
#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"
#include "kernel/testing/fake_clock.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "modules/identity/user/adapters/jobs/housekeeping.hpp"
#include "modules/identity/user/adapters/postgres/enrolment_store.hpp"
#include "modules/identity/user/api/module.hpp"
#include "modules/identity/user/testing/fake_auth.hpp"

namespace emporion::user {
namespace {

std::string reason_of(const auto& result) { return result ? "none" : result.error().reason(); }

/// The whole module over a fresh database, reached through its contract, with a first administrator; time moves by hand.
struct StaffTest : testing::PostgresTest {
  StaffTest() : PostgresTest("user", migrations()) {
    home_ = (std::filesystem::temp_directory_path() / text("user-", security::hex(security::random_bytes(random_, 8)))).string();
    settings_.set("home", home_);
    calls_.bind<auth::v1::AuthApi>(auth_);
    module_ = definition().create({"user", runtime(), database(), calls_, clock_, random_, settings_, jobs_});
    module_->bind(calls_);
    EMP_ASSERT(run(module_->start()).has_value());
    const auto made = bootstrap("root@shop.example");
    EMP_ASSERT(made.has_value());
    root_ = made->id;
  }
  ~StaffTest() override {
    run(module_->stop());
    std::filesystem::remove_all(home_);
  }

  v1::UserApi& api() { return calls_.get<v1::UserApi>(); }
  CallContext by(Principal principal, std::string key = {}) {
    CallContext out(clock_.now() + seconds(20), Uuid::v7(clock_.now(), random_), std::move(principal));
    out.idempotency_key = key.empty() ? out.trace.to_string() : std::move(key);
    return out;
  }
  CallContext service(const std::string& name) { return by(Principal::of_service(name)); }
  /// As the gateway would make it: with the permissions held now.
  CallContext as(Uuid user, std::string key = {}) {
    const auto held = run(api().effective_permissions(service("gateway"), {.id = user}));
    return by({.realm = Realm::staff, .id = user, .permissions = held->permissions}, std::move(key));
  }
  Result<v1::User> bootstrap(const std::string& email) {
    return run(api().bootstrap(service("installer"), {.email = email, .name = "Root", .password = "correct horse battery"}));
  }
  Uuid role(const std::string& name) { return *Uuid::parse(value("SELECT id FROM role WHERE name = '" + name + "'")); }
  v1::CreateUserRequest user_of(const std::string& email, std::vector<Uuid> roles) {
    return {.email = email, .name = "Sue", .password = "correct horse battery", .role_ids = std::move(roles)};
  }
  Result<v1::User> create(Uuid actor, const std::string& email, std::vector<Uuid> roles) {
    return run(api().create_user(as(actor), user_of(email, std::move(roles))));
  }
  std::int64_t count(const std::string& from) { return std::stoll(value("SELECT count(*) FROM " + from)); }
  std::int64_t said(const std::string& topic) { return count("outbox WHERE topic = '" + topic + "'"); }

  std::shared_ptr<FakeAuth> auth_ = std::make_shared<FakeAuth>();
  testing::FakeClock clock_;
  SystemRandom random_;
  config::Settings settings_;
  Calls calls_;
  Jobs jobs_{runtime(), database(), clock_, random_};
  std::string home_;
  std::unique_ptr<Module> module_;
  Uuid root_;
};

TEST_F(StaffTest, TheFirstAdministratorIsMadeOnce) {
  // Neither for another address nor, like a forgotten password, for the same one.
  for (const auto* email : {"other@shop.example", "root@shop.example", "ROOT@shop.example"}) {
    const auto again = bootstrap(email);
    EXPECT_EQ(reason_of(again), "ALREADY_BOOTSTRAPPED") << email;
    EXPECT_NE(again.error().detail().find("there is an administrator already"), std::string::npos) << again.error().to_string();
  }
  EXPECT_EQ(count("staff_user"), 1);
  EXPECT_EQ(auth_->calls, 1) << "Auth is not told of what was refused";
  EXPECT_EQ(auth_->enrolled.at(root_).permissions, std::vector<std::string>{"*"});
  const auto me = run(api().me(as(root_), {}));
  ASSERT_TRUE(me.has_value()) << me.error().to_string();
  EXPECT_EQ(me->status, v1::UserStatus::active);
  EXPECT_EQ(me->roles.at(0).name, "super_admin");
  EXPECT_EQ(count("pending_enrolment"), 0);
  EXPECT_EQ(reason_of(run(api().bootstrap(service("order"), {.email = "x@y.z", .name = "X", .password = "p"}))), "PERMISSION_DENIED");
}

TEST_F(StaffTest, OneKeyMakesOneAccount) {
  const auto context = as(root_, "k");
  const auto request = user_of("sue@shop.example", {role("finance")});
  std::vector<Task<Result<v1::User>>> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(api().create_user(context, request));
  const auto answers = run(when_all(std::move(calls)));
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
    EXPECT_EQ(answer->id, answers[0]->id);
  }
  EXPECT_EQ(count("staff_user"), 2);
  EXPECT_EQ(said("user.user.created"), 2);
  auto other = request;
  other.name = "Eve";
  EXPECT_EQ(reason_of(run(api().create_user(context, other))), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(reason_of(create(root_, "SUE@shop.example", {})), "TAKEN");
  EXPECT_EQ(value("SELECT count(*) FROM staff_user WHERE status = 'active'"), "2");
}

TEST_F(StaffTest, AuthsRefusalUndoesTheAccountAndItsSilenceDelaysIt) {
  auth_->refusal = Error(ErrorKind::rule_violated, "PASSWORD_COMMON", "too easy");
  EXPECT_EQ(reason_of(create(root_, "sue@shop.example", {role("finance")})), "PASSWORD_COMMON");
  EXPECT_EQ(count("staff_user"), 1);
  EXPECT_EQ(count("pending_enrolment"), 0);

  auth_->refusal = Error(ErrorKind::unavailable, "HASH_QUEUE_FULL", "later");
  const auto invited = create(root_, "sue@shop.example", {role("finance")});
  ASSERT_TRUE(invited.has_value()) << invited.error().to_string();
  EXPECT_EQ(invited->status, v1::UserStatus::invited);
  EXPECT_TRUE(run(api().effective_permissions(service("gateway"), {.id = invited->id}))->permissions.empty());

  auth_->refusal.reset();
  PostgresEnrolmentStore store(database());
  Enrolment enrolment(calls_, store, clock_, random_);
  ASSERT_TRUE(enrolment.open(home_ + "/identity.key"));
  Housekeeping housekeeping(database(), enrolment, clock_);
  ASSERT_TRUE(run(housekeeping.enrol(service("user"))));
  EXPECT_EQ(count("pending_enrolment"), 1) << "before its time";
  clock_.move(seconds(10));
  ASSERT_TRUE(run(housekeeping.enrol(service("user"))));
  EXPECT_EQ(run(api().get_user(service("order"), {.id = invited->id}))->status, v1::UserStatus::active);
  EXPECT_EQ(auth_->enrolled.at(invited->id).password, "correct horse battery");
  EXPECT_EQ(count("pending_enrolment"), 0);
}

TEST_F(StaffTest, NobodyGrantsWhatTheyDoNotHold) {  // USR-A1
  const auto admin = create(root_, "admin@shop.example", {role("platform_admin")});
  ASSERT_TRUE(admin.has_value()) << admin.error().to_string();
  EXPECT_EQ(reason_of(create(admin->id, "sue@shop.example", {role("pricing_manager")})), "ESCALATION");
  EXPECT_EQ(reason_of(create(admin->id, "sue@shop.example", {role("super_admin")})), "ESCALATION");
  EXPECT_EQ(count("staff_user"), 2);
  const auto sue = create(root_, "sue@shop.example", {});
  EXPECT_EQ(reason_of(run(api().assign_role(as(admin->id), {.id = sue->id, .role_id = role("finance")}))), "ESCALATION");
  EXPECT_EQ(reason_of(run(api().create_role(as(admin->id), {.name = "own", .permissions = {"pricing.price.write"}}))), "ESCALATION");
  EXPECT_EQ(reason_of(run(api().suspend_user(as(admin->id), {.id = root_}))), "ESCALATION");
  EXPECT_EQ(count("role_assignment"), 2);
}

TEST_F(StaffTest, NobodyGrantsToThemselves) {  // USR-A2
  EXPECT_EQ(reason_of(run(api().assign_role(as(root_), {.id = root_, .role_id = role("finance")}))), "SELF_GRANT");
  EXPECT_EQ(reason_of(run(api().remove_role(as(root_), {.id = root_, .role_id = role("super_admin")}))), "SELF_GRANT");
  EXPECT_EQ(reason_of(run(api().suspend_user(as(root_), {.id = root_}))), "SELF_GRANT");
  EXPECT_EQ(reason_of(run(api().delete_user(as(root_), {.id = root_}))), "SELF_GRANT");
  const auto own = run(api().create_role(as(root_), {.name = "helpers", .permissions = {"user.*"}}));
  ASSERT_TRUE(own.has_value()) << own.error().to_string();
  const auto sue = create(root_, "sue@shop.example", {own->id});
  EXPECT_EQ(reason_of(run(api().update_role(as(sue->id), {.id = own->id, .permissions = {"user.*", "order.*"}, .version = 1}))), "SELF_GRANT");
  EXPECT_EQ(value("SELECT permissions FROM role WHERE name = 'helpers'"), "{user.*}");
}

TEST_F(StaffTest, OfTwoSuperAdminsWhoDeleteEachOtherOneRemains) {  // USR-A3
  const auto second = create(root_, "second@shop.example", {role("super_admin")});
  ASSERT_TRUE(second.has_value()) << second.error().to_string();
  std::vector<Task<Result<v1::User>>> calls;
  calls.push_back(api().delete_user(as(root_), {.id = second->id}));
  calls.push_back(api().delete_user(as(second->id), {.id = root_}));
  const auto answers = run(when_all(std::move(calls)));
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(), [](const auto& answer) { return answer.has_value(); }), 1);
  EXPECT_EQ(count("staff_user WHERE status = 'active'"), 1);
  EXPECT_EQ(said("user.user.deleted"), 1);
}

TEST_F(StaffTest, AChangedRoleStampsEachHolderOnce) {
  const auto own = *run(api().create_role(as(root_), {.name = "pickers", .permissions = {"fulfillment.picklist.read"}}));
  const auto sue = *create(root_, "sue@shop.example", {own.id});
  const auto bob = *create(root_, "bob@shop.example", {own.id});
  const v1::UpdateRoleRequest request{.id = own.id, .permissions = {"fulfillment.*"}, .version = 1};
  std::vector<Task<Result<v1::Role>>> calls;
  for (int i = 0; i < 2; ++i) calls.push_back(api().update_role(as(root_), request));
  const auto answers = run(when_all(std::move(calls)));
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(), [](const auto& answer) { return answer.has_value(); }), 1);
  for (const Uuid holder : {sue.id, bob.id}) {
    const auto held = run(api().effective_permissions(service("gateway"), {.id = holder}));
    EXPECT_EQ(held->permissions, std::vector<std::string>{"fulfillment.*"});
    EXPECT_EQ(held->permissions_version, 2);
  }
  EXPECT_EQ(reason_of(run(api().update_role(as(root_), {.id = own.id, .permissions = {"no.such.thing"}, .version = 2}))), "UNKNOWN_PERMISSION");
  EXPECT_EQ(reason_of(run(api().update_role(as(root_), {.id = role("finance"), .permissions = {}, .version = 1}))), "SYSTEM_ROLE");
  EXPECT_EQ(reason_of(run(api().delete_role(as(root_), {.id = own.id}))), "IN_USE");
}

TEST_F(StaffTest, ATemporaryGrantEndsAtItsSecond) {  // USR-A14
  const auto sue = *create(root_, "sue@shop.example", {});
  const v1::AssignRoleRequest request{.id = sue.id, .role_id = role("finance"), .expires_at = clock_.now() + minutes(5)};
  std::vector<Task<Result<v1::User>>> calls;
  for (int i = 0; i < 3; ++i) calls.push_back(api().assign_role(as(root_), request));
  for (const auto& answer : run(when_all(std::move(calls)))) EXPECT_EQ(answer->permissions_version, 2);
  const auto may = [&] {
    return run(api().validate_access(service("order"), {.questions = {{sue.id, "payment.ledger.read"}, {Uuid(), "order.order.read"}}}))->decisions;
  };
  EXPECT_TRUE(may()[0].allowed);
  EXPECT_FALSE(may()[1].allowed);
  clock_.move(minutes(5));
  EXPECT_FALSE(may()[0].allowed);
  sql("SELECT expire_assignments('" + clock_.now().to_string() + "')");
  EXPECT_EQ(run(api().get_user(service("order"), {.id = sue.id}))->permissions_version, 3);
  EXPECT_EQ(said("user.permissions.changed"), 4);
}

TEST_F(StaffTest, SuspendingDeletingAndRemovingMayBeRepeated) {
  const auto sue = *create(root_, "sue@shop.example", {role("finance")});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(run(api().suspend_user(as(root_), {.id = sue.id}))->status, v1::UserStatus::suspended);
  EXPECT_EQ(said("user.user.suspended"), 1);
  EXPECT_TRUE(run(api().effective_permissions(service("gateway"), {.id = sue.id}))->permissions.empty());
  for (int i = 0; i < 2; ++i) EXPECT_EQ(run(api().activate_user(as(root_), {.id = sue.id}))->status, v1::UserStatus::active);
  EXPECT_EQ(said("user.user.reinstated"), 1);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(run(api().remove_role(as(root_), {.id = sue.id, .role_id = role("finance")}))->roles.empty());
  EXPECT_EQ(said("user.role.revoked"), 1);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(run(api().delete_user(as(root_), {.id = sue.id}))->status, v1::UserStatus::deleted);
  EXPECT_EQ(said("user.user.deleted"), 1);
  EXPECT_EQ(reason_of(run(api().get_user(as(root_), {.id = sue.id}))), "USER_NOT_FOUND");
  EXPECT_EQ(run(api().list_users(as(root_), {}))->users.size(), 1u);
  EXPECT_EQ(reason_of(create(root_, "sue@shop.example", {})), "TAKEN");
}

TEST_F(StaffTest, PagesFollowEachOtherByEMail) {
  for (const auto* email : {"a@shop.example", "b@shop.example", "c@shop.example"}) ASSERT_TRUE(create(root_, email, {role("analyst")}));
  const auto first = *run(api().list_users(as(root_), {.role = "analyst", .page_size = 2}));
  ASSERT_EQ(first.users.size(), 2u);
  const auto rest = *run(api().list_users(as(root_), {.role = "analyst", .page_size = 2, .page_token = first.next_page_token}));
  ASSERT_EQ(rest.users.size(), 1u);
  EXPECT_EQ(rest.users[0].email, "c@shop.example");
  EXPECT_FALSE(rest.next_page_token.has_value());
}

TEST_F(StaffTest, EverySeededRoleNamesKnownPermissions) {
  EXPECT_EQ(
      value("SELECT count(*) FROM role r CROSS JOIN LATERAL unnest(r.permissions) held WHERE NOT EXISTS (SELECT FROM permission p WHERE covers(held, p.name))"),
      "0");
  EXPECT_EQ(count("role"), 16);
  EXPECT_GT(run(api().list_permissions(as(root_), {}))->permissions.size(), 50u);
}

}  // namespace
}  // namespace emporion::user
