#include "apps/emporion/moving/ends.hpp"

#include <algorithm>

#include "apps/emporion/modules.hpp"
#include "apps/emporion/placement_check.hpp"
#include "kernel/base/text.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/dsn.hpp"

namespace emporion::app::moving {
namespace {

Result<ModuleDefinition> definition_of(std::string_view module) {
  auto all = all_modules();
  const auto found = std::ranges::find(all, module, &ModuleDefinition::name);
  if (found == all.end()) return fail(ErrorKind::not_found, "MODULE_UNKNOWN", text("there is no module ", module));
  if (module == "gateway") {
    return fail(ErrorKind::rule_violated, "MODULE_FIXED",
                "the gateway stays where the public comes in; put another one beside it, as a replica, and lead the public there");
  }
  return std::move(*found);
}

std::vector<std::string> addresses_of(const Process& process) {
  std::vector<std::string> out;
  for (const auto& address : process.listen) out.push_back(address.to_string());
  return out;
}

/// By its name, or where it listens.
Result<const Process*> process_named(const Placement& placement, const MoveWords& words) {
  for (const auto& process : placement.described.processes) {
    const bool listens =
        std::ranges::any_of(process.listen, [&](const Address& address) { return address.to_string() == *words.to || address.host == *words.to; });
    if (process.name == *words.to || (listens && process.has(words.module))) return &process;
  }
  return fail(ErrorKind::not_found, "PROCESS_UNKNOWN",
              text("the placement has no process ", *words.to, ", and none with ", words.module, " that listens there"));
}

/// Whether a module has served from that database, and does now. One that cannot be opened is to be made.
bool serves_from(const std::string& dsn) {
  auto at = postgres::BlockingConnection::open(dsn);
  if (!at) return false;
  const auto rows = at->run(
      "SELECT NOT p.waits AND EXISTS (SELECT FROM module_seat WHERE state IN ('serves', 'ready_to_leave', 'stays')) AND coalesce((SELECT to_place = p.id FROM "
      "module_move WHERE state = 'done' ORDER BY epoch DESC LIMIT 1), true) FROM module_place p");
  return rows && !rows->empty() && rows->front().front() == "t";
}

}  // namespace

Result<> Ends::open_home(const Placement& placement) {
  EMP_ASSIGN(share_, HomeShare::take(placement.home));
  EMP_ASSIGN(cluster_, postgres::PrivateCluster::start(placement.home / "postgres"));
  return {};
}

Result<End> Ends::at_home(std::string_view module, Direction direction, Purpose purpose) {
  End out{{}, cluster_->superuser_dsn(text("emporion_", module))};
  if (purpose == Purpose::finish && direction == Direction::extract) return out;  // It may be gone.
  EMP_ASSIGN(out.dsn, direction == Direction::absorb && purpose == Purpose::move ? cluster_->make_again(module) : cluster_->ensure_database(module));
  return out;
}

/// The role and the database that the connection string names, if they are missing.
Result<> Ends::make_database(const End& end) {
  if (postgres::BlockingConnection::open(end.dsn)) return {};
  EMP_ASSIGN(const auto target, postgres::target_of_dsn(end.dsn));
  EMP_ASSIGN(auto at, postgres::BlockingConnection::open(text(end.superuser_dsn, " dbname=postgres")));
  EMP_ASSIGN(const auto found, at.run(text("SELECT (SELECT count(*) FROM pg_roles WHERE rolname = ", at.quoted_literal(target.user),
                                           "), (SELECT count(*) FROM pg_database WHERE datname = ", at.quoted_literal(target.database), ")")));
  if (found[0][0] != "1") {
    return fail(ErrorKind::not_found, "ROLE_MISSING",
                text("the server at ", target.host, " has no role ", target.user, "; make it there with its password first"));
  }
  if (found[0][1] == "1") return {};
  EMP_TRY(at.run(text("CREATE DATABASE \"", target.database, "\" OWNER \"", target.user, "\"")));
  EMP_TRY(at.run(text("REVOKE CONNECT, TEMPORARY ON DATABASE \"", target.database, "\" FROM PUBLIC")));
  return {};
}

Result<> Ends::readmit() { return cluster_ ? cluster_->readmit(order_.module.name) : Result<>(); }

Result<> Ends::drop_what_was_left(std::string_view where_now, const Mover::Say& say) {
  if (direction_ == Direction::absorb) return drop_outside(say);
  EMP_TRY(cluster_->drop_database(order_.module.name, where_now));
  say(text("dropped: database and role emporion_", order_.module.name, " of the home, and its password"));
  return {};
}

Result<> Ends::drop_outside(const Mover::Say& say) {
  EMP_ASSIGN(const auto target, postgres::target_of_dsn(order_.from.dsn));
  EMP_ASSIGN(auto at, postgres::BlockingConnection::open(text(order_.from.superuser_dsn, " dbname=postgres")));
  if (const auto dropped = at.run(text("DROP DATABASE IF EXISTS ", at.quoted_name(target.database))); !dropped)
    return fail(ErrorKind::conflict, "DATABASE_IN_USE", dropped.error().detail());
  say(text("dropped: database ", target.database, " at ", target.host));
  // PostgreSQL itself knows whether anything else there depends on the role.
  const auto role = at.run(text("DROP ROLE IF EXISTS ", at.quoted_name(target.user)));
  say(role ? text("dropped: role ", target.user) : text("role ", target.user, " stays: ", role.error().detail()));
  return {};
}

Result<Ends> Ends::find(const Placement& placement, Direction direction, const MoveWords& words, Purpose purpose) {
  Ends out;
  out.direction_ = direction;
  MoveOrder& order = out.order_;
  EMP_ASSIGN(order.module, definition_of(words.module));
  const Process* process = direction == Direction::extract && !words.to ? process_of(placement, words.module) : nullptr;
  if (words.to) {
    EMP_ASSIGN(process, process_named(placement, words));
  }
  if (process != nullptr) {
    order.to_process = process->name;
    order.to_addresses = addresses_of(*process);
  }
  order.addresses_of = [&placement](std::string_view name) {
    const auto found = std::ranges::find(placement.described.processes, name, &Process::name);
    return found == placement.described.processes.end() ? std::vector<std::string>() : addresses_of(*found);
  };
  const auto outside = placement.dsn_of(words.module);
  // Also where it is there already: what that move left behind is in the home.
  const bool moves_database = words.from || (outside && (words.superuser || direction == Direction::absorb || !serves_from(*outside)));
  if (moves_database && !words.superuser) {
    return fail(ErrorKind::invalid_argument, "SUPERUSER_NEEDED",
                text("the database of ", words.module, " moves along: say with --superuser how a superuser reaches the server outside of the home"));
  }
  if (outside && !moves_database) {
    order.from = order.to = {*outside, {}};
    return out;
  }
  EMP_TRY(out.open_home(placement));
  EMP_ASSIGN(End home, out.at_home(words.module, moves_database ? direction : Direction::extract, moves_database ? purpose : Purpose::move));
  if (!moves_database) {
    order.from = order.to = {home.dsn, {}};
    return out;
  }
  EMP_ASSIGN(const auto target, postgres::target_of_dsn(*outside));
  const End away{*outside, text(*words.superuser, " ", postgres::dsn_part("dbname", target.database))};
  order.other_database = true;
  order.from = direction == Direction::extract ? home : away;
  order.to = direction == Direction::extract ? away : home;
  order.publisher_dsn = words.via && purpose == Purpose::move
                            ? text(*words.via, " ", postgres::dsn_part("dbname", postgres::target_of_dsn(order.from.dsn)->database))
                            : order.from.superuser_dsn;
  if (purpose == Purpose::move) EMP_TRY(out.make_database(away));
  return out;
}

Result<> Ends::close() {
  if (!cluster_) return {};
  return share_->leave([this] { return cluster_->stop(); });
}

}  // namespace emporion::app::moving
