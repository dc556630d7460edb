#include "apps/emporion/placement.hpp"

#include <unistd.h>

#include <algorithm>

#include "contracts/topics.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {

std::optional<std::string> Placement::dsn_of(std::string_view module) const {
  const std::string name = text("databases.", module);
  if (!settings.has(name)) return std::nullopt;
  return settings.string(name, "");
}

std::filesystem::path Placement::pki_folder() const { return settings.has("pki") ? std::filesystem::path(settings.string("pki", "")) : home / "pki"; }

const Process* Placement::own_process() const noexcept {
  const auto found = std::ranges::find(described.processes, process, &Process::name);
  return found == described.processes.end() ? nullptr : &*found;
}

void Placement::use_home(const std::string& folder) {
  home = folder;
  settings.set("home", folder);
}

Result<Placement> Placement::load(const std::optional<std::string>& file) {
  Placement placement;
  placement.file = file;
  if (file) {
    EMP_ASSIGN(placement.settings, config::Settings::load(*file));
  }
  placement.settings.read_environment(environ);
  (void)placement.pki_folder();  // A file may name it although this process has no use for it.
  placement.home = placement.settings.string("home", placement.home.string());
  placement.address = placement.settings.string("http.address", placement.address);
  placement.port = static_cast<std::uint16_t>(placement.settings.integer("http.port", placement.port, 0, 65'535));
  std::vector<std::string> every_module;
  for (const auto& links : contracts::modules()) every_module.emplace_back(links.name);
  placement.described = read_processes(placement.settings, every_module, {placement.address, placement.port});
  return placement;
}

}  // namespace emporion::app
