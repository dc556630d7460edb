#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "apps/emporion/databases.hpp"
#include "apps/emporion/seeding/world.hpp"
#include "kernel/module/seed.hpp"

namespace emporion::app::seeding {

struct Report {
  struct Line {
    std::string module;
    std::int64_t rows = 0;  ///< Inserted.
    double seconds = 0;
  };
  std::vector<Line> lines;  ///< Of modules that had something to do.
  double seconds = 0;       ///< From the first batch to the last; two modules are at work at a time.
  std::int64_t rows() const;
};

/// Puts many rows into the modules' databases, each by its own part, role and transaction (ADR 0043). Blocking; never on an io thread.
class Seeder {
 public:
  /// A batch of `things_per_batch` SKUs, orders or promotions is a transaction; `tell` gets a line now and then, never two at once.
  Seeder(const Databases& databases, std::vector<SeedPart> parts, Terms terms, std::int64_t things_per_batch, std::function<void(std::string_view)> tell);

  /// How much is there of what is asked for, the least of all modules, by kind of row.
  using Done = std::map<RowsOf, std::int64_t>;
  struct Standing {
    Done done;
    bool is_begun = false;               ///< There is something that was seeded.
    bool has_orders_of_its_own = false;  ///< Orders, and none of them was seeded.
  };
  /// Reads alone. Errors: SEEDED_OTHERWISE, if what is there was seeded on other terms; DATABASE_UNAVAILABLE.
  Result<Standing> look();

  /// Goes on from what is there to what is asked for; each batch with its mark is one transaction. Safe to repeat after any failure. Errors: ALREADY_SEEDING,
  /// SEEDED_OTHERWISE, SEED_BATCH_FAILED (names module and things; what was done stays), DATABASE_UNAVAILABLE.
  Result<Report> run();

 private:
  class Module;
  void say(std::string_view line);

  const Databases& databases_;
  std::vector<SeedPart> parts_;
  Terms terms_;
  std::int64_t things_per_batch_;
  std::function<void(std::string_view)> tell_;
  std::mutex telling_;
};

}  // namespace emporion::app::seeding
