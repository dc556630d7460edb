// One binary, one file per command. Exit codes: 0 done; 1 refused or failed, with one clear line; 2 wrong usage.
#include <CLI/CLI.hpp>

#include "apps/emporion/commands/commands.hpp"

int main(int argc, char** argv) {
  CLI::App program("Emporion: a commerce platform as one process or many.");
  program.require_subcommand(1);
  program.set_version_flag("--version", "emporion " EMPORION_VERSION);
  program.set_help_all_flag("--help-all", "Help of all commands.");
  program.footer(
      "First steps:\n  emporion up --demo shop      serve a small shop on http://127.0.0.1:8080\n  emporion audit               prove that no unit and no "
      "minor unit is astray");
  int exit_code = 0;
  emporion::app::add_commands(program, exit_code);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : 2;
  }
  return exit_code;
}
