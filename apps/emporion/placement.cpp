#include "apps/emporion/placement.hpp"

#include <unistd.h>

#include <algorithm>

#include "contracts/topics.hpp"
#include "kernel/base/text.hpp"
#include "kernel/postgres/dsn.hpp"

namespace emporion::app {

std::optional<std::string> Placement::dsn_of(std::string_view module) const {
  const std::string name = text("databases.", module);
  if (settings.has(name)) return settings.string(name, "");
  if (!settings.has("postgres")) return std::nullopt;
  const std::string server = settings.string("postgres", "");
  return postgres::dsn_on_server(server, text("emporion_", module)).value_or(server);
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

Result<Placement> Placement::load(const std::optional<std::string>& file, const char* const* environment) {
  Placement placement;
  placement.file = file;
  if (file) {
    EMP_ASSIGN(placement.settings, config::Settings::load(*file));
  }
  placement.settings.read_environment(environment);
  // A file may say these although this process has no use for them.
  (void)placement.pki_folder();
  (void)placement.settings.has("postgres");
  (void)placement.is_demo();
  for (const char* of_bridge : {"bridge.amqp.url", "bridge.amqp.exchange", "bridge.amqp.queue", "bridge.amqp.ca_file"}) (void)placement.settings.has(of_bridge);
  (void)placement.settings.strings("bridge.topics");
  for (const char* of_traces : {"trace.endpoint", "trace.sample_ratio"}) (void)placement.settings.has(of_traces);
  placement.home = placement.settings.string("home", placement.home.string());
  placement.address = placement.settings.string("http.address", placement.address);
  placement.port = static_cast<std::uint16_t>(placement.settings.integer("http.port", placement.port, 0, 65'535));
  std::vector<std::string> every_module;
  for (const auto& links : contracts::modules()) every_module.emplace_back(links.name);
  placement.described = read_processes(placement.settings, every_module, {placement.address, placement.port});
  return placement;
}

}  // namespace emporion::app
