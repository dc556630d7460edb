#pragma once

#include <string>
#include <utility>

#include "kernel/json/codec.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/postgres/idempotency.hpp"

namespace emporion::postgres {

/// "staff:<id>", "customer:<id>", "service:<name>" or "guest": whose idempotency keys these are.
std::string caller_of(const Principal& principal);

/// One statement that does the work and answers the contract's struct as JSON text in its first column, done once per idempotency key: statement, key and
/// answer are one commit, and a repeat gets the first answer. Errors: those of claim_key and of the statement; after an error the key is free again.
template <typename Answer, typename Request>
Task<Result<Answer>> answer_once(Database& database, CallContext context, std::string operation, Request request, Bound statement) {
  IdempotencyScope scope{caller_of(context.principal), std::move(operation), context.idempotency_key, to_json(request)};
  EMP_CO_ASSIGN(auto work, co_await database.begin(std::move(context)));
  EMP_CO_ASSIGN(const auto first, co_await claim_key(work, scope));
  if (first) co_return parse_json<Answer>(first->body);
  EMP_CO_ASSIGN(const auto rows, co_await work.run(std::move(statement)));
  const auto body = rows[0].template get<std::string>(0);
  EMP_CO_ASSIGN(auto answer, parse_json<Answer>(body));
  EMP_CO_TRY(co_await remember_answer(work, std::move(scope), {201, body}));
  EMP_CO_TRY(co_await work.commit());
  co_return answer;
}

}  // namespace emporion::postgres
