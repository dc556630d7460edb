#include "apps/emporion/commands/serve.hpp"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "apps/emporion/bridging.hpp"
#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/placement_options.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/credentials.hpp"
#include "apps/emporion/health_pages.hpp"
#include "apps/emporion/modules.hpp"
#include "apps/emporion/placement_check.hpp"
#include "apps/emporion/service_manager.hpp"
#include "apps/emporion/tracing.hpp"
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
  Serving(Runtime& runtime, ServeOptions& options, const Databases& databases, std::vector<ModuleDefinition> modules,
          const std::optional<remote::Credentials>& credentials, const ServiceManager& manager)
      : runtime_(runtime),
        options_(options),
        manager_(manager),
        tracing_(runtime, options.placement),
        bridging_(runtime, options.placement, databases, modules),
        host_(runtime, options.placement, databases, std::move(modules), credentials),
        health_server_(runtime, health_) {}

  Task<int> run() {
    runtime_.watch_signals([this] { end(); });
    hold_signals(false);
    const auto started = co_await start();
    int exit_code = 0;
    if (started) {
      (void)co_await signalled_;
      say("emporion: stopping");
    } else if (started.error().reason() != "START_INTERRUPTED") {
      exit_code = report_failure("cannot start", started.error());
    }
    manager_.stopping();
    health_.set_ready(false);
    if (public_server_) co_await public_server_->close(drain_time);
    co_await bridging_.close();
    co_await host_.stop();
    co_await tracing_.close();
    co_await health_server_.close(drain_time);
    co_return exit_code;
  }

 private:
  Task<Result<>> start() {
    EMP_CO_TRY(show_health());
    EMP_CO_TRY(tracing_.start());
    EMP_CO_TRY(co_await host_.start());
    EMP_CO_TRY(bridging_.start());
    if (signalled_.is_set()) co_return Result<>();
    if (options_.before_ready) EMP_CO_TRY(co_await options_.before_ready(host_));
    EMP_CO_TRY(open_to_the_public());
    health_.set_ready(true);
    announce();
    co_return Result<>();
  }

  Result<> show_health() {
    const auto& addresses = own().metrics;
    if (addresses.empty()) return {};
    const Address& address = addresses[static_cast<std::size_t>(options_.placement.replica - 1)];
    return health_server_.listen(address.host, address.port);
  }

  Result<> open_to_the_public() {
    if (!own().has("gateway")) return {};
    public_server_ = std::make_unique<http::Server>(runtime_, host_.calls().get<http::Application>());
    return public_server_->listen(options_.placement.address, options_.placement.port);
  }

  void announce() const {
    const std::string where = public_server_ ? text("http://", options_.placement.address, ":", public_server_->port())
                                             : own().listen[static_cast<std::size_t>(options_.placement.replica - 1)].to_string();
    std::printf("ready %s\n", where.c_str());
    std::fflush(stdout);
    manager_.ready(where);
  }

  void end() {
    host_.interrupt();
    if (!signalled_.is_set()) signalled_.set(true);
  }

  const Process& own() const { return *options_.placement.own_process(); }

  static constexpr milliseconds drain_time{10'000};
  Runtime& runtime_;
  ServeOptions& options_;
  const ServiceManager& manager_;
  Tracing tracing_;
  Bridging bridging_;
  Host host_;
  HealthPages health_;
  http::Server health_server_;
  std::unique_ptr<http::Server> public_server_;
  OneShot<bool> signalled_;
};

}  // namespace

int serve(ServeOptions options) {
  const auto manager = ServiceManager::from_environment();
  std::optional<remote::Credentials> credentials;
  if (options.placement.has_other_processes()) {
    auto found = credentials_of(options.placement);
    if (!found) return report_failure("cannot start", found.error());
    credentials = std::move(*found);
  }
  hold_signals(true);
  const auto modules = modules_of(*options.placement.own_process());
  auto databases = Databases::open(options.placement, modules, Purpose::serve, say);
  if (!databases) return report_failure("cannot open the databases", databases.error());
  int exit_code = 0;
  if (options.migrate) {
    if (const auto migrated = databases->migrate(modules, say); !migrated) exit_code = report_failure("cannot migrate", migrated.error());
  }
  if (exit_code == 0) {
    Runtime runtime;
    Serving serving(runtime, options, *databases, modules, credentials, manager);
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
    std::optional<std::string> bind;
  };
  auto options = std::make_shared<Options>();
  auto* const command = program.add_subcommand("serve", "Serve one process of a placement, on databases that are migrated already.");
  command->add_option("--placement", options->placement,
                      "YAML file: processes, home, databases.<module>, http.address, http.port, and settings of the modules (docs/operating.md).");
  command->add_option("--process", options->process, "Which of its processes; not needed where there is one.");
  command->add_option("--replica", options->replica, "Which of the process's replicas, from 1: it takes the address of that number.");
  command->add_option("--bind", options->bind,
                      "IP address at which it listens for other processes, where the host of its `listen` is a name that leads to several, or elsewhere.");
  command->footer(
      "Where there are several processes, each shows the others its certificate, made by emporion pki.\nExamples:\n  emporion serve --placement "
      "deploy/placement/one.yaml\n  emporion serve --placement deploy/placement/per-domain.yaml --process commerce");
  command->callback([options, &exit_code] {
    auto placement = load_placement(options->placement);
    exit_code = 1;
    if (!placement) return;
    if (const auto chosen = choose_process(*placement, options->process, options->replica); !chosen) {
      exit_code = report_failure("cannot start", chosen.error());
      return;
    }
    placement->bind = options->bind;
    exit_code = serve({.placement = std::move(*placement), .migrate = false});
  });
}

}  // namespace emporion::app
