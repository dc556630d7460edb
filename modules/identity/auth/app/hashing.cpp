#include "modules/identity/auth/app/hashing.hpp"

#include "kernel/security/crypto.hpp"

namespace emporion::auth {

Task<Result<>> Hashing::start(Random& random) {
  EMP_CO_ASSIGN(dummy_, co_await hash(security::Password(security::random_token(random))));
  co_return Result<>();
}

Result<> Hashing::enter() {
  if (waiting_ >= queue_max) return fail(Error(ErrorKind::unavailable, "HASH_QUEUE_FULL", "too many are signing in").with("retry_after", 1));
  ++waiting_;
  return {};
}

Task<Result<std::string>> Hashing::hash(security::Password password) {
  EMP_CO_TRY(enter());
  auto made = co_await runtime_.on_worker<Result<std::string>>([password = std::move(password)] { return security::hash_password(password); });
  --waiting_;
  co_return made;
}

Task<Result<bool>> Hashing::verify(std::optional<std::string> phc, security::Password password) {
  EMP_CO_TRY(enter());
  const bool is_known = phc.has_value();
  const bool fits = co_await runtime_.on_worker<bool>(
      [against = phc ? std::move(*phc) : dummy_, password = std::move(password)] { return security::verify_password(against, password); });
  --waiting_;
  co_return is_known&& fits;
}

}  // namespace emporion::auth
