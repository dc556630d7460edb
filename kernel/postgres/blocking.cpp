#include "kernel/postgres/blocking.hpp"

#include <libpq-fe.h>

#include "kernel/base/text.hpp"
#include "kernel/postgres/dsn.hpp"

namespace emporion::postgres {
namespace {

PGconn* pg(const std::shared_ptr<void>& connection) { return static_cast<PGconn*>(connection.get()); }

std::string message_of(const char* message) { return std::string(trimmed(message)); }

Result<BlockingConnection::TextRows> rows_of(PGresult* raw) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(raw, &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    return fail(Error(ErrorKind::internal, "DATABASE_ERROR", message_of(PQresultErrorMessage(result.get()))).with("sqlstate", state == nullptr ? "" : state));
  }
  BlockingConnection::TextRows rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      const bool null = PQgetisnull(result.get(), static_cast<int>(row), column) != 0;
      rows[row].push_back(null ? std::nullopt : std::optional<std::string>(PQgetvalue(result.get(), static_cast<int>(row), column)));
    }
  }
  return rows;
}

/// One server. Defaults stand before the DSN: a session that takes writes, and none may keep us for long.
std::shared_ptr<void> dial(const std::string& dsn, const DsnHost& server) {
  const auto said_or_null = [](const std::string& part) { return part.empty() ? nullptr : part.c_str(); };
  const char* const names[] = {"target_session_attrs", "connect_timeout", "dbname", "host", "hostaddr", "port", nullptr};
  const char* const values[] = {"read-write", "5", dsn.c_str(), said_or_null(server.host), said_or_null(server.address), said_or_null(server.port), nullptr};
  return {PQconnectdbParams(names, values, 1), [](void* raw) { PQfinish(static_cast<PGconn*>(raw)); }};
}

}  // namespace

/// libpq's own walk over several servers ends at the first that refuses in words, such as a standby that does not have the database yet.
Result<BlockingConnection> BlockingConnection::open(const std::string& dsn) {
  const auto servers = hosts_of_dsn(dsn).value_or(std::vector<DsnHost>(1));
  std::string heard;
  for (const auto& server : servers) {
    auto connection = dial(dsn, server);
    if (PQstatus(pg(connection)) == CONNECTION_OK) {
      PQsetNoticeProcessor(pg(connection), [](void*, const char*) {}, nullptr);
      return BlockingConnection(std::move(connection));
    }
    heard += text(heard.empty() ? "" : "; ", message_of(PQerrorMessage(pg(connection))));
  }
  return fail(ErrorKind::unavailable, "DATABASE_UNAVAILABLE", std::move(heard));
}

Result<BlockingConnection::TextRows> BlockingConnection::run(const std::string& sql) { return rows_of(PQexec(pg(connection_), sql.c_str())); }

Result<BlockingConnection::TextRows> BlockingConnection::run(const std::string& sql, const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter.c_str());
  return rows_of(PQexecParams(pg(connection_), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0));
}

std::string BlockingConnection::quoted_literal(const std::string& value) {
  const std::unique_ptr<char, decltype(&PQfreemem)> quoted(PQescapeLiteral(pg(connection_), value.data(), value.size()), &PQfreemem);
  return quoted.get();
}

std::string BlockingConnection::quoted_name(const std::string& name) {
  const std::unique_ptr<char, decltype(&PQfreemem)> quoted(PQescapeIdentifier(pg(connection_), name.data(), name.size()), &PQfreemem);
  return quoted.get();
}

Result<std::string> BlockingConnection::password_secret(const std::string& role, const std::string& password) {
  const std::unique_ptr<char, decltype(&PQfreemem)> secret(PQencryptPasswordConn(pg(connection_), password.c_str(), role.c_str(), "scram-sha-256"), &PQfreemem);
  if (!secret) return fail(ErrorKind::internal, "DATABASE_ERROR", message_of(PQerrorMessage(pg(connection_))));
  return std::string(secret.get());
}

std::string dsn_part(std::string_view name, std::string_view value) {
  std::string out = text(name, "='");
  for (const char c : value) {
    if (c == '\'' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('\'');
  return out;
}

}  // namespace emporion::postgres
