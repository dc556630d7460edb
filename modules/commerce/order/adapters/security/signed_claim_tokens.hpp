#pragma once

#include "kernel/base/random.hpp"
#include "kernel/security/secret.hpp"
#include "modules/commerce/order/app/claiming.hpp"

namespace emporion::order {

/// "order.expiry_hex.hmac": HMAC-SHA-256 under a key that is the master key's, for this purpose only. Every replica with the same master key takes it.
class SignedClaimTokens : public ClaimTokens {
 public:
  /// Errors: those of security::load_or_make_master_key.
  Result<> open(const std::string& master_key_file, Random& random);
  /// For tests: with this secret in place of the file's.
  void open_with(std::string_view master);

  std::string issue(Uuid order_id, std::string_view email, UtcTime expires_at) const override;
  Result<Claim> read(std::string_view token) const override;
  bool is_genuine(const Claim& claim, std::string_view email) const override;

 private:
  std::string signature(Uuid order_id, std::string_view email, UtcTime expires_at) const;
  std::optional<security::Secret> key_;
};

}  // namespace emporion::order
