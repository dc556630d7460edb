#include "apps/emporion/export/deployment_plan.hpp"

#include <algorithm>
#include <filesystem>

#include "apps/emporion/export/module_needs.hpp"
#include "apps/emporion/export/settings_yaml.hpp"
#include "kernel/base/text.hpp"
#include "kernel/postgres/dsn.hpp"

namespace emporion::app {
namespace {

constexpr std::size_t dns_label_max = 63;
constexpr std::string_view longest_suffix = "-database";
constexpr int smtp_ports[] = {465, 587};
constexpr int https_port = 443;

bool is_dns_label(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() + longest_suffix.size() <= dns_label_max && std::ranges::all_of(name, is_plain) && name.front() >= 'a' &&
         name.back() != '-';
}

/// A name that says that its value is for few eyes; `password_file` names a place only.
bool names_secret(std::string_view name) {
  const auto last = name.substr(name.rfind('.') == std::string_view::npos ? 0 : name.rfind('.') + 1);
  if (last.ends_with("_file")) return false;
  return name.contains("secret") || name.contains("password") || name.contains("token_key");
}

Result<> refuse_secrets(const Placement& placement) {
  for (const auto& [name, value] : flattened(placement.settings)) {
    const bool in_dsn = (name.starts_with("databases.") || name == "postgres") && value.contains("password=");
    const bool in_url = name == "bridge.amqp.url" && value.contains('@');
    if (!names_secret(name) && !in_dsn && !in_url) continue;
    return fail(ErrorKind::invalid_argument, "SECRET_IN_PLACEMENT",
                text(name, " is a secret, and what is made of the placement is no place for one; take it out and give it to its process as ",
                     environment_name(name), in_dsn ? ", or leave the password to PGPASSWORD" : ""));
  }
  return {};
}

/// The databases of all modules: where the placement says, else on one server called `postgres`.
Result<std::vector<PlannedDatabase>> plan_databases(const Placement& placement) {
  std::vector<PlannedDatabase> out;
  for (const auto& process : placement.described.processes) {
    for (const auto& module : process.modules) {
      const std::string own = text("emporion_", module);
      EMP_ASSIGN(const auto target,
                 postgres::target_of_dsn(placement.dsn_of(module).value_or(text("host=", container::database_host, " dbname=", own, " user=", own))));
      out.push_back({.process = process.name, .module = module, .role = target.user, .name = target.database, .host = target.host, .port = 5432});
      if (const int port = std::atoi(target.port.c_str()); port > 0) out.back().port = port;
    }
  }
  return out;
}

std::string process_yaml(const PlannedProcess& process, bool has_others) {
  std::string out = text("  ", process.name, ":\n    modules: [");
  for (const auto& module : process.modules) out += text(module == process.modules.front() ? "" : ", ", module);
  out += "]\n";
  if (has_others) out += text("    listen: ", process.name, ":", container::listen_port, "\n");
  if (process.is_public) out += text("    http: 0.0.0.0:", container::http_port, "\n");
  return out + text("    metrics: 0.0.0.0:", process.metrics_port, "\n");
}

/// The placement again, with the places of containers. How many replicas run is the orchestrator's business: to the others all of them have one name.
std::string placement_yaml(const Placement& placement, const DeploymentPlan& plan) {
  std::string out = "processes:\n";
  for (const auto& process : plan.processes) out += process_yaml(process, plan.has_others());
  config::Settings rest;
  for (const auto& [name, value] : flattened(placement.settings)) {
    const std::string_view top = std::string_view(name).substr(0, name.find('.'));
    if (top != "processes" && top != "home" && top != "pki" && top != "http") rest.set(name, value);
  }
  rest.set("home", std::string(container::home));
  if (plan.has_others()) rest.set("pki", std::string(container::pki_folder));
  rest.set("identity.master_key_file", std::string(container::identity_key));
  for (const auto& database : plan.databases) {
    if (!placement.dsn_of(database.module)) {
      rest.set(text("databases.", database.module), text("host=", database.host, " dbname=", database.name, " user=", database.role));
    }
  }
  return out + settings_yaml(rest);
}

}  // namespace

std::vector<PlannedProcess> plan_processes(const Placement& placement, const ContractLinks& links) {
  std::vector<PlannedProcess> out;
  for (const auto& process : placement.described.processes) {
    PlannedProcess planned{.name = process.name, .modules = process.modules, .replicas = process.replicas, .is_public = process.has("gateway")};
    planned.metrics_port = container::first_metrics_port + static_cast<int>(out.size());
    std::ranges::sort(planned.modules);
    const auto reach = [&](std::string_view module, std::set<std::string>& into) {
      const Process* const other = process_of(placement, module);
      if (other != nullptr && other != &process) into.insert(other->name);
    };
    for (const auto& module : links.modules) {
      if (planned.is_public) reach(module.name, planned.reaches);
      if (!process.has(module.name)) continue;
      for (const auto called : module.calls) reach(called, planned.reaches);
      for (const auto topic : module.consumes) reach(links.producer_of(topic), planned.reaches);
      for (const auto needed : module.needs_at_start) reach(needed, planned.waits_for);
    }
    for (const auto& topic : placement.settings.strings("bridge.topics")) {
      planned.tells_broker = planned.tells_broker || process.has(links.producer_of(topic));
    }
    for (const auto& needs : module_needs) {
      if (!process.has(needs.module)) continue;
      planned.needs_identity_key = planned.needs_identity_key || needs.identity_key;
      if (needs.mail) planned.outside_ports.insert(std::begin(smtp_ports), std::end(smtp_ports));
      if (needs.https) planned.outside_ports.insert(https_port);
    }
    out.push_back(std::move(planned));
  }
  for (auto& process : out) {
    for (const auto& other : out) {
      if (other.reaches.contains(process.name)) process.reached_by.insert(other.name);
    }
  }
  return out;
}

Result<Placement> placement_in(const std::string& file) {
  EMP_ASSIGN(auto placement, Placement::load(file, nullptr));
  if (const auto faults = faults_of(placement); !faults.empty())
    return fail(ErrorKind::invalid_argument, "PLACEMENT_INVALID", text(file, ": ", faults.front()));
  return std::move(placement);
}

Result<DeploymentPlan> plan_deployment(const std::string& file) {
  EMP_ASSIGN(const auto placement, placement_in(file));
  for (const auto& process : placement.described.processes) {
    if (is_dns_label(process.name)) continue;
    return fail(
        ErrorKind::invalid_argument, "PROCESS_NAME_UNFIT",
        text("process ", process.name, " cannot be called so where its name is one of the network: lower-case letters, digits and -, a letter first, up to ",
             dns_label_max - longest_suffix.size(), " of them"));
  }
  EMP_TRY(refuse_secrets(placement));
  DeploymentPlan out{.source = std::filesystem::path(file).filename().string(), .processes = plan_processes(placement)};
  EMP_ASSIGN(out.databases, plan_databases(placement));
  out.placement = placement_yaml(placement, out);
  return out;
}

}  // namespace emporion::app
