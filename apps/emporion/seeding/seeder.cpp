#include "apps/emporion/seeding/seeder.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <thread>

#include "apps/emporion/commands/terminal.hpp"
#include "kernel/base/text.hpp"
#include "kernel/fault/fault_points.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/statistics.hpp"

namespace emporion::app::seeding {
namespace {

using postgres::BlockingConnection;
using SteadyClock = std::chrono::steady_clock;

constexpr RowsOf kinds[] = {RowsOf::promotions, RowsOf::skus, RowsOf::orders};  // What orders name comes before them.
constexpr std::chrono::seconds say_every{5};
constexpr unsigned workers_max = 2;  // PostgreSQL works for each; more of them would only wait for its disk.

double seconds_since(SteadyClock::time_point begin) { return std::chrono::duration<double>(SteadyClock::now() - begin).count(); }

const std::vector<std::string_view>& statements_of(const SeedPart& part, RowsOf rows_of) {
  switch (rows_of) {
    case RowsOf::promotions: return part.promotions;
    case RowsOf::skus: return part.skus;
    case RowsOf::orders: return part.orders;
  }
  return part.orders;
}

struct Mark {
  std::string origin;
  std::int64_t done = 0;
};

Result<std::optional<Mark>> mark_of(BlockingConnection& database, RowsOf rows_of) {
  EMP_ASSIGN(const auto rows, database.run("SELECT terms, done FROM seed_mark WHERE rows_of = $1", {std::string(name_of(rows_of))}));
  if (rows.empty()) return std::optional<Mark>();
  return std::optional<Mark>(Mark{rows[0][0].value_or(""), std::atoll(rows[0][1].value_or("0").c_str())});
}

Result<> expect_same_origin(const SeedPart& part, const Terms& terms, RowsOf rows_of, const std::optional<Mark>& mark) {
  if (!mark || mark->origin == terms.origin(rows_of)) return {};
  return fail(ErrorKind::rule_violated, "SEEDED_OTHERWISE",
              text(name_of(rows_of), " of ", part.module, " were seeded with ", mark->origin, "; asked for are ", terms.origin(rows_of),
                   "; of a shop that was seeded only the number of orders may grow, and that of SKUs and promotions before there are orders"));
}

}  // namespace

std::int64_t Report::rows() const {
  std::int64_t out = 0;
  for (const Line& line : lines) out += line.rows;
  return out;
}

/// One module's database being filled.
class Seeder::Module {
 public:
  Module(Seeder& seeder, const SeedPart& part, BlockingConnection database) : seeder_(seeder), part_(part), database_(std::move(database)) {}

  /// Until the connection ends.
  Result<> lock() {
    EMP_ASSIGN(const auto locked, database_.run("SELECT pg_try_advisory_lock(hashtext('emporion seed'))"));
    if (locked[0][0] == "t") return {};
    return fail(ErrorKind::conflict, "ALREADY_SEEDING", text("somebody else seeds the database of ", part_.module, "; wait until that has ended, then repeat"));
  }

  Result<Report::Line> run() {
    const auto begin = SteadyClock::now();
    EMP_TRY(database_.run(session_sql(seeder_.terms_)));
    for (const RowsOf rows_of : kinds) {
      if (!statements_of(part_, rows_of).empty()) EMP_TRY(fill(rows_of));
    }
    // What was written is planned for, and read without a look at who wrote it.
    if (line_.rows > 0) EMP_TRY(postgres::look_at_filled_tables(database_, postgres::Look::vacuum_too));
    line_.module = part_.module;
    line_.seconds = seconds_since(begin);
    return line_;
  }

 private:
  Result<> fill(RowsOf rows_of) {
    EMP_ASSIGN(const auto mark, mark_of(database_, rows_of));
    EMP_TRY(expect_same_origin(part_, seeder_.terms_, rows_of, mark));
    const std::int64_t total = seeder_.terms_.amount(rows_of), there = mark ? mark->done : 0;
    const auto begin = SteadyClock::now();
    auto said = begin;
    for (std::int64_t done = there; done < total;) {
      const std::int64_t to = std::min(total, done + seeder_.things_per_batch_);
      if (const auto made = batch(rows_of, done, to); !made) {
        (void)database_.run("ROLLBACK");
        return fail(Error(
            ErrorKind::internal, "SEED_BATCH_FAILED",
            text(part_.module, ", ", name_of(rows_of), " ", grouped(static_cast<std::uint64_t>(done + 1)), " to ", grouped(static_cast<std::uint64_t>(to)),
                 ": ", made.error().detail(), "; what was done stays, and the same command goes on from there")));
      }
      done = to;
      if (done < total && SteadyClock::now() - said < say_every) continue;
      said = SteadyClock::now();
      tell(rows_of, there, done, total, seconds_since(begin));
    }
    // The next kind is joined to this one.
    if (total > there) EMP_TRY(postgres::look_at_filled_tables(database_, postgres::Look::statistics));
    return {};
  }

  void tell(RowsOf rows_of, std::int64_t there, std::int64_t done, std::int64_t total, double seconds) {
    const double per_second = static_cast<double>(done - there) / std::max(seconds, 0.001);
    std::string line = text(part_.module, ": ", grouped(static_cast<std::uint64_t>(done)), " of ", grouped(static_cast<std::uint64_t>(total)), " ",
                            name_of(rows_of), " (", done * 100 / total, " %), ", grouped(static_cast<std::uint64_t>(per_second)), "/s");
    if (done < total) line += text(", ", static_cast<std::int64_t>(static_cast<double>(total - done) / per_second), " s left");
    seeder_.say(line);
  }

  /// Things `done` + 1 to `to`: all of them in one transaction with the mark, or none.
  Result<> batch(RowsOf rows_of, std::int64_t done, std::int64_t to) {
    EMP_TRY(database_.run("BEGIN"));
    EMP_TRY(database_.run(batch_sql(seeder_.terms_, rows_of, done + 1, to)));
    std::int64_t rows = 0;
    for (const std::string_view statement : statements_of(part_, rows_of)) {
      if (!statement.starts_with("INSERT")) {
        EMP_TRY(database_.run(std::string(statement)));
        continue;
      }
      EMP_ASSIGN(const auto made, database_.run(text("WITH made AS (", statement, " RETURNING 1) SELECT count(*) FROM made")));
      rows += std::atoll(made[0][0].value_or("0").c_str());
    }
    EMP_TRY(database_.run(
        "INSERT INTO seed_mark (rows_of, terms, done) VALUES ($1, $2, $3::bigint) ON CONFLICT (rows_of) DO UPDATE SET done = excluded.done, updated_at = now()",
        {std::string(name_of(rows_of)), seeder_.terms_.origin(rows_of), std::to_string(to)}));
    fault::FaultPoints::pass("seed.batch.before");
    EMP_TRY(database_.run("COMMIT"));
    fault::FaultPoints::pass("seed.batch.after");
    line_.rows += rows;
    return {};
  }

  Seeder& seeder_;
  const SeedPart& part_;
  BlockingConnection database_;
  Report::Line line_;
};

Seeder::Seeder(const Databases& databases, std::vector<SeedPart> parts, Terms terms, std::int64_t things_per_batch, std::function<void(std::string_view)> tell)
    : databases_(databases), parts_(std::move(parts)), terms_(std::move(terms)), things_per_batch_(things_per_batch), tell_(std::move(tell)) {}

void Seeder::say(std::string_view line) {
  const std::scoped_lock lock(telling_);
  tell_(line);
}

Result<Seeder::Standing> Seeder::look() {
  Standing out;
  bool has_orders = false, has_seeded_orders = false;
  for (const SeedPart& part : parts_) {
    EMP_ASSIGN(auto database, BlockingConnection::open(databases_.dsn_of(part.module)));
    for (const RowsOf rows_of : kinds) {
      if (statements_of(part, rows_of).empty()) continue;
      EMP_ASSIGN(const auto mark, mark_of(database, rows_of));
      EMP_TRY(expect_same_origin(part, terms_, rows_of, mark));
      out.is_begun = out.is_begun || mark;
      has_seeded_orders = has_seeded_orders || (mark && rows_of == RowsOf::orders);
      const auto known = out.done.try_emplace(rows_of, mark ? mark->done : 0);
      known.first->second = std::min(known.first->second, mark ? mark->done : 0);
    }
    if (part.has_orders.empty()) continue;
    EMP_ASSIGN(const auto rows, database.run(std::string(part.has_orders)));
    has_orders = !rows.empty();
  }
  out.has_orders_of_its_own = has_orders && !has_seeded_orders;
  return out;
}

Result<Report> Seeder::run() {
  const auto begin = SteadyClock::now();
  std::vector<std::unique_ptr<Module>> modules;
  for (const SeedPart& part : parts_) {
    EMP_ASSIGN(auto database, BlockingConnection::open(databases_.dsn_of(part.module)));
    modules.push_back(std::make_unique<Module>(*this, part, std::move(database)));
    EMP_TRY(modules.back()->lock());  // Of all before any begins: of two seeds at once one does everything.
  }
  Report report;
  std::optional<Error> failure;
  std::mutex reporting;
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> is_over = false;
  const auto work = [&] {
    for (std::size_t at = next++; at < modules.size() && !is_over; at = next++) {
      auto line = modules[at]->run();
      const std::scoped_lock lock(reporting);
      if (line && line->rows > 0) report.lines.push_back(std::move(*line));
      if (line) continue;
      if (!failure) failure = line.error();
      is_over = true;  // Others end the module that they have in hand.
    }
  };
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 1; i < std::clamp(std::thread::hardware_concurrency(), 1u, workers_max); ++i) workers.emplace_back(work);
    work();
  }
  if (failure) return fail(*failure);
  report.seconds = seconds_since(begin);
  return report;
}

}  // namespace emporion::app::seeding
