#pragma once

#include <optional>
#include <string>

#include "kernel/postgres/database.hpp"

namespace emporion::postgres {

/// The first answer to a request, as it was sent.
struct StoredAnswer {
  std::int32_t status = 200;
  std::string body;
};

/// Whose key it is and for what: the primary key of a first answer.
struct IdempotencyScope {
  std::string caller;     ///< "customer:<id>", "guest:<cart>", "staff:<id>", "service:<name>"
  std::string operation;  ///< "checkout.add_item"
  std::string key;
  std::string request;  ///< The request in a canonical form; its SHA-256 is kept.
};

/// Claims the key in the transaction of the effect. Nothing: this is the first time; do the work, then `remember_answer`, then commit. An answer: send it again
/// and roll back. Errors: IDEMPOTENCY_KEY_REUSED (422, another request used the key), REQUEST_IN_PROGRESS (409, the first one still runs).
Task<Result<std::optional<StoredAnswer>>> claim_key(UnitOfWork& work, IdempotencyScope scope);
Task<Result<>> remember_answer(UnitOfWork& work, IdempotencyScope scope, StoredAnswer answer);

}  // namespace emporion::postgres
