#include "apps/emporion/placement.hpp"

#include <unistd.h>

#include "contracts/topics.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {

std::optional<std::string> Placement::dsn_of(std::string_view module) const {
  const std::string name = text("databases.", module);
  if (!settings.has(name)) return std::nullopt;
  return settings.string(name, "");
}

void Placement::use_home(const std::string& folder) {
  home = folder;
  settings.set("home", folder);
}

Result<Placement> Placement::load(const std::optional<std::string>& file) {
  Placement placement;
  if (file) {
    EMP_ASSIGN(placement.settings, config::Settings::load(*file));
  }
  placement.settings.read_environment(environ);
  placement.home = placement.settings.string("home", placement.home.string());
  placement.address = placement.settings.string("http.address", placement.address);
  placement.port = static_cast<std::uint16_t>(placement.settings.integer("http.port", placement.port, 0, 65'535));
  std::vector<std::string> every_module;
  for (const auto& links : contracts::modules()) every_module.emplace_back(links.name);
  placement.described = read_processes(placement.settings, every_module, {placement.address, placement.port});
  return placement;
}

}  // namespace emporion::app
