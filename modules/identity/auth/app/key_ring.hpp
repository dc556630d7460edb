#pragma once

#include <optional>

#include "kernel/async/runtime.hpp"
#include "kernel/rpc/call_context.hpp"
#include "kernel/security/keys.hpp"
#include "modules/identity/auth/app/ports.hpp"
#include "modules/identity/auth/app/safe.hpp"

namespace emporion::auth {

/// The signing keys. One is active; a spare is always published beside it, so that rotation never signs with a key that verifiers have not seen for an hour
/// (AUT-8).
class KeyRing {
 public:
  KeyRing(Runtime& runtime, KeyStore& store, const Safe& safe, const Clock& clock, Random& random)
      : runtime_(runtime), store_(store), safe_(safe), clock_(clock), random_(random) {}

  /// Makes the first key if there is none, and loads what is published.
  Task<Result<>> start(Uuid trace);
  /// The job: a spare if there is none, rotation when the active key is a day old. Safe to repeat and to race.
  Task<Result<>> tend(Uuid trace);
  /// Rotates now. Errors: KEY_NOT_READY (the spare has not been published for an hour; retry later).
  Task<Result<std::string>> rotate(Uuid trace);
  /// Every key that signs or verifies dies at once; the spare takes over, or a new key where there is none.
  Task<Result<std::string>> rotate_in_emergency(Uuid trace);
  Task<Result<>> reload();

  /// The active key, at most 30 s old knowledge: another replica may have rotated.
  Task<Result<security::SigningKey>> active();
  Task<Result<v1::JwksResponse>> published();

 private:
  Task<Result<>> add_key(Uuid trace);
  Task<Result<>> refresh_if_old();

  Runtime& runtime_;
  KeyStore& store_;
  const Safe& safe_;
  const Clock& clock_;
  Random& random_;
  std::optional<security::SigningKey> active_;
  v1::JwksResponse published_;
  bool has_spare_ = false;
  UtcTime loaded_at_;
};

}  // namespace emporion::auth
