#include "apps/emporion/commands/serve.hpp"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/placement_options.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/modules.hpp"
#include "apps/emporion/placement_check.hpp"
#include "kernel/base/text.hpp"
#include "kernel/http/server.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::app {
namespace {

void say(std::string_view line) { std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data()); }

/// Whether SIGINT and SIGTERM wait. They do but while the runtime watches for them: a process that a signal ends before or after leaves PostgreSQL running.
void hold_signals(bool hold) {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &ending, nullptr);
}

/// The serving process on its io thread: start, announce, wait for a signal, stop.
class Serving {
 public:
  Serving(Runtime& runtime, ServeOptions& options, const Databases& databases)
      : runtime_(runtime), options_(options), host_(runtime, options.placement, databases, all_modules()) {}

  Task<int> run() {
    runtime_.watch_signals([this] { end(); });
    hold_signals(false);
    const auto started = co_await start();
    int exit_code = 0;
    if (started) {
      if (server_) std::printf("ready http://%s:%d\n", options_.placement.address.c_str(), server_->port());
      std::fflush(stdout);
      (void)co_await signalled_;
      say("emporion: stopping");
    } else {
      exit_code = report_failure("cannot start", started.error());
    }
    if (server_) co_await server_->close(seconds(10));
    co_await host_.stop();
    co_return exit_code;
  }

 private:
  Task<Result<>> start() {
    EMP_CO_TRY(co_await host_.start());
    if (signalled_.is_set()) co_return Result<>();
    if (options_.before_ready) EMP_CO_TRY(co_await options_.before_ready(host_));
    server_ = std::make_unique<http::Server>(runtime_, host_.calls().get<http::Application>());
    co_return server_->listen(options_.placement.address, options_.placement.port);
  }

  void end() {
    if (!signalled_.is_set()) signalled_.set(true);
  }

  Runtime& runtime_;
  ServeOptions& options_;
  Host host_;
  std::unique_ptr<http::Server> server_;
  OneShot<bool> signalled_;
};

}  // namespace

int serve(ServeOptions options) {
  hold_signals(true);
  const auto modules = all_modules();
  auto databases = Databases::open(options.placement, modules, Purpose::serve, say);
  if (!databases) return report_failure("cannot open the databases", databases.error());
  int exit_code = 0;
  if (options.migrate) {
    if (const auto migrated = databases->migrate(modules, say); !migrated) exit_code = report_failure("cannot migrate", migrated.error());
  }
  if (exit_code == 0) {
    Runtime runtime;
    Serving serving(runtime, options, *databases);
    exit_code = run_until_done(runtime, serving.run());
    hold_signals(true);
  }
  if (const auto closed = databases->close(); !closed) return report_failure("cannot stop PostgreSQL", closed.error());
  return exit_code;
}

void add_serve(CLI::App& program, int& exit_code) {
  struct Options {
    std::optional<std::string> placement;
    std::optional<std::string> process;
    int replica = 1;
  };
  auto options = std::make_shared<Options>();
  auto* const command = program.add_subcommand("serve", "Serve one process of a placement, on databases that are migrated already.");
  command->add_option("--placement", options->placement,
                      "YAML file: processes, home, databases.<module>, http.address, http.port, and settings of the modules (docs/operating.md).");
  command->add_option("--process", options->process, "Which of its processes; not needed where there is one.");
  command->add_option("--replica", options->replica, "Which of the process's replicas, from 1: it takes the address of that number.");
  command->footer(
      "Until modules can call each other between processes, a process that would have to is refused.\nExamples:\n  emporion serve --placement "
      "deploy/placement/one.yaml\n  emporion serve --placement deploy/placement/one.yaml --process all");
  command->callback([options, &exit_code] {
    auto placement = load_placement(options->placement);
    exit_code = 1;
    if (!placement) return;
    if (const auto chosen = choose_process(*placement, options->process, options->replica); !chosen) {
      exit_code = report_failure("cannot start", chosen.error());
      return;
    }
    exit_code = serve({.placement = std::move(*placement), .migrate = false});
  });
}

}  // namespace emporion::app
