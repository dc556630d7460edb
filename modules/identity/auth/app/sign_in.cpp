#include "modules/identity/auth/app/sign_in.hpp"

#include "kernel/base/text.hpp"
#include "modules/identity/auth/domain/identifier.hpp"
#include "modules/identity/auth/domain/lifetimes.hpp"

namespace emporion::auth {
namespace {

/// One answer for whatever was wrong (AUT-3).
std::unexpected<Error> invalid_credentials() { return fail(ErrorKind::unauthenticated, "INVALID_CREDENTIALS", "identifier or password is wrong"); }
std::unexpected<Error> session_revoked() { return fail(ErrorKind::unauthenticated, "SESSION_REVOKED", "sign in again"); }

std::string ua_hash_of(const std::optional<std::string>& user_agent) { return security::sha256(user_agent.value_or("")); }

/// Browsers get the refresh token as a cookie that no script can read; others get it in the body.
bool is_browser(const std::optional<std::string>& user_agent) { return user_agent && user_agent->starts_with("Mozilla/"); }

void hand_out(v1::TokenResponse& out, std::string refresh_token, bool as_cookie) {
  if (as_cookie) {
    out.refresh_cookie = std::move(refresh_token);
  } else {
    out.refresh_token = std::move(refresh_token);
  }
}

}  // namespace

Task<Result<v1::TokenResponse>> SignIn::login(CallContext context, v1::LoginRequest request) {
  // The password may change between its check and the opening of the session; then it is checked again.
  for (int attempt = 0; attempt < 2; ++attempt) {
    EMP_CO_ASSIGN(auto tokens, co_await try_login(context, request));
    if (tokens) co_return std::move(*tokens);
  }
  co_return invalid_credentials();
}

Task<Result<std::optional<v1::TokenResponse>>> SignIn::try_login(CallContext context, v1::LoginRequest request) {
  const UtcTime now = clock_.now();
  const bool is_staff = request.realm == v1::LoginRealm::staff;
  const std::string realm = is_staff ? "staff" : "customer";
  const auto parsed = parse_identifier(request.identifier);
  const Identifier identifier = parsed ? *parsed : Identifier{"email", std::string(trimmed(request.identifier)), {}};
  const std::string unknown_key = security::hex(safe_.keyed_hash("login", text(realm, ':', identifier.canonical)));

  EMP_CO_ASSIGN(auto candidate, co_await store_.find_login(realm, identifier.kind, identifier.canonical, unknown_key, now));
  auto phc = candidate.account ? candidate.account->password_hash : std::nullopt;
  EMP_CO_ASSIGN(const bool fits, co_await hashing_.verify(phc, security::Password(request.password)));
  const auto known = candidate.account ? std::optional(candidate.account->id) : std::nullopt;
  if (!fits || candidate.is_locked) {
    EMP_CO_TRY(co_await store_.login_failed(known ? known->to_string() : unknown_key, known, request.client_address, request.device_label.value_or(""), now,
                                            context.trace));
    co_return invalid_credentials();
  }

  OpenedSession session{.id = Uuid::v7(now, random_),
                        .principal = *known,
                        .is_staff = is_staff,
                        .device = request.device_label.value_or(""),
                        .ua_hash = ua_hash_of(request.user_agent),
                        .address = request.client_address,
                        .remember = request.remember.value_or(false),
                        .now = now};
  const security::Secret family_secret(security::random_bytes(random_, 32));
  session.sealed_secret = safe_.sessions().seal(family_secret.reveal(), session.id.to_string(), random_);
  EMP_CO_ASSIGN(const auto outcome, co_await store_.open(session, candidate.account->password_changed_at, context.trace));
  if (outcome == "changed") co_return std::optional<v1::TokenResponse>();
  if (outcome == "suspended") co_return fail(ErrorKind::permission_denied, "SUSPENDED", "this account is suspended");
  if (outcome != "opened") co_return invalid_credentials();

  if (security::needs_rehash(*phc)) {
    EMP_CO_ASSIGN(auto stronger, co_await hashing_.hash(security::Password(request.password)));
    EMP_CO_TRY(co_await store_.upgrade_hash(*known, *phc, std::move(stronger)));
  }
  EMP_CO_ASSIGN(auto out, co_await tokens_.access({.principal = *known,
                                                   .session = session.id,
                                                   .realm = is_staff ? Realm::staff : Realm::customer,
                                                   .authenticated_at = now,
                                                   .permissions_version = candidate.account->permissions_version}));
  hand_out(out, RefreshToken::write(session.id, 1, family_secret), is_browser(request.user_agent));
  co_return std::optional(std::move(out));
}

Task<Result<std::optional<StoredSession>>> SignIn::session_of(RefreshToken token) {
  EMP_CO_ASSIGN(auto session, co_await store_.find_session(token.session));
  if (!session) co_return std::optional<StoredSession>();
  EMP_CO_ASSIGN(const auto family_secret, safe_.sessions().open(session->sealed_secret, session->id.to_string()));
  if (!token.is_signed_by(family_secret)) co_return std::optional<StoredSession>();  // A guess never ends a family.
  co_return session;
}

Task<Result<v1::TokenResponse>> SignIn::refresh(CallContext context, v1::RefreshRequest request) {
  const bool by_cookie = !request.refresh_token && request.refresh_cookie;
  const auto& presented = by_cookie ? request.refresh_cookie : request.refresh_token;
  const auto token = presented ? RefreshToken::parse(*presented) : std::nullopt;
  if (!token) co_return session_revoked();
  EMP_CO_ASSIGN(const auto session, co_await session_of(*token));
  if (!session) co_return session_revoked();

  const UtcTime now = clock_.now();
  const bool is_staff = session->realm == "staff";
  const UtcTime idle_expires = now + lifetimes(is_staff, session->remember).idle;
  EMP_CO_ASSIGN(const auto refreshed, co_await store_.refresh(token->session, token->generation, ua_hash_of(request.user_agent), request.client_address, now,
                                                              idle_expires, context.trace));
  if (refreshed.outcome == RefreshOutcome::inactive || refreshed.outcome == RefreshOutcome::reused) co_return session_revoked();

  EMP_CO_ASSIGN(auto out, co_await tokens_.access({.principal = session->principal,
                                                   .session = session->id,
                                                   .realm = is_staff ? Realm::staff : Realm::customer,
                                                   .authenticated_at = session->authenticated_at,
                                                   .permissions_version = session->permissions_version}));
  EMP_CO_ASSIGN(const auto family_secret, safe_.sessions().open(session->sealed_secret, session->id.to_string()));
  hand_out(out, RefreshToken::write(session->id, refreshed.generation, family_secret), by_cookie);
  co_return out;
}

Task<Result<>> SignIn::logout(CallContext context, std::optional<std::string> refresh_token) {
  const UtcTime now = clock_.now();
  if (const auto token = refresh_token ? RefreshToken::parse(*refresh_token) : std::nullopt) {
    EMP_CO_ASSIGN(const auto session, co_await session_of(*token));
    if (session) EMP_CO_TRY(co_await store_.revoke(session->id, "logout", now, context.trace));
  }
  if (!context.principal.session.is_nil()) {
    // A token by which staff act for a customer names the staff's session; ending it is not the customer's to do.
    EMP_CO_ASSIGN(const bool own, co_await store_.is_session_of(context.principal.session, context.principal.id));
    if (own) EMP_CO_TRY(co_await store_.revoke(context.principal.session, "logout", now, context.trace));
  }
  co_return Result<>();
}

Task<Result<>> SignIn::revoke(CallContext context, Uuid session) {
  EMP_CO_ASSIGN(const bool own, co_await store_.is_session_of(session, context.principal.id));
  if (!own) co_return fail(ErrorKind::not_found, "SESSION_NOT_FOUND", "no such session");
  EMP_CO_TRY(co_await store_.revoke(session, "owner", clock_.now(), context.trace));
  co_return Result<>();
}

}  // namespace emporion::auth
