#include "modules/identity/auth/app/key_ring.hpp"

#include "kernel/json/codec.hpp"

namespace emporion::auth {
namespace {
constexpr seconds known_for{30};
}

Task<Result<>> KeyRing::add_key(Uuid trace) {
  const auto key = co_await runtime_.on_worker<security::SigningKey>([] { return security::SigningKey::generate(); });
  auto sealed = safe_.keys().seal(key.private_der().reveal(), key.kid(), random_);
  co_return co_await store_.add(key.kid(), std::move(sealed), key.public_key().to_jwk(), clock_.now(), trace);
}

Task<Result<>> KeyRing::start(Uuid trace) {
  EMP_CO_TRY(co_await reload());
  if (!active_) {
    EMP_CO_TRY(co_await add_key(trace));
    EMP_CO_TRY(co_await reload());
  }
  co_return Result<>();
}

Task<Result<>> KeyRing::tend(Uuid trace) {
  EMP_CO_TRY(co_await store_.rotate(false, clock_.now(), trace));
  EMP_CO_TRY(co_await reload());
  if (!has_spare_) {
    EMP_CO_TRY(co_await add_key(trace));
    EMP_CO_TRY(co_await reload());
  }
  co_return Result<>();
}

Task<Result<std::string>> KeyRing::rotate(Uuid trace) {
  EMP_CO_ASSIGN(auto kid, co_await store_.rotate(true, clock_.now(), trace));
  if (!kid) co_return fail(ErrorKind::conflict, "KEY_NOT_READY", "the next key has not been published for an hour");
  EMP_CO_TRY(co_await reload());
  co_return std::move(*kid);
}

Task<Result<std::string>> KeyRing::rotate_in_emergency(Uuid trace) {
  EMP_CO_ASSIGN(auto kid, co_await store_.revoke_all(clock_.now(), trace));
  if (!kid) {
    EMP_CO_TRY(co_await add_key(trace));  // As the spare: another active key is there.
    EMP_CO_ASSIGN(kid, co_await store_.revoke_all(clock_.now(), trace));
    if (!kid) co_return fail(ErrorKind::conflict, "KEY_NOT_READY", "another rotation is under way");
  }
  EMP_CO_TRY(co_await reload());
  co_return std::move(*kid);
}

Task<Result<>> KeyRing::reload() {
  EMP_CO_ASSIGN(const auto stored, co_await store_.published(clock_.now()));
  std::optional<security::SigningKey> active;
  v1::JwksResponse published;
  bool has_spare = false;
  for (const auto& key : stored) {
    EMP_CO_ASSIGN(auto jwk, parse_json<v1::Jwk>(key.jwk));
    published.keys.push_back(std::move(jwk));
    has_spare = has_spare || key.state == "pending";
    if (key.state != "active") continue;
    if (active_ && active_->kid() == key.kid) {
      active = active_;
      continue;
    }
    EMP_CO_ASSIGN(const auto der, safe_.keys().open(key.sealed, key.kid));
    EMP_CO_ASSIGN(active, security::SigningKey::from_private_der(der));
  }
  active_ = std::move(active);
  published_ = std::move(published);
  has_spare_ = has_spare;
  loaded_at_ = clock_.now();
  co_return Result<>();
}

Task<Result<>> KeyRing::refresh_if_old() {
  if (clock_.now() - loaded_at_ > known_for) co_return co_await reload();
  co_return Result<>();
}

Task<Result<security::SigningKey>> KeyRing::active() {
  EMP_CO_TRY(co_await refresh_if_old());
  if (!active_) co_return fail(ErrorKind::unavailable, "NO_SIGNING_KEY", "no key signs at the moment");
  co_return *active_;
}

Task<Result<v1::JwksResponse>> KeyRing::published() {
  EMP_CO_TRY(co_await refresh_if_old());
  co_return published_;
}

}  // namespace emporion::auth
