#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/placement_options.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/host.hpp"
#include "apps/emporion/modules.hpp"
#include "contracts/identity/user/v1/user_api.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

struct AdminOptions {
  std::string email;
  std::string name;
  std::optional<std::string> password_file;
  PlacementOptions where;
};

/// From the file's first line, else from the environment. Never from the command line, which every process on the machine can read.
Result<std::string> read_password(const std::optional<std::string>& file) {
  if (file) {
    std::ifstream in(*file);
    std::string line;
    if (!in || !std::getline(in, line)) return fail(ErrorKind::invalid_argument, "PASSWORD_UNREADABLE", text(*file, ": no readable first line"));
    if (line.ends_with('\r')) line.pop_back();
    return line;
  }
  const char* const value = std::getenv("EMPORION_ADMIN_PASSWORD");
  if (value == nullptr || *value == '\0') return fail(ErrorKind::invalid_argument, "PASSWORD_MISSING", "give --password-file, or set EMPORION_ADMIN_PASSWORD");
  return std::string(value);
}

Task<Result<user::v1::User>> bootstrap(Host& host, user::v1::BootstrapRequest request) {
  const auto started = co_await host.start();
  if (!started) {
    co_await host.stop();
    co_return fail(started.error());
  }
  if (!host.calls().has<user::v1::UserApi>()) {
    co_await host.stop();
    co_return fail(ErrorKind::unimplemented, "PLACEMENT_INCOMPLETE", "the user module is not in this process");
  }
  auto made = co_await host.calls().get<user::v1::UserApi>().bootstrap(host.context("installer", seconds(60)), std::move(request));
  co_await host.stop();
  co_return made;
}

int create_admin(const AdminOptions& options, const Placement& placement) {
  auto password = read_password(options.password_file);
  if (!password) return report_failure("no password", password.error());
  const auto say = [](std::string_view line) { std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data()); };
  const auto modules = all_modules();
  auto databases = Databases::open(placement, modules, Purpose::tool, say);
  if (!databases) return report_failure("cannot open the databases", databases.error());
  int exit_code = 0;
  if (const auto migrated = databases->migrate(modules, say); !migrated) exit_code = report_failure("cannot migrate", migrated.error());
  if (exit_code == 0) {
    Runtime runtime;
    Host host(runtime, placement, *databases, all_modules());
    const auto made = run_until_done(runtime, bootstrap(host, {.email = options.email, .name = options.name, .password = std::move(*password)}));
    if (!made) {
      exit_code = report_failure("cannot make the administrator", made.error());
    } else {
      std::printf(
          "administrator %s (%s)\nnext: sign in with\n  curl -s http://127.0.0.1:8080/api/v1/auth/login -H 'Content-Type: application/json' \\\n    -d "
          "'{\"identifier\":\"%s\",\"password\":\"…\",\"realm\":\"staff\"}'\n",
          made->email.c_str(), made->id.to_string().c_str(), made->email.c_str());
    }
  }
  if (const auto closed = databases->close(); !closed) return report_failure("cannot stop PostgreSQL", closed.error());
  return exit_code;
}

}  // namespace

void add_admin(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<AdminOptions>();
  auto* const admin = program.add_subcommand("admin", "Administrators of the shop.");
  admin->require_subcommand(1);
  auto* const command = admin->add_subcommand(
      "create", "Make the first administrator. Works once: exit code 1 where there is one already, and nothing changes. Works beside a running server.");
  command->add_option("--email", options->email, "What the administrator signs in with.")->required();
  command->add_option("--name", options->name, "Full name.")->required();
  command->add_option("--password-file", options->password_file, "File whose first line is the password; without it EMPORION_ADMIN_PASSWORD.");
  options->where.add_to(*command);
  command->footer("Example:\n  EMPORION_ADMIN_PASSWORD='…' emporion admin create --email ada@example.com --name 'Ada Byron'");
  command->callback([options, &exit_code] { exit_code = options->where.run([&](const Placement& placement) { return create_admin(*options, placement); }); });
}

}  // namespace emporion::app
