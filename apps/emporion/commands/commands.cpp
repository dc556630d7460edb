#include "apps/emporion/commands/commands.hpp"

namespace emporion::app {

void add_commands(CLI::App& program, int& exit_code) {
  add_up(program, exit_code);
  add_serve(program, exit_code);
  add_migrate(program, exit_code);
  add_audit(program, exit_code);
  add_admin(program, exit_code);
  add_import(program, exit_code);
  add_replay(program, exit_code);
  add_load(program, exit_code);
  add_seed(program, exit_code);
  add_placement(program, exit_code);
  add_extract(program, exit_code);
  add_pki(program, exit_code);
  add_databases(program, exit_code);
}

}  // namespace emporion::app
