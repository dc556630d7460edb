#pragma once

#include "kernel/postgres/blocking.hpp"

namespace emporion::postgres {

enum class Look { statistics, vacuum_too };

/// Makes statistics of the tables that have something in them, and leaves those alone that have nothing yet. PostgreSQL plans for a table of which it knows
/// nothing as if it had ten pages; one that was looked at while it was empty is read from end to end, by every statement planned before autovacuum looks again.
/// A repeat is safe.
Result<> look_at_filled_tables(BlockingConnection& database, Look look);

}  // namespace emporion::postgres
