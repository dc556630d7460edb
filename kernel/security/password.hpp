#pragma once

#include <string>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/security/secret.hpp"

namespace emporion::security {

/// A password as typed. Printing or logging one does not compile.
class Password : public Secret {
 public:
  using Secret::Secret;
  /// Unicode code points; what length rules count (AUT-2). Bytes that are not UTF-8 count one each.
  std::size_t code_points() const noexcept;
};

/// The cost of argon2id v=19 with p=1, 16 salt bytes and 32 tag bytes. Source: identity.md §1 algorithm 4; OWASP password storage, second choice.
struct PasswordCost {
  std::size_t memory_kib = 19'456;
  unsigned passes = 2;
};

/// Hashes and checks passwords. Every call takes about 20 ms of one core: run it on a worker (Runtime::on_worker), behind a bounded queue.
/// With a pepper the hashed text is HMAC-SHA-256(pepper, password); its key id is stored by the caller.
/// Errors of hash: HASHING_FAILED (out of memory).
Result<std::string> hash_password(const Password& password, PasswordCost cost = {}, const Secret* pepper = nullptr);

/// True if `password` is the one that made `phc`: argon2id, or bcrypt ($2a$, $2b$, $2y$; never peppered) of imported accounts. Anything else is false.
/// Strings that ask for more than 1 GiB or 20 passes are refused without work.
bool verify_password(std::string_view phc, const Password& password, const Secret* pepper = nullptr);

/// True if `phc` is weaker than `cost` or of another algorithm: after a successful login, hash again.
bool needs_rehash(std::string_view phc, PasswordCost cost = {});

}  // namespace emporion::security
