#pragma once

#include <string>
#include <utility>

#include "contracts/identity/auth/v1/auth_api.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/security/keys.hpp"

namespace emporion::gateway {

/// Auth as far as the gateway calls it: publishes one key, and the sessions that a test revokes.
class FakeAuth final : public auth::v1::AuthApi {
 public:
  explicit FakeAuth(security::VerificationKey key) : key_(std::move(key)) {}

  Task<Result<auth::v1::JwksResponse>> jwks(CallContext, auth::v1::JwksRequest) override {
    co_return parse_json<auth::v1::JwksResponse>("{\"keys\":[" + key_.to_jwk() + "]}");
  }
  Task<Result<auth::v1::RevocationsResponse>> revocations(CallContext, auth::v1::RevocationsRequest) override {
    auth::v1::RevocationsResponse out;
    for (const auto& session : revoked) out.sessions.push_back({.session_id = session});
    co_return out;
  }
  std::vector<Uuid> revoked;

#define EMP_UNUSED(name, Request, Response) \
  Task<Result<auth::v1::Response>> name(CallContext, auth::v1::Request) override { co_return fail(ErrorKind::unimplemented, "NOT_FAKED"); }
  EMP_UNUSED(register_, RegisterRequest, RegisterResponse)
  EMP_UNUSED(verify, VerifyRequest, VerifyResponse)
  EMP_UNUSED(resend_verification, ResendVerificationRequest, AcceptedResponse)
  EMP_UNUSED(import_customers, ImportCustomersRequest, ImportCustomersResponse)
  EMP_UNUSED(login, LoginRequest, TokenResponse)
  EMP_UNUSED(refresh, RefreshRequest, TokenResponse)
  EMP_UNUSED(logout, LogoutRequest, LogoutResponse)
  EMP_UNUSED(logout_all, LogoutAllRequest, LogoutResponse)
  EMP_UNUSED(act_as, ActAsRequest, TokenResponse)
  EMP_UNUSED(me, MeRequest, MeResponse)
  EMP_UNUSED(list_sessions, ListSessionsRequest, ListSessionsResponse)
  EMP_UNUSED(revoke_session, RevokeSessionRequest, LogoutResponse)
  EMP_UNUSED(password_policy, PasswordPolicyRequest, PasswordPolicyResponse)
  EMP_UNUSED(change_password, ChangePasswordRequest, AcceptedResponse)
  EMP_UNUSED(forgot_password, ForgotPasswordRequest, AcceptedResponse)
  EMP_UNUSED(reset_password, ResetPasswordRequest, AcceptedResponse)
  EMP_UNUSED(openid_configuration, OpenidConfigurationRequest, OpenidConfigurationResponse)
  EMP_UNUSED(rotate_keys, RotateKeysRequest, RotateKeysResponse)
  EMP_UNUSED(unlock, UnlockRequest, AcceptedResponse)
  EMP_UNUSED(enrol_staff, EnrolStaffRequest, EnrolStaffResponse)
#undef EMP_UNUSED

 private:
  security::VerificationKey key_;
};

}  // namespace emporion::gateway
