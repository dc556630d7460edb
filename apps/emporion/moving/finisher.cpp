#include "apps/emporion/moving/finisher.hpp"

#include "kernel/base/text.hpp"
#include "kernel/postgres/dsn.hpp"

namespace emporion::app::moving {
namespace {

constexpr std::string_view lock_number = "5137620412718243843";  // Any number, the same for all who finish.

}  // namespace

Result<> Finisher::run(bool drop) {
  if (!order_.other_database) {
    say_(text("the database of ", order_.module.name, " did not move: nothing is left behind"));
    return {};
  }
  EMP_ASSIGN(const auto target, postgres::target_of_dsn(order_.from.superuser_dsn));
  old_name_ = target.database;
  EMP_ASSIGN(auto server, Connection::open(text(order_.from.superuser_dsn, " dbname=postgres")));
  EMP_TRY(server.run(text("SELECT pg_advisory_lock(", lock_number, ")")));  // Of two at once the second finds what the first has done.
  EMP_ASSIGN(to_, Connection::open(order_.to.superuser_dsn));
  EMP_TRY(expect_served());
  EMP_ASSIGN(const auto is_there, first_value(server, text("SELECT count(*) FROM pg_database WHERE datname = ", server.quoted_literal(old_name_))));
  if (is_there == "1") {
    EMP_ASSIGN(from_, Connection::open(order_.from.superuser_dsn));
    EMP_TRY(expect_left());
    EMP_TRY(expect_unused());
  }
  EMP_TRY(tell_what_goes(drop));
  if (!drop) return {};
  if (from_) {
    EMP_TRY(put_away_copy(order_.module.name, *from_, *to_));
    EMP_TRY(put_away_copy(order_.module.name, *to_, *from_));
    from_.reset();  // Or it would be in use by us.
  }
  return ends_.drop_what_was_left(
      text(order_.module.name, " has moved to another database, of process ", there_.last_process, "; give the placement that names it under databases"), say_);
}

Result<> Finisher::expect_at_rest(const Standing& standing) {
  if (standing.epoch == 0) return {};
  return fail(ErrorKind::conflict, "MOVE_UNDER_WAY", text("a move of ", order_.module.name, " to process ", standing.to_process, " is under way"));
}

/// The new place is the one that the last move decided for, it has been opened, and its process works there.
Result<> Finisher::expect_served() {
  EMP_ASSIGN(const auto is_made, first_value(*to_, "SELECT to_regclass('module_move') IS NOT NULL"));
  if (is_made == "t") {
    EMP_ASSIGN(there_, standing_of(*to_));
  }
  EMP_TRY(expect_at_rest(there_));
  if (there_.last_epoch == 0 || !there_.is_served() || there_.waits) {
    return fail(ErrorKind::conflict, "MODULE_NOT_MOVED",
                text(order_.module.name, " does not serve from the database that it was to move to: there is nothing to finish"));
  }
  EMP_ASSIGN(const auto serves,
             first_value(*to_, text("SELECT count(*) FROM module_seat s WHERE s.process = ", to_->quoted_literal(there_.last_process),
                                    " AND s.state IN ('serves', 'stays', 'ready_to_leave') AND s.epoch >= ", there_.last_epoch,
                                    " AND EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = current_database() AND a.application_name = 'emporion ",
                                    order_.module.name, "')")));
  if (serves != "0") return {};
  return fail(ErrorKind::unavailable, "NEW_PLACE_SILENT",
              text("process ", there_.last_process, " does not work on the new database just now: start it, and see that it sells before the old one goes"));
}

Result<> Finisher::expect_left() {
  EMP_ASSIGN(const Standing here, standing_of(*from_));
  EMP_TRY(expect_at_rest(here));
  if (here.last_epoch == there_.last_epoch && here.last_place == there_.place && !here.is_served()) return {};
  return fail(ErrorKind::conflict, "MODULE_NOT_MOVED",
              text("database ", old_name_, " is not the one that ", order_.module.name, " left for where it serves now (move ", there_.last_epoch,
                   "): it stays as it is"));
}

Result<> Finisher::expect_unused() {
  EMP_ASSIGN(
      const auto users,
      from_->run(text("SELECT coalesce(nullif(application_name, ''), usename, 'somebody') || ' (' || count(*) || ' connections)' FROM pg_stat_activity "
                      "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' GROUP BY application_name, "
                      "usename UNION ALL SELECT 'replication slot ' || slot_name FROM pg_replication_slots WHERE database = current_database() AND NOT (",
                      copy_slots(order_.module.name),
                      ") UNION ALL SELECT 'subscription ' || subname FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = "
                      "current_database()) AND subname <> '",
                      copy_name(order_.module.name),
                      "' UNION ALL SELECT 'prepared transaction ' || gid FROM pg_prepared_xacts WHERE database = current_database()")));
  if (users.empty()) return {};
  std::vector<std::string> names;
  for (const auto& row : users) names.push_back(row[0].value_or(""));
  return fail(ErrorKind::conflict, "OLD_PLACE_IN_USE",
              text("database ", old_name_, " is still used by ", listed(names), ": restart processes that have ", order_.module.name,
                   " in a placement of before with the new one, end what else there is, and give the order again"));
}

Result<> Finisher::tell_what_goes(bool drop) {
  const std::string serves = text(order_.module.name, " serves from process ", there_.last_process, " (move ", there_.last_epoch, ")");
  if (!from_) {
    say_(text(serves, "; the old database is gone"));
    return {};
  }
  EMP_ASSIGN(const auto size, first_value(*from_, "SELECT pg_size_pretty(pg_database_size(current_database()))"));
  say_(text(serves, "; nobody uses the old database ", old_name_, " (", size, ") any more"));
  if (!drop) say_("it would go, with its role: give --yes, too");
  return {};
}

}  // namespace emporion::app::moving
