#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "contracts/identity/auth/v1/auth_api.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/security/crypto.hpp"
#include "kernel/security/master_key.hpp"
#include "kernel/security/token.hpp"
#include "kernel/testing/fake_clock.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "modules/identity/auth/api/module.hpp"

namespace emporion::auth {

/// The whole module over a fresh database, reached through its contract; time moves by hand. Jobs do not run by themselves.
class AuthFixture : public testing::PostgresTest {
 public:
  AuthFixture() : PostgresTest("auth", migrations()) {
    home_ = (std::filesystem::temp_directory_path() / text("auth-", security::hex(security::random_bytes(random_, 8)))).string();
    settings_.set("home", home_);
    module_ = definition().create({"auth", runtime(), database(), calls_, clock_, random_, settings_, jobs_});
    module_->bind(calls_);
    const auto started = run(module_->start());
    EMP_ASSERT(started.has_value());
  }
  ~AuthFixture() override {
    run(module_->stop());
    std::filesystem::remove_all(home_);
  }

 protected:
  static constexpr auto good_password = "correct horse battery";
  v1::AuthApi& api() { return calls_.get<v1::AuthApi>(); }
  testing::FakeClock& clock() { return clock_; }
  const std::string& home() const { return home_; }
  Uuid new_id() { return Uuid::v7(clock_.now(), random_); }

  CallContext by(Principal principal, std::string key = {}) {
    CallContext out(clock_.now() + seconds(20), new_id(), std::move(principal));
    out.idempotency_key = std::move(key);
    return out;
  }
  CallContext guest(std::string key = {}) { return by(Principal::guest(), std::move(key)); }
  CallContext staff(std::vector<std::string> permissions, std::string key = {}) {
    return by({.realm = Realm::staff, .id = Uuid::from_name("staff"), .session = Uuid::from_name("staff session"), .permissions = std::move(permissions)},
              std::move(key));
  }
  /// The context of a token's bearer, as the gateway would make it.
  CallContext bearer(const v1::TokenResponse& tokens) { return by(claims(tokens.access_token)->principal()); }

  Result<std::shared_ptr<const security::AccessClaims>> verify(const std::string& token) {
    const auto published = run(api().jwks(guest(), {}));
    security::TokenVerifier verifier({.issuer = "emporion", .audience = "emporion"}, clock_);
    verifier.replace_keys(*security::KeySet::from_jwks(to_json(*published)));
    return verifier.verify(token);
  }
  std::shared_ptr<const security::AccessClaims> claims(const std::string& token) {
    const auto verified = verify(token);
    EXPECT_TRUE(verified.has_value());
    return verified ? *verified : std::make_shared<const security::AccessClaims>();
  }

  Result<v1::RegisterResponse> enter(const std::string& email, std::string password = good_password) {
    return run(api().register_(guest(new_id().to_string()), {.email = email, .password = std::move(password)}));
  }
  v1::LoginRequest login_of(const std::string& email, std::string password = good_password, v1::LoginRealm realm = v1::LoginRealm::customer) {
    return {.identifier = email, .password = std::move(password), .realm = realm, .user_agent = "shop/1.0", .client_address = "192.0.2.1"};
  }
  Result<v1::TokenResponse> login(const std::string& email, std::string password = good_password, v1::LoginRealm realm = v1::LoginRealm::customer) {
    return run(api().login(guest(), login_of(email, std::move(password), realm)));
  }
  v1::RefreshRequest refresh_of(const v1::TokenResponse& tokens, std::string user_agent = "shop/1.0") {
    return {.refresh_token = tokens.refresh_token, .user_agent = std::move(user_agent), .client_address = "192.0.2.1"};
  }
  Result<v1::TokenResponse> refresh(const v1::TokenResponse& tokens, std::string user_agent = "shop/1.0") {
    return run(api().refresh(guest(), refresh_of(tokens, std::move(user_agent))));
  }

  /// A member of the newest message of that kind, opened as Notification will.
  std::string delivered(const std::string& kind, const std::string& member) {
    const auto master = security::load_or_make_master_key(home_ + "/identity.key", random_);
    const auto vault = security::Vault::open_with(*master, "auth.secure_delivery");
    const auto id = value("SELECT id FROM secure_delivery WHERE kind = '" + kind + "' AND sealed IS NOT NULL ORDER BY created_at DESC, id DESC LIMIT 1");
    const auto sealed = security::from_hex(value("SELECT encode(sealed, 'hex') FROM secure_delivery WHERE id = '" + id + "'"));
    const auto plain = vault->open(*sealed, id);
    const auto document = json::Document::parse(plain->reveal());
    const auto found = document->root().member(member);
    return found ? std::string(found->string().value_or("")) : "";
  }
  std::int64_t count(const std::string& from) { return std::stoll(value("SELECT count(*) FROM " + from)); }
  std::int64_t said(const std::string& topic) { return count("outbox WHERE topic = '" + topic + "'"); }

 private:
  testing::FakeClock clock_;
  SystemRandom random_;
  config::Settings settings_;
  Calls calls_;
  Jobs jobs_{runtime(), database(), clock_, random_};
  std::string home_;
  std::unique_ptr<Module> module_;
};

std::string reason_of(const auto& result) { return result ? "none" : result.error().reason(); }

}  // namespace emporion::auth
