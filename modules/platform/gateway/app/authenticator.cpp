#include "modules/platform/gateway/app/authenticator.hpp"

#include "kernel/json/codec.hpp"

namespace emporion::gateway {
namespace {
constexpr seconds keys_asked_again{30};
constexpr minutes permissions_kept{5};
}  // namespace

Task<Result<>> Authenticator::reload_keys(CallContext context) {
  keys_asked_at_ = clock_.now();
  EMP_CO_ASSIGN(const auto published, co_await calls_.get<auth::v1::AuthApi>().jwks(context.as_service("gateway"), {}));
  EMP_CO_ASSIGN(auto keys, security::KeySet::from_jwks(to_json(published)));
  verifier_.replace_keys(std::move(keys));
  co_return Result<>();
}

Task<Result<>> Authenticator::reload(CallContext context) {
  EMP_CO_TRY(co_await reload_keys(context));
  EMP_CO_ASSIGN(const auto known, co_await calls_.get<auth::v1::AuthApi>().revocations(context.as_service("gateway"), {}));
  std::unordered_set<Uuid> revoked;
  for (const auto& session : known.sessions) revoked.insert(session.session_id);
  revoked_ = std::move(revoked);
  for (const auto& staff : known.staff) staff_changed(staff.principal_id, staff.permissions_version);
  loaded_at_ = clock_.now();
  co_return Result<>();
}

void Authenticator::staff_changed(Uuid staff, std::int64_t permissions_version) {
  auto& known = staff_versions_[staff];
  if (permissions_version > known) known = permissions_version;
}

std::int64_t Authenticator::permissions_version(Uuid staff) const {
  const auto found = staff_versions_.find(staff);
  return found == staff_versions_.end() ? 0 : found->second;
}

Task<Result<std::vector<std::string>>> Authenticator::permissions_of(CallContext context, Uuid staff, std::int64_t version) {
  if (const auto found = staff_.find(staff);
      found != staff_.end() && found->second.version >= version && clock_.now() - found->second.read_at < permissions_kept) {
    co_return found->second.permissions;
  }
  EMP_CO_ASSIGN(auto answer, co_await calls_.get<user::v1::UserApi>().effective_permissions(context.as_service("gateway"), {.id = staff}));
  auto& kept = staff_[staff];
  kept = {answer.permissions_version, std::move(answer.permissions), clock_.now()};
  co_return kept.permissions;
}

Task<Result<Principal>> Authenticator::principal_of(CallContext context, std::string token) {
  auto claims = verifier_.verify(token);
  if (!claims && claims.error().reason() == "UNKNOWN_SIGNING_KEY" && clock_.now() - keys_asked_at_ > keys_asked_again) {
    EMP_CO_TRY(co_await reload_keys(context));
    claims = verifier_.verify(token);
  }
  if (!claims) co_return fail(claims.error());
  Principal out = (*claims)->principal();
  if (out.realm == Realm::service) co_return fail(ErrorKind::unauthenticated, "INVALID_TOKEN", "service tokens are not taken at the public entry");
  if (out.realm == Realm::staff) {
    EMP_CO_ASSIGN(out.permissions, co_await permissions_of(context, out.id, (*claims)->permissions_version));
  }
  co_return out;
}

}  // namespace emporion::gateway
