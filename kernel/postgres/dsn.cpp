#include "kernel/postgres/dsn.hpp"

#include <libpq-fe.h>

#include <memory>

namespace emporion::postgres {

Result<DsnTarget> target_of_dsn(std::string_view dsn) {
  // The driver's message quotes the string, which may hold a password.
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(std::string(dsn).c_str(), nullptr), &PQconninfoFree);
  if (!options) return fail(ErrorKind::invalid_argument, "DSN_MALFORMED", "not a connection string of PostgreSQL");
  DsnTarget out{.host = "localhost", .port = "5432", .user = {}, .database = {}};
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr || *option->val == '\0') continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "host") out.host = option->val;
    if (keyword == "port") out.port = option->val;
    if (keyword == "user") out.user = option->val;
    if (keyword == "dbname") out.database = option->val;
  }
  if (out.database.empty()) out.database = out.user;
  return out;
}

}  // namespace emporion::postgres
