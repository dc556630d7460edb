#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/placement_options.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/modules.hpp"
#include "apps/emporion/seeding/ground.hpp"
#include "apps/emporion/seeding/parts.hpp"
#include "apps/emporion/seeding/seeder.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

using seeding::RowsOf;

// As measured, with indexes; and room for the log.
constexpr double kib_per_sku = 5, kib_per_order_line = 2.5, kib_per_order = 9, kib_per_promotion = 2, kib_of_log = 4.0 * 1024 * 1024;

struct SeedOptions {
  seeding::Terms terms;
  PlacementOptions where;
  std::int64_t batch = 20'000;  ///< Some hundred thousand rows, a hundred megabytes of log.
  bool yes = false;
};

void say(std::string_view line) { std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data()); }
std::string counted(std::int64_t number) { return grouped(static_cast<std::uint64_t>(number)); }

std::int64_t missing(const seeding::Terms& terms, const seeding::Seeder::Standing& standing, RowsOf rows_of) {
  return std::max<std::int64_t>(0, terms.amount(rows_of) - standing.done.at(rows_of));
}

/// The databases' disk can be looked at where they are the private cluster's.
Result<> expect_room(const Placement& placement, const seeding::Terms& terms, const seeding::Seeder::Standing& standing) {
  std::error_code error;
  const auto room = std::filesystem::space(placement.home, error);
  if (error || placement.dsn_of("order")) return {};
  const auto things = [&](RowsOf rows_of) { return static_cast<double>(missing(terms, standing, rows_of)); };
  const double kib = things(RowsOf::skus) * kib_per_sku + things(RowsOf::orders) * (kib_per_order + kib_per_order_line * terms.lines) +
                     things(RowsOf::promotions) * kib_per_promotion + kib_of_log;
  const auto needed = static_cast<std::int64_t>(kib / 1024), free = static_cast<std::int64_t>(room.available >> 20);
  if (needed <= free) return {};
  return fail(ErrorKind::rule_violated, "DISK_TOO_SMALL",
              text("about ", counted(needed), " MiB are needed and ", counted(free), " MiB are free at ", placement.home.string(),
                   "; make room, seed less, put the home elsewhere with --home, or say --yes"));
}

Result<> expect_no_orders(const seeding::Seeder::Standing& standing) {
  if (!standing.has_orders_of_its_own) return {};
  return fail(ErrorKind::rule_violated, "SHOP_HAS_ORDERS",
              "the shop has orders that were not seeded, and what is seeded cannot be taken out again; use another --home, or say --yes to seed beside them");
}

Task<Result<>> prepare(Host& host, seeding::Terms terms) {
  auto done = co_await host.start();
  if (done) done = co_await seeding::prepare_ground(host, std::move(terms));
  co_await host.stop();
  co_return done;
}

void print(const seeding::Report& report, const seeding::Terms& terms, std::int64_t orders) {
  for (const auto& line : report.lines) {
    std::printf("%-12s %14s rows %10.1f s %10s rows/s\n", line.module.c_str(), counted(line.rows).c_str(), line.seconds,
                counted(static_cast<std::int64_t>(static_cast<double>(line.rows) / std::max(line.seconds, 0.001))).c_str());
  }
  std::printf("seeded: %s rows in %.1f s (%s rows/s, %s orders/s); the shop has %s SKUs, %s orders and %s promotions of seed %d\nnext: emporion audit\n",
              counted(report.rows()).c_str(), report.seconds,
              counted(static_cast<std::int64_t>(static_cast<double>(report.rows()) / std::max(report.seconds, 0.001))).c_str(),
              counted(static_cast<std::int64_t>(static_cast<double>(orders) / std::max(report.seconds, 0.001))).c_str(), counted(terms.skus).c_str(),
              counted(terms.orders).c_str(), counted(terms.promotions).c_str(), terms.seed);
}

Result<> seed_into(const SeedOptions& options, const Placement& placement, const Databases& databases) {
  seeding::Seeder seeder(databases, seeding::all_parts(), options.terms, options.batch, say);
  EMP_ASSIGN(const auto standing, seeder.look());
  const std::int64_t orders = missing(options.terms, standing, RowsOf::orders);
  if (orders == 0 && missing(options.terms, standing, RowsOf::skus) == 0 && missing(options.terms, standing, RowsOf::promotions) == 0) {
    std::printf("nothing to do: the shop has %s SKUs, %s orders and %s promotions of seed %d\n", counted(options.terms.skus).c_str(),
                counted(options.terms.orders).c_str(), counted(options.terms.promotions).c_str(), options.terms.seed);
    return {};
  }
  if (!options.yes) {
    EMP_TRY(expect_no_orders(standing));
    EMP_TRY(expect_room(placement, options.terms, standing));
  }
  if (!standing.is_begun) {
    Runtime runtime;
    Host host(runtime, placement, databases, all_modules());
    EMP_TRY(run_until_done(runtime, prepare(host, options.terms)));
  }
  EMP_ASSIGN(const auto report, seeder.run());
  print(report, options.terms, orders);
  return {};
}

int seed(SeedOptions options, const Placement& placement) {
  const auto currency = Currency::parse(placement.settings.string("checkout.currency", "VND"));
  if (!currency) return report_failure("cannot seed", currency.error());
  options.terms.currency = *currency;
  if (const auto checked = options.terms.check(); !checked) return report_failure("cannot seed", checked.error());
  const auto modules = all_modules();
  auto databases = Databases::open(placement, modules, Purpose::tool, say);
  if (!databases) return report_failure("cannot open the databases", databases.error());
  int exit_code = 0;
  if (const auto migrated = databases->migrate(modules, say); !migrated) exit_code = report_failure("cannot migrate", migrated.error());
  if (exit_code == 0) {
    if (const auto seeded = seed_into(options, placement, *databases); !seeded) exit_code = report_failure("cannot seed", seeded.error());
  }
  if (const auto closed = databases->close(); !closed) return report_failure("cannot stop PostgreSQL", closed.error());
  return exit_code;
}

}  // namespace

void add_seed(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<SeedOptions>();
  auto* const command = program.add_subcommand(
      "seed", "Fill a shop with many products and completed orders at once, to measure how it grows. Each module fills its own tables; the audit stays clean.");
  command->add_option("--skus", options->terms.skus, "Products with one variant each, a price, and a million units in stock.")->required();
  command->add_option("--orders", options->terms.orders, "Orders of 2024, paid at the door, delivered and completed (default 0).");
  command->add_option("--promotions", options->terms.promotions, "Active promotions with a code each; every fourth order has used one (default 0).");
  command->add_option("--lines", options->terms.lines, "Lines of an order (default 3).");
  command->add_option("--seed", options->terms.seed, "What ids and codes are made of (default 1).");
  command->add_option("--batch", options->batch, "Products, orders or promotions that are one transaction (default 20,000).")->check(CLI::Range(1, 1'000'000));
  command->add_flag("--yes", options->yes, "Also where the shop has orders of its own, or where the disk may be too small.");
  options->where.add_to(*command);
  command->footer(
      "Safe to repeat: what is there stays, and a seed that was ended goes on where it was; --orders may be more than before.\nSKUs are SEED1-00000001, codes "
      "of "
      "promotions the same. Works beside a running server, which waits at times.\nExamples:\n  emporion seed --skus 1000 --orders 10000\n  emporion seed "
      "--skus "
      "1000000 --orders 10000000 --home /srv/large\n  emporion seed --skus 1000 --orders 100000 --promotions 100000");
  command->callback([options, &exit_code] { exit_code = options->where.run([&](const Placement& placement) { return seed(*options, placement); }); });
}

}  // namespace emporion::app
