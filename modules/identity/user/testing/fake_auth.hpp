#pragma once

#include <map>
#include <string>

#include "contracts/identity/auth/v1/auth_api.hpp"

namespace emporion::user {

/// Auth as far as User calls it: takes enrolments, or refuses as it is told.
class FakeAuth final : public auth::v1::AuthApi {
 public:
  std::map<Uuid, auth::v1::EnrolStaffRequest> enrolled;
  int calls = 0;
  std::optional<Error> refusal;

  Task<Result<auth::v1::EnrolStaffResponse>> enrol_staff(CallContext context, auth::v1::EnrolStaffRequest request) override {
    EMP_ASSERT(context.open_transactions() == 0 && context.principal.service == "user");
    ++calls;
    if (refusal) co_return fail(*refusal);
    const Uuid id = request.user_id;
    enrolled.insert_or_assign(id, std::move(request));
    co_return auth::v1::EnrolStaffResponse{.principal_id = id};
  }

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
  EMP_UNUSED(jwks, JwksRequest, JwksResponse)
  EMP_UNUSED(openid_configuration, OpenidConfigurationRequest, OpenidConfigurationResponse)
  EMP_UNUSED(revocations, RevocationsRequest, RevocationsResponse)
  EMP_UNUSED(rotate_keys, RotateKeysRequest, RotateKeysResponse)
  EMP_UNUSED(unlock, UnlockRequest, AcceptedResponse)
#undef EMP_UNUSED
};

}  // namespace emporion::user
