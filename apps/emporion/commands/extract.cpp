#include <CLI/CLI.hpp>
#include <cstdio>

#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/placement_options.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/moving/ends.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

using moving::Direction;

struct Options {
  PlacementOptions where;
  moving::MoveWords words;
  bool abort = false;
};

void say(std::string_view line) {
  std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
  std::fflush(stdout);
}

int move(const Placement& placement, Direction direction, const Options& options) {
  auto ends = moving::Ends::find(placement, direction, options.words);
  if (!ends) return report_failure(text("cannot move ", options.words.module), ends.error());
  moving::Mover mover(ends->order(), say);
  const auto moved = options.abort ? mover.abort() : mover.run();
  const auto closed = ends->close();
  if (!moved) return report_failure(text("cannot move ", options.words.module), moved.error());
  if (!closed) return report_failure("cannot stop PostgreSQL", closed.error());
  return 0;
}

void add(CLI::App& program, int& exit_code, Direction direction, const char* name, const char* what, const char* examples) {
  auto options = std::make_shared<Options>();
  auto* const command = program.add_subcommand(name, what);
  command->add_option("module", options->words.module, "Which module.")->required();
  command->add_option("--to", options->words.to, "A process of the placement, by its name or by where it listens.");
  command->add_option("--superuser", options->words.superuser,
                      "Connection string of a superuser on the server outside of the home, where the database moves, too. Its dbname does not matter.");
  command->add_option("--via", options->words.via, "How the new database's server reaches the old one's, as a superuser. Default: as this command does.");
  command->add_flag("--abort", options->abort, "Give up a move that is under way; the module stays where it is.");
  options->where.add_to(*command);
  command->footer(examples);
  command->callback(
      [options, direction, &exit_code] { exit_code = options->where.run([&](Placement placement) { return move(placement, direction, *options); }); });
}

}  // namespace

void add_extract(CLI::App& program, int& exit_code) {
  add(program, exit_code, Direction::extract, "extract",
      "Move a module, while it is at work, to the process that the placement has it in, and to the database that it names for it. Given again it goes on.",
      "Examples:\n  emporion extract warehouse --to stock --placement next.yaml\n  emporion extract warehouse --to stock:9102 --placement next.yaml "
      "--superuser "
      "'host=db2 user=postgres'\n  emporion extract warehouse --abort --placement next.yaml --superuser 'host=db2 user=postgres'");
  add(program, exit_code, Direction::absorb, "absorb",
      "Bring a module back, while it is at work, to the process that it came from, and its database into the home. Given again it goes on.",
      "Examples:\n  emporion absorb warehouse --placement next.yaml\n  emporion absorb warehouse --placement next.yaml --superuser 'host=db2 user=postgres'");
}

}  // namespace emporion::app
