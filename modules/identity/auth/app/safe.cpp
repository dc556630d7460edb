#include "modules/identity/auth/app/safe.hpp"

#include "kernel/base/text.hpp"
#include "kernel/security/master_key.hpp"

namespace emporion::auth {

Result<> Safe::open(const std::string& master_key_file, Random& random) {
  EMP_ASSIGN(const auto master, security::load_or_make_master_key(master_key_file, random));
  EMP_ASSIGN(keys_, security::Vault::open_with(master, "auth.signing_key"));
  EMP_ASSIGN(sessions_, security::Vault::open_with(master, "auth.session"));
  EMP_ASSIGN(deliveries_, security::Vault::open_with(master, "auth.secure_delivery"));
  hash_key_ = security::Secret(security::hmac_sha256(master.reveal(), "auth.keyed_hash"));
  return {};
}

std::string Safe::keyed_hash(std::string_view purpose, std::string_view given) const {
  return security::hmac_sha256(hash_key_->reveal(), text(purpose, '\n', given));
}

}  // namespace emporion::auth
