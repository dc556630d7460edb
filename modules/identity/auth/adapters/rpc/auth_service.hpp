#pragma once

#include "modules/identity/auth/app/accounts.hpp"
#include "modules/identity/auth/app/sign_in.hpp"

namespace emporion::auth {

/// The contract over the use cases.
class AuthService final : public v1::AuthApi {
 public:
  AuthService(SignIn& sign_in, Accounts& accounts, SessionStore& sessions, AccountStore& account_store, KeyRing& keys, const IdentitySettings& settings,
              const Clock& clock)
      : sign_in_(sign_in), accounts_(accounts), sessions_(sessions), account_store_(account_store), keys_(keys), settings_(settings), clock_(clock) {}

  Task<Result<v1::RegisterResponse>> register_(CallContext context, v1::RegisterRequest request) override;
  Task<Result<v1::VerifyResponse>> verify(CallContext context, v1::VerifyRequest request) override;
  Task<Result<v1::AcceptedResponse>> resend_verification(CallContext context, v1::ResendVerificationRequest request) override;
  Task<Result<v1::ImportCustomersResponse>> import_customers(CallContext context, v1::ImportCustomersRequest request) override;
  Task<Result<v1::TokenResponse>> login(CallContext context, v1::LoginRequest request) override;
  Task<Result<v1::TokenResponse>> refresh(CallContext context, v1::RefreshRequest request) override;
  Task<Result<v1::LogoutResponse>> logout(CallContext context, v1::LogoutRequest request) override;
  Task<Result<v1::LogoutResponse>> logout_all(CallContext context, v1::LogoutAllRequest request) override;
  Task<Result<v1::TokenResponse>> act_as(CallContext context, v1::ActAsRequest request) override;
  Task<Result<v1::MeResponse>> me(CallContext context, v1::MeRequest request) override;
  Task<Result<v1::ListSessionsResponse>> list_sessions(CallContext context, v1::ListSessionsRequest request) override;
  Task<Result<v1::LogoutResponse>> revoke_session(CallContext context, v1::RevokeSessionRequest request) override;
  Task<Result<v1::PasswordPolicyResponse>> password_policy(CallContext context, v1::PasswordPolicyRequest request) override;
  Task<Result<v1::AcceptedResponse>> change_password(CallContext context, v1::ChangePasswordRequest request) override;
  Task<Result<v1::AcceptedResponse>> forgot_password(CallContext context, v1::ForgotPasswordRequest request) override;
  Task<Result<v1::AcceptedResponse>> reset_password(CallContext context, v1::ResetPasswordRequest request) override;
  Task<Result<v1::JwksResponse>> jwks(CallContext context, v1::JwksRequest request) override;
  Task<Result<v1::OpenidConfigurationResponse>> openid_configuration(CallContext context, v1::OpenidConfigurationRequest request) override;
  Task<Result<v1::RevocationsResponse>> revocations(CallContext context, v1::RevocationsRequest request) override;
  Task<Result<v1::RotateKeysResponse>> rotate_keys(CallContext context, v1::RotateKeysRequest request) override;
  Task<Result<v1::EnrolStaffResponse>> enrol_staff(CallContext context, v1::EnrolStaffRequest request) override;
  Task<Result<v1::AcceptedResponse>> unlock(CallContext context, v1::UnlockRequest request) override;

 private:
  SignIn& sign_in_;
  Accounts& accounts_;
  SessionStore& sessions_;
  AccountStore& account_store_;
  KeyRing& keys_;
  const IdentitySettings& settings_;
  const Clock& clock_;
};

}  // namespace emporion::auth
