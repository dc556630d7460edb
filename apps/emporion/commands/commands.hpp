#pragma once

namespace CLI {
class App;
}

namespace emporion::app {

/// Each adds one command to the program; running it sets `exit_code`.
void add_up(CLI::App& program, int& exit_code);
void add_serve(CLI::App& program, int& exit_code);
void add_migrate(CLI::App& program, int& exit_code);
void add_audit(CLI::App& program, int& exit_code);
void add_admin(CLI::App& program, int& exit_code);
void add_import(CLI::App& program, int& exit_code);
void add_replay(CLI::App& program, int& exit_code);
void add_load(CLI::App& program, int& exit_code);
void add_seed(CLI::App& program, int& exit_code);
void add_extract(CLI::App& program, int& exit_code);
void add_placement(CLI::App& program, int& exit_code);
void add_pki(CLI::App& program, int& exit_code);
void add_databases(CLI::App& program, int& exit_code);

void add_commands(CLI::App& program, int& exit_code);

}  // namespace emporion::app
