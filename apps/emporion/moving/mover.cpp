#include "apps/emporion/moving/mover.hpp"

#include <chrono>
#include <sstream>
#include <thread>

#include "apps/emporion/moving/reach.hpp"
#include "apps/emporion/moving/room.hpp"
#include "kernel/base/text.hpp"
#include "kernel/postgres/dsn.hpp"
#include "kernel/postgres/migration.hpp"
#include "kernel/postgres/statistics.hpp"

namespace emporion::app::moving {
namespace {

using Time = std::chrono::steady_clock::time_point;
Time after(seconds span) { return std::chrono::steady_clock::now() + span; }
bool passed(Time end) { return std::chrono::steady_clock::now() > end; }
void pause(milliseconds span) { std::this_thread::sleep_for(span); }

constexpr seconds seats_wait{120};
constexpr seconds switch_wait{30};
constexpr seconds new_place_wait{30};
constexpr int lock_tries = 50;
constexpr seconds say_every{2};
constexpr seconds silent_for{3};  ///< Then it is looked whether there is anybody to wait for.

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string quoted(const std::string& value) {
  std::string out = "'";
  for (const char c : value) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string Mover::name() const { return copy_name(order_.module.name); }

Result<> Mover::open() {
  const auto connect = [](std::optional<Connection>& at, const std::string& dsn) -> Result<> {
    EMP_ASSIGN(at, Connection::open(dsn));
    return {};
  };
  EMP_TRY(connect(from_, order_.from.dsn));
  if (!order_.from.superuser_dsn.empty()) EMP_TRY(connect(from_super_, order_.from.superuser_dsn));
  if (order_.other_database) {
    EMP_TRY(connect(to_, order_.to.dsn));
    EMP_TRY(connect(to_super_, order_.to.superuser_dsn));
  } else {
    EMP_TRY(connect(to_, order_.from.dsn));
  }
  EMP_ASSIGN(state_, standing_of(*from_));
  return {};
}

Result<> Mover::run() {
  if (order_.other_database) EMP_TRY(make_schema());
  EMP_TRY(open());
  EMP_ASSIGN(const bool there, is_there_already());
  if (there) return {};
  EMP_TRY(prepare());
  EMP_TRY(announce());
  if (order_.other_database) EMP_TRY(replicate());
  EMP_TRY(wait_for_seats());
  EMP_TRY(switch_over());
  const auto serves = wait_for_new_place();
  EMP_TRY(clean_up());
  return serves;
}

/// A new database is closed to its module until it says that it waits: a process that came early would find it empty, and serve from it.
Result<> Mover::make_schema() {
  EMP_ASSIGN(const auto target, postgres::target_of_dsn(order_.to.dsn));
  EMP_ASSIGN(auto at, Connection::open(order_.to.superuser_dsn));
  const std::string role = at.quoted_name(target.user);
  EMP_ASSIGN(const auto is_open, first_value(at, text("SELECT rolcanlogin AND to_regclass('module_place') IS NOT NULL FROM pg_roles WHERE rolname = ",
                                                      at.quoted_literal(target.user))));
  if (is_open != "f") {
    EMP_TRY(postgres::migrate(order_.to.dsn, order_.module.migrations));
    return {};
  }
  EMP_TRY(at.run(text("ALTER ROLE ", role, " NOLOGIN")));
  EMP_TRY(postgres::migrate(text(order_.to.superuser_dsn, " ", postgres::dsn_part("options", text("-c role=", target.user))), order_.module.migrations));
  EMP_TRY(at.run("SELECT move_prepare(true) WHERE NOT EXISTS (SELECT FROM module_seat) AND NOT EXISTS (SELECT FROM module_move)"));
  EMP_TRY(at.run(text("ALTER ROLE ", role, " LOGIN")));
  return {};
}

/// A move that was decided is over; what it left lying about is put away.
Result<bool> Mover::is_there_already() {
  EMP_ASSIGN(const Standing there, standing_of(*to_));
  if (order_.to_process.empty()) {
    order_.to_process = state_.came_from_process;
    if (order_.to_addresses.empty() && !state_.came_from_addresses.empty()) order_.to_addresses = {state_.came_from_addresses};
  }
  if (order_.to_process.empty())
    return fail(ErrorKind::invalid_argument, "PROCESS_UNNAMED", text(order_.module.name, " came from nowhere: say with --to which process is to have it"));
  const bool decided = state_.last_epoch > 0 && state_.last_place == there.place && state_.last_process == order_.to_process;
  const bool arrived = there.last_epoch > 0 && there.last_place == there.place && there.last_process == order_.to_process;
  if (decided || (arrived && state_.epoch == 0 && there.last_epoch >= state_.last_epoch)) {
    epoch_ = std::max(state_.last_epoch, there.last_epoch);
    say_(text(order_.module.name, " serves from process ", order_.to_process, " (move ", epoch_, "), nothing is left to move"));
    EMP_TRY(wait_for_new_place());
    EMP_TRY(clean_up());
    return true;
  }
  if (!state_.is_served()) {
    return fail(ErrorKind::conflict, "MODULE_NOT_HERE",
                text(order_.module.name, " does not serve from the database it is to leave, but from process ", state_.last_process));
  }
  return false;
}

Result<> Mover::prepare() {
  if (!order_.other_database) return {};
  say_("step prepare: the new database");
  EMP_TRY(see_log());
  EMP_TRY(expect_same_schema());
  EMP_ASSIGN(const Standing there, standing_of(*to_));
  if (state_.epoch > 0 && state_.to_place == there.place && there.waits) return {};  // It is being filled.
  EMP_TRY(see_room());
  EMP_ASSIGN(const std::string seats, first_value(*to_, "SELECT count(*) FROM module_seat WHERE state IN ('serves', 'ready_to_leave', 'stays')"));
  const bool is_used = there.is_served() && seats != "0";
  EMP_TRY(clean_up());  // First: while a copy of an earlier move the other way stands, what is emptied here is emptied where the module serves.
  EMP_TRY(to_super_->run(text("SELECT move_prepare(", is_used ? "false" : "true", ")")));
  return {};
}

Result<> Mover::see_log() {
  EMP_ASSIGN(const std::string level, first_value(*from_super_, "SHOW wal_level"));
  if (level == "logical") return {};
  return fail(ErrorKind::rule_violated, "LOG_NOT_LOGICAL",
              text("the server that ", order_.module.name, " is to leave has wal_level ", level,
                   ": set wal_level = logical there, restart it, and give the order again; until then ", order_.module.name, " serves where it is"));
}

Result<> Mover::see_room() {
  EMP_ASSIGN(const Room room, room_for(*from_super_, *to_super_));
  const auto seen = expect_room(room);
  if (!seen && !order_.ignores_space) return fail(seen.error());
  say_(seen ? *seen : text(seen.error().detail(), "; nobody looks at that"));
  return {};
}

Result<> Mover::expect_same_schema() {
  constexpr const char* schema = "SELECT md5(string_agg(part || number || checksum, ',' ORDER BY part, number)) FROM schema_migration";
  EMP_ASSIGN(const auto old_schema, first_value(*from_, schema));
  EMP_ASSIGN(const auto new_schema, first_value(*to_, schema));
  if (old_schema == new_schema) return {};
  return fail(
      ErrorKind::conflict, "SCHEMAS_DIFFER",
      text("the databases of ", order_.module.name, " are of two versions; run emporion migrate with this version on the old one, and restart its processes"));
}

Result<> Mover::announce() {
  EMP_ASSIGN(const Standing there, standing_of(*to_));
  if (state_.epoch > 0) {
    if (state_.to_place != there.place || state_.to_process != order_.to_process) {
      return fail(ErrorKind::conflict, "MOVE_UNDER_WAY", text("a move to process ", state_.to_process, " is under way; finish it, or give it up with --abort"));
    }
    epoch_ = state_.epoch;
    EMP_ASSIGN(from_process_, first_value(*from_, text("SELECT from_process FROM module_move WHERE epoch = ", epoch_)));
    say_(text("step announce: move ", epoch_, " goes on"));
    return {};
  }
  EMP_TRY(clean_up());
  EMP_ASSIGN(from_process_,
             first_value(*from_, "SELECT process FROM module_seat WHERE state IN ('serves', 'ready_to_leave', 'stays') ORDER BY at DESC LIMIT 1"));
  if (from_process_.empty()) {
    return fail(ErrorKind::conflict, "MODULE_NOT_SERVED",
                text("no process has served ", order_.module.name, " yet: start it, or serve it from the new place at once by the placement alone"));
  }
  if (from_process_ == order_.to_process && !order_.other_database) {
    return fail(ErrorKind::conflict, "MODULE_THERE", text(order_.module.name, " is served by process ", from_process_, " already"));
  }
  auto from_addresses = order_.addresses_of(from_process_);
  if (from_addresses.empty()) {
    return fail(
        ErrorKind::invalid_argument, "ADDRESS_UNKNOWN",
        text("the placement does not say where process ", from_process_, ", which serves ", order_.module.name, " now, can be reached: give it a `listen`"));
  }
  EMP_ASSIGN(
      const auto epoch,
      first_value(*from_, text("INSERT INTO module_move (epoch, state, from_place, from_process, from_addresses, to_place, to_process, to_addresses) SELECT "
                               "coalesce(max(epoch), 0) + 1, 'announced', ",
                               quoted(state_.place), ", ", quoted(from_process_), ", ", quoted(joined(from_addresses)), ", ", quoted(there.place), ", ",
                               quoted(order_.to_process), ", ", quoted(joined(order_.to_addresses)), " FROM module_move RETURNING epoch")));
  epoch_ = std::stoll(epoch);
  say_(text("step announce: move ", epoch_, ", from process ", from_process_, " to ", order_.to_process, " at ", joined(order_.to_addresses)));
  return {};
}

/// A copy of all tables, and after it every commit in its order: with the last one comes the decision. The table of moves is first, so that the new place knows
/// of the move before it has anything else.
Result<> Mover::replicate() {
  const bool goes_on = state_.epoch == epoch_;
  EMP_ASSIGN(const auto has_slot, first_value(*from_super_, text("SELECT count(*) FROM pg_replication_slots WHERE slot_name = '", name(), "'")));
  EMP_ASSIGN(const auto has_subscription, first_value(*to_super_, text("SELECT count(*) FROM pg_subscription WHERE subname = '", name(), "'")));
  EMP_ASSIGN(const auto tables, first_value(*to_super_, "SELECT count(*) FROM pg_subscription_rel"));
  if (goes_on && has_slot == "1" && has_subscription == "1" && tables != "0" && tables != "1") {
    say_("step copy: goes on");
    return wait_for_copy();
  }
  say_("step copy: all rows, then every commit");
  EMP_TRY(clean_up());  // Half of it is none of it.
  EMP_TRY(to_super_->run("SELECT move_prepare(false)"));
  // Rows that are changed or deleted are named by their key, and where there is none, whole.
  EMP_ASSIGN(const auto keyless,
             from_super_->run("SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND "
                              "c.relreplident <> 'f' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)"));
  for (const auto& row : keyless) EMP_TRY(name_rows_whole(*row[0]));
  EMP_TRY(from_super_->run(
      text("CREATE PUBLICATION ", name(), " FOR TABLE module_move WITH (publish = 'insert, update, delete', publish_via_partition_root = true)")));
  EMP_TRY(from_super_->run(text("SELECT pg_create_logical_replication_slot('", name(), "', 'pgoutput')")));
  EMP_ASSIGN(const auto moves, first_value(*from_, "SELECT coalesce(json_agg(m), '[]') FROM module_move m"));
  EMP_TRY(to_super_->run(
      text("BEGIN; DELETE FROM module_move; INSERT INTO module_move SELECT * FROM json_populate_recordset(NULL::module_move, ", quoted(moves), "); COMMIT")));
  EMP_TRY(to_super_->run(text("CREATE SUBSCRIPTION ", name(), " CONNECTION ", quoted(order_.publisher_dsn), " PUBLICATION ", name(),
                              " WITH (create_slot = false, slot_name = '", name(), "', copy_data = false)")));
  EMP_ASSIGN(const auto names, first_value(*from_super_, "SELECT string_agg(name::text, ', ') FROM moving_table WHERE name <> 'module_move'::regclass"));
  EMP_TRY(from_super_->run(text("ALTER PUBLICATION ", name(), " ADD TABLE ", names)));
  EMP_TRY(to_super_->run(text("ALTER SUBSCRIPTION ", name(), " REFRESH PUBLICATION WITH (copy_data = true)")));
  return wait_for_copy();
}

/// The lock for it is given up before anybody could wait for us in a circle, and asked for again.
Result<> Mover::name_rows_whole(const std::string& table) {
  for (int tries = 1;; ++tries) {
    const auto done = from_super_->run(text("SET lock_timeout = '200ms'; ALTER TABLE ", table, " REPLICA IDENTITY FULL"));
    if (done) return {};
    if (tries == lock_tries) return fail(done.error());
    pause(milliseconds(100));
  }
}

Result<> Mover::wait_for_copy() {
  for (Time say_at = after(seconds(0));; pause(milliseconds(100))) {
    EMP_ASSIGN(const auto rows,
               to_super_->run("SELECT count(*), count(*) FILTER (WHERE srsubstate = 'r'), pg_size_pretty(pg_database_size(current_database())), "
                              "(SELECT coalesce(sum(tuples_processed), 0) FROM pg_stat_progress_copy) FROM pg_subscription_rel"));
    const auto& row = rows[0];
    EMP_ASSIGN(const auto lag,
               first_value(*from_super_, text("SELECT coalesce(pg_current_wal_lsn() - confirmed_flush_lsn, 0)::bigint FROM pg_replication_slots WHERE "
                                              "slot_name = '",
                                              name(), "'")));
    if (lag.empty()) {
      return fail(ErrorKind::unavailable, "SLOT_LOST",
                  "the old database no longer keeps what the new one has not read; give the order again, and it begins anew");
    }
    const bool is_ready = row[0] == row[1] && std::stoll(lag) < (1 << 20);
    if (is_ready || passed(say_at)) {
      say_(text("copied ", *row[1], " of ", *row[0], " tables, ", *row[3], " rows of those under way, ", *row[2], "; ", lag, " bytes behind"));
      say_at = after(say_every);
    }
    if (is_ready) break;
  }
  return postgres::look_at_filled_tables(*to_super_, postgres::Look::statistics);  // So that the first statements there are planned for what is there.
}

/// Whether nobody is left at the old place who could have a part in the move: nobody listens there, and nobody works on the database, where it is that one's
/// own.
Result<bool> Mover::old_place_is_gone() {
  EMP_ASSIGN(const auto addresses, first_value(*from_, text("SELECT from_addresses FROM module_move WHERE epoch = ", epoch_)));
  std::istringstream words(addresses);
  for (std::string address; words >> address;) {
    if (somebody_listens(address)) return false;
  }
  if (!order_.other_database) return true;
  EMP_ASSIGN(const auto sessions,
             first_value(*from_, text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user AND "
                                      "application_name = 'emporion ",
                                      order_.module.name, "'")));
  return sessions == "0";
}

Result<> Mover::wait_for_seats() {
  if (order_.on_filled) EMP_TRY(order_.on_filled());
  say_(text("step stand by: process ", order_.to_process, " at ", joined(order_.to_addresses), " is to run"));
  std::string missing, said;
  Time heard = after(silent_for);
  for (Time end = after(seats_wait), say_at = after(say_every); !passed(end); pause(milliseconds(100))) {
    missing.clear();
    EMP_ASSIGN(const auto here, from_->run(text("SELECT state, note FROM module_seat WHERE process = ", quoted(from_process_), " AND epoch = ", epoch_,
                                                " ORDER BY at DESC LIMIT 1")));
    EMP_ASSIGN(const auto there, to_->run(text("SELECT state FROM module_seat WHERE process = ", quoted(order_.to_process), " ORDER BY at DESC LIMIT 1")));
    if (there.empty() || there[0][0] != "stands_by")
      missing = text("process ", order_.to_process, " does not stand by yet; start it with emporion serve --process ", order_.to_process);
    if (here.empty()) {
      missing = text("process ", from_process_, " has not heard of it yet");
    } else if (here[0][0] != "ready_to_leave") {
      missing = text("process ", from_process_, " says: ", here[0][1].value_or(""));
    }
    if (missing.empty()) return {};
    if (!here.empty() && here[0][0] == "ready_to_leave") heard = after(silent_for);
    if (!gone_ && passed(heard)) {
      EMP_ASSIGN(gone_, old_place_is_gone());
      heard = after(silent_for);
      if (gone_) say_(text("process ", from_process_, " is not there any more: the move is made without it"));
    }
    if (gone_ && !there.empty() && there[0][0] == "stands_by") return {};
    if (passed(say_at) && missing != said) {
      say_(missing);
      said = missing;
    }
  }
  return fail(ErrorKind::unavailable, "MOVE_PUT_OFF", text(missing, ". The module stays where it is; give the order again, or give it up with --abort"));
}

Result<> Mover::switch_over() {
  say_("step switch: calls wait, the old place ends what runs and decides");
  EMP_TRY(from_->run(text("UPDATE module_move SET state = 'switching' WHERE state = 'announced' AND epoch = ", epoch_)));
  Time heard = after(silent_for);
  for (const Time end = after(switch_wait); !passed(end); pause(milliseconds(5))) {
    EMP_ASSIGN(const auto phase, first_value(*from_, text("SELECT state FROM module_move WHERE epoch = ", epoch_)));
    if (phase == "done") return {};
    if (phase != "switching") return fail(ErrorKind::conflict, "MOVE_ABORTED", text("move ", epoch_, " was given up meanwhile; the module stays where it is"));
    if (!gone_ && passed(heard)) {
      EMP_ASSIGN(gone_, old_place_is_gone());
      heard = after(silent_for);
    }
    if (gone_) {
      say_("nobody is left at the old place: the move is decided without it");
      EMP_TRY(from_->run(text("SELECT move_decide(", epoch_, ")")));
    }
  }
  EMP_ASSIGN(const auto why, first_value(*from_, text("SELECT note FROM module_seat WHERE process = ", quoted(from_process_), " ORDER BY at DESC LIMIT 1")));
  EMP_ASSIGN(const auto back,
             first_value(*from_, text("UPDATE module_move SET state = 'announced' WHERE state = 'switching' AND epoch = ", epoch_, " RETURNING epoch")));
  if (back.empty()) return {};  // It was decided just now.
  return fail(ErrorKind::unavailable, "MOVE_PUT_OFF",
              text("process ", from_process_, " did not get to leave: ", why, ". The module stays where it is; give the order again"));
}

Result<> Mover::wait_for_new_place() {
  const auto began = std::chrono::steady_clock::now();
  for (const Time end = after(new_place_wait); !passed(end); pause(milliseconds(5))) {
    EMP_ASSIGN(const auto serves, first_value(*to_, text("SELECT count(*) FROM module_seat WHERE process = ", quoted(order_.to_process),
                                                         " AND state IN ('serves', 'stays', 'ready_to_leave') AND epoch >= ", epoch_)));
    if (serves == "0") continue;
    const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
    say_(text("step done: process ", order_.to_process, " serves ", order_.module.name, ", ", took.count(), " ms after the decision was seen"));
    return {};
  }
  return fail(
      ErrorKind::unavailable, "NEW_PLACE_SILENT",
      text("the move is decided, and process ", order_.to_process, " does not serve ", order_.module.name, " yet: it will as soon as it runs. See to it now"));
}

/// Both ways: what an earlier move the other way left lying about would carry back what this one brings.
Result<> Mover::clean_up() {
  if (!order_.other_database) return {};
  EMP_TRY(put_away_copy(order_.module.name, *from_super_, *to_super_));
  return put_away_copy(order_.module.name, *to_super_, *from_super_);
}

Result<> Mover::abort() {
  EMP_TRY(open());
  EMP_ASSIGN(const auto given_up, first_value(*from_, "UPDATE module_move SET state = 'aborted' WHERE state IN ('announced', 'switching') RETURNING epoch"));
  if (given_up.empty()) {
    if (!state_.is_served())
      return fail(ErrorKind::conflict, "MOVE_DECIDED",
                  text(order_.module.name, " serves from process ", state_.last_process, "; bring it back with emporion absorb"));
    EMP_TRY(clean_up());
    return fail(ErrorKind::not_found, "NO_MOVE", text("no move of ", order_.module.name, " is under way"));
  }
  EMP_TRY(clean_up());
  if (order_.other_database) {
    // The new place hears of it from us: nothing comes through any more.
    EMP_TRY(to_super_->run(text("UPDATE module_move SET state = 'aborted' WHERE state IN ('announced', 'switching')")));
    EMP_TRY(to_super_->run("SELECT move_prepare(false)"));
  }
  say_(text("move ", given_up, " of ", order_.module.name, " is given up: it stays where it is"));
  return {};
}

}  // namespace emporion::app::moving
