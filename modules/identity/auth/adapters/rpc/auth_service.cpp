#include "modules/identity/auth/adapters/rpc/auth_service.hpp"

#include "kernel/base/text.hpp"
#include "modules/identity/auth/domain/password_policy.hpp"

namespace emporion::auth {
namespace {

v1::AcceptedResponse accepted() { return {.status_code = 202, .status = "accepted"}; }
v1::AcceptedResponse done() { return {.status_code = 200, .status = "done"}; }

}  // namespace

Task<Result<v1::RegisterResponse>> AuthService::register_(CallContext context, v1::RegisterRequest request) {
  EMP_CO_TRY(co_await accounts_.register_account(context, std::move(request)));
  co_return v1::RegisterResponse{.status_code = 202, .status = "accepted"};
}

Task<Result<v1::VerifyResponse>> AuthService::verify(CallContext context, v1::VerifyRequest request) {
  EMP_CO_TRY(co_await accounts_.verify(context, std::move(request)));
  co_return v1::VerifyResponse{.verified = true};
}

Task<Result<v1::AcceptedResponse>> AuthService::resend_verification(CallContext context, v1::ResendVerificationRequest request) {
  EMP_CO_TRY(co_await accounts_.resend_verification(context, std::move(request.identifier)));
  co_return accepted();
}

Task<Result<v1::ImportCustomersResponse>> AuthService::import_customers(CallContext context, v1::ImportCustomersRequest request) {
  co_return co_await accounts_.import_customers(context, std::move(request));
}

Task<Result<v1::TokenResponse>> AuthService::login(CallContext context, v1::LoginRequest request) {
  co_return co_await sign_in_.login(context, std::move(request));
}

Task<Result<v1::TokenResponse>> AuthService::refresh(CallContext context, v1::RefreshRequest request) {
  co_return co_await sign_in_.refresh(context, std::move(request));
}

Task<Result<v1::LogoutResponse>> AuthService::logout(CallContext context, v1::LogoutRequest request) {
  EMP_CO_TRY(co_await sign_in_.logout(context, request.refresh_token ? std::move(request.refresh_token) : std::move(request.refresh_cookie)));
  co_return v1::LogoutResponse{.status_code = 204};
}

Task<Result<v1::LogoutResponse>> AuthService::logout_all(CallContext context, v1::LogoutAllRequest) {
  EMP_CO_TRY(co_await sessions_.revoke_all(context.principal.id, "logout_all", clock_.now(), context.trace));
  co_return v1::LogoutResponse{.status_code = 204};
}

Task<Result<v1::TokenResponse>> AuthService::act_as(CallContext context, v1::ActAsRequest request) {
  co_return co_await accounts_.act_as(context, std::move(request));
}

Task<Result<v1::MeResponse>> AuthService::me(CallContext context, v1::MeRequest) {
  const auto& own = context.principal;
  EMP_CO_ASSIGN(auto email, co_await account_store_.email_of(own.id));
  v1::MeResponse out{
      .principal_id = own.id, .realm = own.realm == Realm::staff ? "staff" : "customer", .permissions = own.permissions, .acting_staff_id = own.acting_staff};
  if (email) {
    out.email = std::move(email->value);
    out.email_verified = email->is_verified;
  }
  if (!own.session.is_nil()) out.session_id = own.session;
  co_return out;
}

Task<Result<v1::ListSessionsResponse>> AuthService::list_sessions(CallContext context, v1::ListSessionsRequest) {
  v1::ListSessionsResponse out;
  EMP_CO_ASSIGN(out.sessions, co_await sessions_.sessions_of(context.principal.id, clock_.now()));
  for (auto& session : out.sessions) session.current = session.id == context.principal.session;
  co_return out;
}

Task<Result<v1::LogoutResponse>> AuthService::revoke_session(CallContext context, v1::RevokeSessionRequest request) {
  EMP_CO_TRY(co_await sign_in_.revoke(context, request.id));
  co_return v1::LogoutResponse{.status_code = 204};
}

Task<Result<v1::PasswordPolicyResponse>> AuthService::password_policy(CallContext, v1::PasswordPolicyRequest) {
  co_return v1::PasswordPolicyResponse{.min_length = password_length_min, .max_length = password_length_max, .refuses_common = true};
}

Task<Result<v1::AcceptedResponse>> AuthService::change_password(CallContext context, v1::ChangePasswordRequest request) {
  EMP_CO_TRY(co_await accounts_.change_password(context, std::move(request)));
  co_return done();
}

Task<Result<v1::AcceptedResponse>> AuthService::forgot_password(CallContext context, v1::ForgotPasswordRequest request) {
  EMP_CO_TRY(co_await accounts_.forgot_password(context, std::move(request.identifier)));
  co_return accepted();
}

Task<Result<v1::AcceptedResponse>> AuthService::reset_password(CallContext context, v1::ResetPasswordRequest request) {
  EMP_CO_TRY(co_await accounts_.reset_password(context, std::move(request)));
  co_return done();
}

Task<Result<v1::JwksResponse>> AuthService::jwks(CallContext, v1::JwksRequest) { co_return co_await keys_.published(); }

Task<Result<v1::OpenidConfigurationResponse>> AuthService::openid_configuration(CallContext, v1::OpenidConfigurationRequest) {
  co_return v1::OpenidConfigurationResponse{.issuer = settings_.issuer,
                                            .jwks_uri = text(settings_.public_url, "/.well-known/jwks.json"),
                                            .token_endpoint = text(settings_.public_url, "/api/v1/auth/tokens/refresh"),
                                            .id_token_signing_alg_values_supported = {"RS256"}};
}

Task<Result<v1::RevocationsResponse>> AuthService::revocations(CallContext, v1::RevocationsRequest request) {
  co_return co_await sessions_.revocations(request.since, clock_.now());
}

Task<Result<v1::RotateKeysResponse>> AuthService::rotate_keys(CallContext context, v1::RotateKeysRequest request) {
  auto rotated = request.emergency.value_or(false) ? co_await keys_.rotate_in_emergency(context.trace) : co_await keys_.rotate(context.trace);
  if (!rotated) co_return fail(rotated.error());
  co_return v1::RotateKeysResponse{.kid = std::move(*rotated)};
}

Task<Result<v1::EnrolStaffResponse>> AuthService::enrol_staff(CallContext context, v1::EnrolStaffRequest request) {
  const Uuid id = request.user_id;
  EMP_CO_TRY(co_await accounts_.enrol_staff(context, std::move(request)));
  co_return v1::EnrolStaffResponse{.principal_id = id};
}

Task<Result<v1::AcceptedResponse>> AuthService::unlock(CallContext context, v1::UnlockRequest request) {
  EMP_CO_TRY(co_await accounts_.unlock(context, request.id));
  co_return done();
}

}  // namespace emporion::auth
