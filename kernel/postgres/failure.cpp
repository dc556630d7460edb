#include "kernel/postgres/failure.hpp"

#include <libpq-fe.h>

#include <array>
#include <charconv>
#include <optional>

#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/rpc/status.hpp"

namespace emporion::postgres {
namespace {

struct Meaning {
  std::string_view sqlstate;  ///< All five characters, or the class's two.
  ErrorKind kind;
  const char* reason;
  std::string_view detail;
};

// Source: PostgreSQL 15, appendix A. Nothing of what these refuse took effect.
constexpr auto meanings = std::to_array<Meaning>({
    {"23505", ErrorKind::conflict, "UNIQUE_VIOLATION", "there is one like it already"},
    {"23503", ErrorKind::conflict, "FOREIGN_KEY_VIOLATION", "it refers to something that is not there, or is referred to"},
    {"23514", ErrorKind::conflict, "CHECK_VIOLATION", "a check of the table refuses it"},
    {"23P01", ErrorKind::conflict, "EXCLUSION_VIOLATION", "it overlaps with another"},
    {"40001", ErrorKind::unavailable, "DATABASE_RETRY", "another transaction came between"},
    {"40P01", ErrorKind::unavailable, "DATABASE_RETRY", "a deadlock was broken"},
    {"0A000", ErrorKind::unavailable, "DATABASE_RETRY", "the schema changed under a prepared statement"},
    {"26000", ErrorKind::unavailable, "DATABASE_RETRY", "the statement is to be prepared again"},
    {"55P03", ErrorKind::unavailable, "LOCK_TIMEOUT", "a row stayed locked for too long"},
    {"57014", ErrorKind::unavailable, "STATEMENT_TIMEOUT", "the statement took too long"},
    {"42501", ErrorKind::unavailable, "DATABASE_MOVED", "this database serves its module no longer; the module serves elsewhere"},
    {"25006", ErrorKind::unavailable, "DATABASE_UNAVAILABLE", "the server takes no writes now"},
    {"53", ErrorKind::unavailable, "DATABASE_UNAVAILABLE", "the server is out of a resource"},
    {"57P", ErrorKind::unavailable, "DATABASE_UNAVAILABLE", "the server is going down or coming up"},
});

/// "EM422" -> 422
std::optional<ErrorKind> own_kind(std::string_view sqlstate) {
  if (sqlstate.size() != 5 || !sqlstate.starts_with("EM")) return std::nullopt;
  int status = 0;
  const auto [end, error] = std::from_chars(sqlstate.data() + 2, sqlstate.data() + 5, status);
  if (error != std::errc() || end != sqlstate.data() + 5) return std::nullopt;
  return rpc::kind_of_http_status(status);
}

Error own_error(ErrorKind kind, const Failure& failure) {
  Error out(kind, failure.message, failure.hint);
  const auto facts = json::Document::parse(failure.detail);
  if (!facts) return out;
  facts->root().for_each_member([&](std::string_view name, json::Value value) {
    out = std::move(out).with_json(name, value.to_json());
    return true;
  });
  return out;
}

std::string field_of(const PGresult* result, int field) {
  const char* value = PQresultErrorField(result, field);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

Failure failure_of(const pg_result* result) {
  Failure failure{field_of(result, PG_DIAG_SQLSTATE),     field_of(result, PG_DIAG_MESSAGE_PRIMARY), field_of(result, PG_DIAG_MESSAGE_DETAIL),
                  field_of(result, PG_DIAG_MESSAGE_HINT), field_of(result, PG_DIAG_CONSTRAINT_NAME), field_of(result, PG_DIAG_CONTEXT)};
  if (failure.message.empty()) failure.message = std::string(trimmed(PQresultErrorMessage(result)));
  return failure;
}

Error to_error(const Failure& failure, std::string_view statement) {
  if (const auto kind = own_kind(failure.sqlstate)) return own_error(*kind, failure);
  // Who waits for a key waits for the transaction that uses it first: for its row, or in idempotency_first before there is one.
  const auto is_of = [&](std::string_view place) { return failure.where.find(place) != std::string::npos; };
  if (failure.sqlstate == "55P03" && (is_of("relation \"idempotency") || is_of("function idempotency_first("))) {
    return Error(ErrorKind::conflict, "REQUEST_IN_PROGRESS", "the first request with this key is still running; ask again in a moment");
  }
  for (const Meaning& meaning : meanings) {
    if (!failure.sqlstate.starts_with(meaning.sqlstate)) continue;
    Error out(meaning.kind, meaning.reason, std::string(meaning.detail));
    return failure.constraint.empty() ? out : std::move(out).with("constraint", failure.constraint);
  }
  observe::error("a statement failed", {{"statement", std::string(statement)},
                                        {"sqlstate", failure.sqlstate},
                                        {"error", failure.message},
                                        {"detail", failure.detail},
                                        {"where", failure.where}});
  return Error(ErrorKind::internal, "DATABASE_ERROR", text("statement ", statement, " failed"));
}

Error database_unavailable(std::string_view why) { return Error(ErrorKind::unavailable, "DATABASE_UNAVAILABLE", std::string(why)); }
Error outcome_unknown(std::string_view why) { return Error(ErrorKind::deadline_exceeded, "COMMIT_OUTCOME_UNKNOWN", std::string(why)); }

}  // namespace emporion::postgres
