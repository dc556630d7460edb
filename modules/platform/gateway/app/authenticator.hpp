#pragma once

#include <unordered_map>
#include <unordered_set>

#include "contracts/identity/auth/v1/auth_api.hpp"
#include "contracts/identity/user/v1/user_api.hpp"
#include "kernel/rpc/calls.hpp"
#include "kernel/security/token.hpp"

namespace emporion::gateway {

/// Who a request speaks for: verifies the access token by the published keys, refuses revoked sessions, and adds what a member of staff may do.
class Authenticator final : public security::TokenStatus {
 public:
  Authenticator(Calls& calls, security::TokenVerifier::Expected expected, const Clock& clock)
      : calls_(calls), clock_(clock), verifier_(std::move(expected), clock, this) {}

  /// Errors: those of TokenVerifier::verify; UNAVAILABLE when the permissions of staff cannot be read.
  Task<Result<Principal>> principal_of(CallContext context, std::string token);

  /// Loads keys and revocations; called at start, every 30 s, and on their events.
  Task<Result<>> reload(CallContext context);
  void revoke(Uuid session) { revoked_.insert(session); }
  void staff_changed(Uuid staff, std::int64_t permissions_version);
  /// When what is known of revocations is older than this, staff and changes are refused (AUT-12).
  bool is_stale() const { return clock_.now() - loaded_at_ > seconds(120); }

  bool is_revoked(Uuid session) const override { return revoked_.contains(session); }
  std::int64_t permissions_version(Uuid staff) const override;

 private:
  struct Staff {
    std::int64_t version = 0;
    std::vector<std::string> permissions;
    UtcTime read_at;
  };
  Task<Result<>> reload_keys(CallContext context);
  Task<Result<std::vector<std::string>>> permissions_of(CallContext context, Uuid staff, std::int64_t version);

  Calls& calls_;
  const Clock& clock_;
  security::TokenVerifier verifier_;
  std::unordered_set<Uuid> revoked_;
  std::unordered_map<Uuid, std::int64_t> staff_versions_;
  std::unordered_map<Uuid, Staff> staff_;
  UtcTime loaded_at_;
  UtcTime keys_asked_at_;
};

}  // namespace emporion::gateway
