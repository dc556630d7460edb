#include <CLI/CLI.hpp>
#include <cstdio>

#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/placement_options.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/moving/finisher.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

using moving::Direction;

struct Options {
  PlacementOptions where;
  moving::MoveWords words;
  bool abort = false;
  bool ignores_space = false;
  bool finish = false;
  bool yes = false;
};

void say(std::string_view line) {
  std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
  std::fflush(stdout);
}

Result<> work(moving::Ends& ends, const Options& options) {
  if (options.finish) return moving::Finisher(ends, say).run(options.yes);
  moving::MoveOrder order = ends.order();
  order.ignores_space = options.ignores_space;
  order.on_filled = [&ends] { return ends.readmit(); };
  moving::Mover mover(std::move(order), say);
  return options.abort ? mover.abort() : mover.run();
}

int move(const Placement& placement, Direction direction, const Options& options) {
  const std::string failed = text(options.finish ? "cannot finish the move of " : "cannot move ", options.words.module);
  auto ends = moving::Ends::find(placement, direction, options.words, options.finish ? moving::Purpose::finish : moving::Purpose::move);
  if (!ends) return report_failure(failed, ends.error());
  const auto worked = work(*ends, options);
  const auto closed = ends->close();
  if (!worked) return report_failure(failed, worked.error());
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
  auto* const abort = command->add_flag("--abort", options->abort, "Give up a move that is under way; the module stays where it is.");
  command->add_flag("--ignore-space", options->ignores_space, "Begin although the new server seems to have too little room.");
  auto* const finish = command->add_flag(
      "--finish", options->finish, "Instead of moving it: look whether the database that it left may go, and tell what would. Refused while anybody uses it.");
  finish->excludes(abort);
  command->add_flag("--yes", options->yes, "With --finish: drop that database and its role. There is no way back.")->needs(finish);
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
      "'host=db2 user=postgres'\n  emporion extract warehouse --abort --placement next.yaml --superuser 'host=db2 user=postgres'\n  emporion extract warehouse "
      "--finish "
      "--yes --placement next.yaml --superuser 'host=db2 user=postgres'");
  add(program, exit_code, Direction::absorb, "absorb",
      "Bring a module back, while it is at work, to the process that it came from, and its database into the home. Given again it goes on.",
      "Examples:\n  emporion absorb warehouse --placement next.yaml\n  emporion absorb warehouse --placement next.yaml --superuser 'host=db2 user=postgres'\n  "
      "emporion absorb "
      "warehouse --finish --yes --placement next.yaml --superuser 'host=db2 user=postgres'");
}

}  // namespace emporion::app
