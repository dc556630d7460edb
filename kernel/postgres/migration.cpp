#include "kernel/postgres/migration.hpp"

#include <openssl/sha.h>

#include <array>
#include <map>

#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/postgres/blocking.hpp"

namespace emporion::postgres {
namespace {

constexpr std::string_view lock_number = "5137620412718243841";  // any number, the same for all; advisory locks are per database

std::string checksum_of(std::string_view sql) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(sql.data()), sql.size(), digest.data());
  std::string out;
  for (const unsigned char byte : digest) {
    out.push_back("0123456789abcdef"[byte >> 4]);
    out.push_back("0123456789abcdef"[byte & 15]);
  }
  return out;
}

std::string file_name(std::string_view part, const Migration& migration) {
  std::string number = std::to_string(migration.number);
  number.insert(0, 4 - std::min<std::size_t>(number.size(), 4), '0');
  return text(part, "/", number, "_", migration.name, ".sql");
}

using Applied = std::map<std::pair<std::string, int>, std::string>;  // (part, number) -> checksum

Result<Applied> read_applied(BlockingConnection& connection) {
  EMP_TRY(
      connection.run("CREATE TABLE IF NOT EXISTS schema_migration (part text NOT NULL, number int NOT NULL, name text NOT NULL, checksum text NOT NULL,"
                     " applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (part, number))"));
  EMP_ASSIGN(const auto rows, connection.run("SELECT part, number, checksum FROM schema_migration"));
  Applied applied;
  for (const auto& row : rows) applied[{*row[0], std::stoi(*row[1])}] = *row[2];
  return applied;
}

Result<> apply(BlockingConnection& connection, const std::string& part, const Migration& migration) {
  EMP_TRY(connection.run("BEGIN"));
  auto done = connection.run(fault::mutated(file_name(part, migration), migration.sql));
  if (done) {
    done = connection.run("INSERT INTO schema_migration (part, number, name, checksum) VALUES ($1, $2::int, $3, $4)",
                          {part, std::to_string(migration.number), std::string(migration.name), checksum_of(migration.sql)});
  }
  if (done) done = connection.run("COMMIT");
  if (!done) {
    (void)connection.run("ROLLBACK");
    return fail(ErrorKind::internal, "MIGRATION_FAILED", text(file_name(part, migration), ": ", done.error().detail()));
  }
  observe::info("migration applied", {{"file", file_name(part, migration)}});
  return {};
}

Result<int> apply_missing(BlockingConnection& connection, const Applied& applied, const std::string& part, std::span<const Migration> migrations) {
  int count = 0;
  for (const Migration& migration : migrations) {
    const auto found = applied.find({part, migration.number});
    if (found == applied.end()) {
      EMP_TRY(apply(connection, part, migration));
      ++count;
    } else if (found->second != checksum_of(migration.sql)) {
      return fail(ErrorKind::internal, "MIGRATION_CHANGED", text(file_name(part, migration), " was applied with another text; write a new migration instead"));
    }
  }
  return count;
}

}  // namespace

Result<int> migrate(const std::string& dsn, std::span<const Migration> migrations) {
  EMP_ASSIGN(auto connection, BlockingConnection::open(dsn));
  EMP_TRY(connection.run("SET statement_timeout = 0; SET lock_timeout = '60s'; SET client_min_messages = warning"));
  // Ends with the connection, however we leave.
  if (auto locked = connection.run(text("SELECT pg_advisory_lock(", lock_number, ")")); !locked) {
    return fail(ErrorKind::internal, "MIGRATION_FAILED", locked.error().detail());
  }
  EMP_ASSIGN(const Applied applied, read_applied(connection));
  EMP_ASSIGN(const int kernel, apply_missing(connection, applied, "kernel", kernel_migrations()));
  EMP_ASSIGN(const int own, apply_missing(connection, applied, "module", migrations));
  return kernel + own;
}

}  // namespace emporion::postgres
