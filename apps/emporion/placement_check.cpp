#include "apps/emporion/placement_check.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "kernel/base/text.hpp"
#include "kernel/postgres/dsn.hpp"

namespace emporion::app {
namespace {

using Names = std::vector<std::string>;
using Graph = std::map<std::string, std::set<std::string>>;

/// Nodes each of which leads to the next and the last to the first; empty if there is no cycle.
class CycleSearch {
 public:
  explicit CycleSearch(const Graph& graph) : graph_(graph) {}

  Names find() {
    for (const auto& [node, next] : graph_) {
      if (visit(node)) return path_;
    }
    return {};
  }

 private:
  bool visit(const std::string& node) {
    if (const auto open = std::ranges::find(path_, node); open != path_.end()) {
      path_.erase(path_.begin(), open);
      return true;
    }
    if (!seen_.insert(node).second) return false;
    path_.push_back(node);
    if (const auto next = graph_.find(node); next != graph_.end()) {
      for (const auto& other : next->second) {
        if (visit(other)) return true;
      }
    }
    path_.pop_back();
    return false;
  }

  const Graph& graph_;
  Names path_;
  std::set<std::string> seen_;
};

/// One place that a replica takes.
struct Taken {
  std::string by;
  Address address;
};

bool collide(const Address& a, const Address& b) {
  const auto is_local = [](const Address& address) { return address.host == "localhost" || address.host == "127.0.0.1" || address.host == "::1"; };
  if (a.port != b.port || a.port == 0) return false;
  return a.host == b.host || a.is_any() || b.is_any() || (is_local(a) && is_local(b));
}

class Checker {
 public:
  Checker(const Placement& placement, const ContractLinks& links) : placement_(placement), links_(links), faults_(placement.described.faults) {}

  Names run() {
    check_modules();
    check_missing();
    check_addresses();
    check_databases();
    check_start();
    return std::move(faults_);
  }

 private:
  bool is_known(std::string_view module) const { return std::ranges::count(links_.modules, module, &contracts::ModuleLinks::name) > 0; }

  /// Each module is known and runs in one process: its replicas, not a second process, share its work and its database's role.
  void check_modules() {
    std::map<std::string, Names> owners;
    for (const auto& process : placement_.described.processes) {
      for (const auto& module : std::set<std::string>(process.modules.begin(), process.modules.end())) {
        if (is_known(module)) {
          owners[module].push_back(process.name);
        } else {
          fault(text("process ", process.name, ": there is no module ", module));
        }
      }
    }
    for (const auto& [module, processes] : owners) {
      if (processes.size() > 1)
        fault(text("module ", module, " is in ", listed(processes), ", but its database role has one owner; several of it are replicas of one process"));
    }
  }

  void check_missing() {
    for (const auto& missing : links_.modules) {
      if (process_of(placement_, missing.name) != nullptr) continue;
      Names callers;
      Names hearers;
      for (const auto& other : links_.modules) {
        if (process_of(placement_, other.name) == nullptr) continue;
        if (std::ranges::count(other.calls, missing.name) > 0) callers.emplace_back(other.name);
        if (std::ranges::any_of(other.consumes, [&](std::string_view topic) { return links_.producer_of(topic) == missing.name; }))
          hearers.emplace_back(other.name);
      }
      std::string line = text("module ", missing.name, " is in no process");
      if (!callers.empty()) line += text("; called by ", listed(callers));
      if (!hearers.empty()) line += text("; heard by ", listed(hearers));
      fault(std::move(line));
    }
  }

  void check_addresses() {
    std::vector<Taken> taken;
    const bool has_others = placement_.described.processes.size() > 1;
    for (const auto& process : placement_.described.processes) {
      if (has_others && process.listen.empty()) fault(text("process ", process.name, " has no listen: others cannot call or hear it"));
      for (const auto* addresses : {&process.listen, &process.http, &process.metrics}) {
        for (std::size_t i = 0; i < addresses->size(); ++i) {
          const std::string by = addresses->size() > 1 ? text(process.name, " (replica ", i + 1, ")") : process.name;
          const Address& address = (*addresses)[i];
          const auto first = std::ranges::find_if(taken, [&](const Taken& other) { return collide(other.address, address); });
          if (first != taken.end()) fault(text("process ", by, " takes ", address.to_string(), ", which ", first->by == by ? "it" : first->by, " has already"));
          taken.push_back({by, address});
        }
      }
    }
  }

  void check_databases() {
    if (placement_.settings.has("postgres")) {
      const auto server = postgres::dsn_on_server(placement_.settings.string("postgres", ""), "emporion");
      if (!server) return fault(text("postgres: ", server.error().detail()));
    }
    for (const auto& name : placement_.settings.names_below("databases")) {
      if (!is_known(name)) fault(text("databases.", name, ": there is no module ", name));
    }
    std::map<std::string, std::string> role_owners;
    std::map<std::string, std::string> database_owners;
    for (const auto& module : links_.modules) {
      const std::string name(module.name);
      const auto dsn = placement_.dsn_of(name);
      if (!dsn) continue;
      const auto target = postgres::target_of_dsn(*dsn);
      if (!target) {
        fault(text("databases.", name, ": ", target.error().detail()));
        continue;
      }
      const std::string server = text(target->host, ":", target->port);
      own(role_owners, text("role ", target->user.empty() ? "of the process's own user" : target->user, " at ", server), name);
      own(database_owners, text("database ", target->database.empty() ? "of the process's own user" : target->database, " at ", server), name);
    }
  }

  void own(std::map<std::string, std::string>& owners, const std::string& what, const std::string& module) {
    const auto [owner, fresh] = owners.emplace(what, module);
    if (!fresh) fault(text("databases.", owner->second, " and databases.", module, " have one ", what, "; each module has its own"));
  }

  /// A process is ready when all its modules have started, so what one of them needs, all of them wait for.
  void check_start() {
    Graph waits;
    std::map<std::pair<std::string, std::string>, std::string> why;
    Graph needs;
    for (const auto& module : links_.modules) {
      for (const std::string_view needed : module.needs_at_start) {
        needs[std::string(module.name)].emplace(needed);
        const Process* const from = process_of(placement_, module.name);
        const Process* const to = process_of(placement_, needed);
        if (from == nullptr || to == nullptr || from == to) continue;
        waits[from->name].insert(to->name);
        why.try_emplace({from->name, to->name}, text(module.name, " in ", from->name, " needs ", needed, " in ", to->name));
      }
    }
    const Names processes = CycleSearch(waits).find();
    Names reasons;
    for (std::size_t i = 0; i < processes.size(); ++i) reasons.push_back(why.at({processes[i], processes[(i + 1) % processes.size()]}));
    if (!processes.empty()) return fault(text("processes ", listed(processes), " wait for each other at their start: ", listed(reasons)));
    if (const Names modules = CycleSearch(needs).find(); !modules.empty()) fault(text("modules ", listed(modules), " wait for each other at their start"));
  }

  void fault(std::string what) { faults_.push_back(std::move(what)); }

  const Placement& placement_;
  const ContractLinks& links_;
  Names faults_;
};

}  // namespace

std::string_view ContractLinks::producer_of(std::string_view topic) const noexcept {
  const auto found = std::ranges::find(topics, topic, &contracts::Topic::name);
  return found == topics.end() ? std::string_view() : found->producer;
}

const Process* process_of(const Placement& placement, std::string_view module) noexcept {
  const auto& processes = placement.described.processes;
  const auto found = std::ranges::find_if(processes, [&](const Process& process) { return process.has(module); });
  return found == processes.end() ? nullptr : &*found;
}

std::vector<std::string> faults_of(const Placement& placement, const ContractLinks& links) { return Checker(placement, links).run(); }

Result<> choose_process(Placement& placement, const std::optional<std::string>& name, int replica) {
  const auto& processes = placement.described.processes;
  Names names;
  for (const auto& process : processes) names.push_back(process.name);
  if (!name && processes.size() != 1)
    return fail(ErrorKind::invalid_argument, "PROCESS_UNNAMED",
                text("the placement has the processes ", listed(names), ": say which with `emporion serve --process`"));
  const auto chosen = std::ranges::find(processes, name.value_or(names.front()), &Process::name);
  if (chosen == processes.end()) return fail(ErrorKind::not_found, "PROCESS_UNKNOWN", text("there is no process ", *name, " but ", listed(names)));
  if (replica < 1 || replica > chosen->replicas)
    return fail(ErrorKind::not_found, "REPLICA_UNKNOWN", text("process ", chosen->name, " has replicas 1 to ", chosen->replicas, ", not ", replica));
  placement.process = chosen->name;
  placement.replica = replica;
  if (!chosen->http.empty()) {
    const Address http = chosen->http[static_cast<std::size_t>(replica - 1)];
    placement.address = http.host;
    placement.port = http.port;
  }
  return {};
}

}  // namespace emporion::app
