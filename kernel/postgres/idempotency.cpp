#include "kernel/postgres/idempotency.hpp"

#include <openssl/sha.h>

#include "kernel/fault/mutation.hpp"

namespace emporion::postgres {
namespace {

constexpr Statement claim{"idempotency.claim", "SELECT is_first, is_same, status, body FROM idempotency_claim($1, $2, $3, $4)", Effect::writes};
constexpr Statement remember{"idempotency.remember", "UPDATE idempotency SET status = $4, body = $5 WHERE caller = $1 AND operation = $2 AND key = $3",
                             Effect::writes};

Bytes digest_of(const std::string& request) {
  Bytes out;
  out.value.resize(SHA256_DIGEST_LENGTH);
  SHA256(reinterpret_cast<const unsigned char*>(request.data()), request.size(), reinterpret_cast<unsigned char*>(out.value.data()));
  return out;
}

}  // namespace

Task<Result<std::optional<StoredAnswer>>> claim_key(UnitOfWork& work, IdempotencyScope scope) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(claim, scope.caller, scope.operation, scope.key, digest_of(scope.request)));
  const auto row = rows[0];
  if (row.get<bool>(0)) co_return std::optional<StoredAnswer>();
  if (!EMP_GUARD("idempotency.same_request", row.get<bool>(1)))
    co_return fail(ErrorKind::rule_violated, "IDEMPOTENCY_KEY_REUSED", "this key was used for another request; take a new key");
  co_return std::optional(StoredAnswer{row.get<std::optional<std::int32_t>>(2).value_or(200), row.get<std::optional<std::string>>(3).value_or("")});
}

Task<Result<>> remember_answer(UnitOfWork& work, IdempotencyScope scope, StoredAnswer answer) {
  EMP_CO_TRY(co_await work.query(remember, scope.caller, scope.operation, scope.key, answer.status, answer.body));
  co_return Result<>();
}

}  // namespace emporion::postgres
