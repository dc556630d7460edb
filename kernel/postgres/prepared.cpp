#include "kernel/postgres/prepared.hpp"

#include <libpq-fe.h>

#include <algorithm>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::postgres {

Prepared& PreparedStatements::find(const Bound& bound) {
  auto found = statements_.find(bound.statement.name);
  if (found == statements_.end()) {
    found = statements_.emplace(bound.statement.name, Prepared{}).first;
    found->second.statement = found->first;
    found->second.sql = bound.statement.sql;
    found->second.filters_optionally = has_optional_filter(bound.statement.sql);
    for (const auto& slot : bound.parameters.slots()) found->second.oids.push_back(slot.oid);
  }
  Prepared& known = found->second;
  const auto& slots = bound.parameters.slots();
  const bool same = known.sql == bound.statement.sql && known.oids.size() == slots.size() &&
                    std::ranges::equal(known.oids, slots, [](std::uint32_t oid, const auto& slot) { return oid == slot.oid; });
  if (!same) {
    observe::error("one statement name for two texts or two lists of parameter types", {{"statement", std::string(bound.statement.name)}});
    EMP_ASSERT(same);
  }
  return known;
}

bool PreparedStatements::send(pg_conn* session, Prepared& statement) {
  statement.name = text(statement.statement, "#", ++names_);
  statement.state = Prepared::State::pending;
  statement.error.reset();
  const std::string sql = fault::mutated(statement.statement, statement.sql);
  return PQsendPrepare(session, statement.name.c_str(), sql.c_str(), static_cast<int>(statement.oids.size()), statement.oids.data()) == 1;
}

}  // namespace emporion::postgres
