#include "modules/product/promotion/app/customer_keys.hpp"

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"
#include "kernel/security/master_key.hpp"

namespace emporion::promotion {

Result<> CustomerKeys::open(const std::string& master_key_file, Random& random) {
  EMP_ASSIGN(const auto master, security::load_or_make_master_key(master_key_file, random));
  key_.emplace(security::hmac_sha256(master.reveal(), "promotion.guest"));
  return {};
}

std::string CustomerKeys::of_guest(const std::string& email) const {
  EMP_ASSERT(key_.has_value());
  return text("g:", security::hex(security::hmac_sha256(key_->reveal(), ascii_lower(trimmed(email)))));
}

}  // namespace emporion::promotion
