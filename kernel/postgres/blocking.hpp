#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/base/result.hpp"

namespace emporion::postgres {

/// A plain connection that waits for each answer: for start-up, migrations and tests, never on an io thread.
class BlockingConnection {
 public:
  /// Errors: DATABASE_UNAVAILABLE with the server's message.
  static Result<BlockingConnection> open(const std::string& dsn);

  using TextRows = std::vector<std::vector<std::optional<std::string>>>;
  /// Runs one or more statements without parameters and answers the last one's rows as text. Errors: DATABASE_ERROR with SQLSTATE in the metadata.
  Result<TextRows> run(const std::string& sql);
  /// One statement with text parameters.
  Result<TextRows> run(const std::string& sql, const std::vector<std::string>& parameters);
  std::string quoted_literal(const std::string& value);
  std::string quoted_name(const std::string& name);
  /// What the server keeps for a role's password, made here, so that the password itself is in no statement and no log.
  Result<std::string> password_secret(const std::string& role, const std::string& password);

 private:
  explicit BlockingConnection(std::shared_ptr<void> connection) : connection_(std::move(connection)) {}
  std::shared_ptr<void> connection_;
};

/// `name='value'` of a connection string, quoted as libpq wants it.
std::string dsn_part(std::string_view name, std::string_view value);

}  // namespace emporion::postgres
