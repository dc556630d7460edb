#include "modules/platform/gateway/app/api_keys.hpp"

#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::gateway {
namespace {

constexpr std::string_view mark = "emp_";
constexpr std::size_t prefix_bytes = 6;

}  // namespace

NewSecret make_secret(Random& random, std::optional<std::string> prefix) {
  NewSecret out;
  out.prefix = prefix ? *prefix : security::hex(security::random_bytes(random, prefix_bytes));
  out.text = text(mark, out.prefix, '_', security::random_token(random));
  out.sha256 = security::sha256(out.text);
  return out;
}

void ApiKeys::replace(std::vector<KnownKey> keys) {
  by_prefix_.clear();
  for (auto& key : keys) {
    std::string prefix = key.prefix;
    by_prefix_.emplace(std::move(prefix), std::move(key));
  }
}

Result<const KnownKey*> ApiKeys::check(std::string_view given) {
  const auto refused = [] { return fail(ErrorKind::unauthenticated, "INVALID_API_KEY", "this key is not known, expired or revoked"); };
  if (given.size() > 200 || !given.starts_with(mark)) return refused();
  const auto rest = given.substr(mark.size());
  const auto found = by_prefix_.find(std::string(rest.substr(0, rest.find('_'))));
  if (found == by_prefix_.end()) return refused();
  const KnownKey& key = found->second;
  const UtcTime now = clock_.now();
  const std::string digest = security::sha256(given);
  const bool is_current = security::constant_time_equal(digest, key.secret_sha256);
  const bool is_previous = key.previous_sha256 && now < *key.previous_until && security::constant_time_equal(digest, *key.previous_sha256);
  if ((!is_current && !is_previous) || (key.expires_at && now >= *key.expires_at)) return refused();
  used_.insert(key.id);
  return &key;
}

Principal principal_of(const KnownKey& key) { return {.realm = Realm::staff, .id = key.id, .session = {}, .service = {}, .permissions = key.scopes}; }

}  // namespace emporion::gateway
