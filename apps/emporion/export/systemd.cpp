#include "apps/emporion/export/exported_files.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {

ExportedFiles systemd_files(const Placement& placement) {
  const DeploymentPlan plan{.source = std::filesystem::path(placement.file.value_or("")).filename().string(), .processes = plan_processes(placement)};
  ExportedFiles out;
  std::string target = text(export_head(plan), "[Unit]\nDescription=Emporion, all processes of ", plan.source, "\nDocumentation=man:emporion(1)\n");
  for (const auto& process : plan.processes) {
    target += text("Wants=emporion@", process.name, ".service\n");
    std::string dropin = text(export_head(plan), "[Unit]\nPartOf=emporion.target\n");
    for (const auto& other : process.waits_for) dropin += text("After=emporion@", other, ".service\n");
    dropin += "\n[Service]\n# It proves who it is with its own key, and cannot read another one.\nInaccessiblePaths=-/etc/emporion/pki/ca.key\n";
    for (const auto& other : plan.processes) {
      if (other.name != process.name) dropin += text("InaccessiblePaths=-/etc/emporion/pki/", other.name, ".key\n");
    }
    out[text("emporion@", process.name, ".service.d/placement.conf")] = dropin;
  }
  out["emporion.target"] = target + "\n[Install]\nWantedBy=multi-user.target\n";
  return out;
}

}  // namespace emporion::app
