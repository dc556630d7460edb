#include <CLI/CLI.hpp>

#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/placement_options.hpp"
#include "apps/emporion/commands/serve.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/demo/seed.hpp"
#include "apps/emporion/placement_check.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

/// The demo has nobody to pick parcels or drive them: the autopilot picks, the demo carrier reports by webhook. What the placement says of them wins.
void staff_the_demo(Placement& placement) {
  const auto unless_set = [&](std::string name, std::string value) {
    if (!placement.settings.has(name)) placement.settings.set(std::move(name), std::move(value));
  };
  unless_set("fulfillment.autopilot", "true");
  if (placement.port == 0) return;  // The carrier must know where to report to.
  unless_set("shipping.demo_carrier.enabled", "true");
  unless_set("shipping.demo_carrier.webhook_url", text("http://127.0.0.1:", placement.port, "/api/v1/webhooks/demo"));
}

}  // namespace

void add_up(CLI::App& program, int& exit_code) {
  struct Options {
    PlacementOptions where;
    std::optional<std::uint16_t> port;
    std::string demo = "none";
  };
  auto options = std::make_shared<Options>();
  auto* const command = program.add_subcommand("up", "Set everything up and serve all modules in one process. Ctrl-C stops cleanly.");
  options->where.add_to(*command);
  command->add_option("--port", options->port, "Port on 127.0.0.1 (default 8080; 0 takes a free one).");
  command->add_option("--demo", options->demo, "Seed a demo shop on first start.")->check(CLI::IsMember({"none", "shop"}));
  command->footer("Examples:\n  emporion up --demo shop\n  emporion up --home /srv/emporion --port 9000");
  command->callback([options, &exit_code] {
    exit_code = options->where.run([&](Placement placement) {
      if (const auto whole = choose_process(placement, std::nullopt, 1); !whole) return report_failure("cannot start", whole.error());
      if (options->port) placement.port = *options->port;
      ServeOptions serving{.placement = std::move(placement)};
      if (options->demo == "shop") {
        staff_the_demo(serving.placement);
        serving.before_ready = demo::seed_shop;
      }
      return serve(std::move(serving));
    });
  });
}

}  // namespace emporion::app
