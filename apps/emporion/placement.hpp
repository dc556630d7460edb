#pragma once

#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/emporion/processes.hpp"
#include "kernel/base/result.hpp"
#include "kernel/config/settings.hpp"

namespace emporion::app {

/// Which process serves which modules, and what they share: databases and settings. Read from a YAML file, the command line and the environment; the command
/// line wins. docs/operating.md describes the file.
struct Placement {
  std::filesystem::path home = "var";  ///< The private PostgreSQL cluster and secrets live here.
  std::string address = "127.0.0.1";   ///< Where this process serves the public.
  std::uint16_t port = 8080;
  std::optional<std::string> file;  ///< Where it was read from.
  config::Settings settings;
  ProcessList described;
  std::string process;  ///< Which of them this one is, once it is chosen (apps/emporion/placement_check.hpp); empty: none, but a tool on the databases.
  int replica = 1;      ///< Which of its replicas, from 1.
  std::optional<std::string> bind;  ///< The address at which it listens for other processes, if not that by which they find it.

  /// Where the placement puts the module's database: what `databases.<module>` says, else a role and a database `emporion_<module>` on the server that
  /// `postgres` names; nothing: the private cluster holds it. A malformed `postgres` is answered as it is, for the check to refuse.
  std::optional<std::string> dsn_of(std::string_view module) const;
  /// What is lost does not matter: databases may be less safe than a shop's.
  bool is_demo() const { return settings.boolean("demo", false); }

  /// The folder with the certificates of all processes: `pki`, else one in the home.
  std::filesystem::path pki_folder() const;
  /// The process that was chosen; nullptr if none was.
  const Process* own_process() const noexcept;
  /// True if the chosen process shares its work with others, which it must reach.
  bool has_other_processes() const noexcept { return own_process() != nullptr && described.processes.size() > 1; }

  /// Another home, for the modules too: their secrets lie in it.
  void use_home(const std::string& folder);

  /// `environment` overrides what the file says; nullptr: the file alone. Errors: CONFIG_UNREADABLE, CONFIG_MALFORMED. What else is wrong with it,
  /// apps/emporion/placement_check.hpp finds.
  static Result<Placement> load(const std::optional<std::string>& file, const char* const* environment = environ);
};

}  // namespace emporion::app
