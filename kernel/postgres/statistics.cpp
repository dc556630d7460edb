#include "kernel/postgres/statistics.hpp"

#include "kernel/base/text.hpp"

namespace emporion::postgres {

Result<> look_at_filled_tables(BlockingConnection& database, Look look) {
  EMP_ASSIGN(const auto rows, database.run("SELECT string_agg(c.oid::regclass::text, ', ') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                                           "WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND pg_relation_size(c.oid) > 0"));
  const auto& tables = rows[0][0];
  if (!tables) return {};
  EMP_TRY(database.run(text(look == Look::vacuum_too ? "VACUUM (ANALYZE) " : "ANALYZE ", *tables)));
  return {};
}

}  // namespace emporion::postgres
