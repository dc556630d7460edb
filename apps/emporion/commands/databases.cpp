#include <CLI/CLI.hpp>
#include <cstdio>

#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/placement_options.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/database_server.hpp"

namespace emporion::app {
namespace {

int create(const Placement& placement, const ServerPreparation& wanted) {
  const auto tell = [](std::string_view line) { std::printf("%.*s\n", static_cast<int>(line.size()), line.data()); };
  if (const auto done = prepare_server(placement, wanted, tell); !done) return report_failure("cannot prepare the server", done.error());
  std::printf("next: emporion migrate --placement %s\n", placement.file.value_or("FILE").c_str());
  return 0;
}

}  // namespace

void add_databases(CLI::App& program, int& exit_code) {
  struct Options {
    PlacementOptions where;
    ServerPreparation wanted;
  };
  auto options = std::make_shared<Options>();
  auto* const databases = program.add_subcommand("databases", "The databases of a placement on a server that Emporion does not own.");
  databases->require_subcommand(1);
  auto* const creating = databases->add_subcommand(
      "create",
      "Make the roles and databases that the placement names on a server, where they are missing. Each role owns its database, and nobody else may connect to "
      "it. Safe to repeat.");
  options->where.add_to(*creating);
  creating->add_option("--admin", options->wanted.administrator, "Connection string of a role that may make roles and databases.")->required();
  creating->add_option("--modules", options->wanted.modules, "Of these modules only; needed where the placement has databases on several servers.")
      ->delimiter(',');
  creating->add_flag("--reset-passwords", options->wanted.reset_passwords, "Roles that are there get the password that the placement leads to.");
  creating->footer(
      "Passwords that are in no connection string and no password file are made, and added to the file that passfile= names.\nExample:\n  emporion databases "
      "create --placement shop.yaml --admin 'host=db1,db2,db3 user=postgres sslmode=verify-full sslrootcert=ca.pem'");
  creating->callback([options, &exit_code] { exit_code = options->where.run([&](const Placement& placement) { return create(placement, options->wanted); }); });
}

}  // namespace emporion::app
