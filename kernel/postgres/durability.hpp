#pragma once

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"

namespace emporion::postgres {

class Database;

/// Refuses a server that may lose what it has confirmed: `fsync`, `full_page_writes` or `synchronous_commit` is off in a session of this database, wherever
/// that was set (server, database, role). Changes nothing. Errors: DATABASE_NOT_DURABLE, which names the settings; DATABASE_UNAVAILABLE.
Task<Result<>> expect_durable(Database& database);

}  // namespace emporion::postgres
