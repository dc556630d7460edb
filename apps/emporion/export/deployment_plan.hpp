#pragma once

#include <set>
#include <string>
#include <vector>

#include "apps/emporion/placement.hpp"
#include "apps/emporion/placement_check.hpp"
#include "kernel/base/result.hpp"

namespace emporion::app {

/// Who acts for others in a placement: what an orchestrator has to know of one process.
struct PlannedProcess {
  std::string name;
  std::vector<std::string> modules;
  int replicas = 1;
  bool is_public = false;            ///< It has the gateway.
  int metrics_port = 0;              ///< Another one for each: a placement knows no machines, so to its check all processes share one.
  std::set<std::string> reaches;     ///< Processes that its modules call or hear; of the gateway's all, since it brings the public to them.
  std::set<std::string> reached_by;  ///< The other way round.
  std::set<std::string> waits_for;   ///< Processes that it needs before it has started.
  bool needs_identity_key = false;   ///< A module of it reads identity.master_key_file.
  std::set<int> outside_ports;       ///< Where its modules call others than the shop: payment providers, carriers, mail.
  bool tells_broker = false;         ///< It brings events of its modules to the broker of `bridge.amqp.url`.
};

/// One module's database, as the exported placement names it.
struct PlannedDatabase {
  std::string process;
  std::string module;
  std::string role;
  std::string name;
  std::string host;
  int port = 0;
};

struct DeploymentPlan {
  std::string source;  ///< The name of the placement's file, without folders.
  std::vector<PlannedProcess> processes;
  std::vector<PlannedDatabase> databases;
  std::string placement;  ///< The placement for processes that each have a network name and a file system of their own, as YAML.

  bool has_others() const noexcept { return processes.size() > 1; }
};

/// Where processes in containers find things; the same in compose and Kubernetes, so that one placement fits both.
namespace container {
inline constexpr int listen_port = 9100;
inline constexpr int first_metrics_port = 9201;
inline constexpr int http_port = 8080;
inline constexpr std::string_view placement_folder = "/etc/emporion/placement";
inline constexpr std::string_view pki_folder = "/etc/emporion/pki";
inline constexpr std::string_view identity_key = "/etc/emporion/keys/identity.key";
inline constexpr std::string_view home = "/var/lib/emporion";
inline constexpr std::string_view database_host = "postgres";  ///< Where the placement names none.
inline constexpr int user = 10'001;
}  // namespace container

/// The placement in `file` alone, whatever the environment says. Errors: those of Placement::load; PLACEMENT_INVALID, with the first of its faults.
Result<Placement> placement_in(const std::string& file);

/// What the placement in `file` means for an orchestrator. Errors: those of placement_in; PROCESS_NAME_UNFIT for a name that is no DNS label;
/// SECRET_IN_PLACEMENT for what everybody who may read a settings object would see.
Result<DeploymentPlan> plan_deployment(const std::string& file);

/// Who reaches whom, and the rest that does not depend on how names and secrets are kept.
std::vector<PlannedProcess> plan_processes(const Placement& placement, const ContractLinks& links = {});

}  // namespace emporion::app
