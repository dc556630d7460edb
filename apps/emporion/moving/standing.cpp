#include "apps/emporion/moving/standing.hpp"

#include <chrono>
#include <thread>

#include "kernel/base/text.hpp"
#include "kernel/base/time.hpp"

namespace emporion::app::moving {
namespace {

constexpr seconds slot_wait{20};

constexpr const char* select_standing =
    "SELECT p.id, p.waits, coalesce(l.epoch, 0), coalesce(l.to_place::text, ''), coalesce(l.to_process, ''), coalesce(f.from_process, ''), "
    "coalesce(f.from_addresses, ''), coalesce(o.epoch, 0), coalesce(o.state, ''), coalesce(o.to_place::text, ''), coalesce(o.to_process, '') FROM module_place "
    "p "
    "LEFT JOIN LATERAL (SELECT * FROM module_move WHERE state = 'done' ORDER BY epoch DESC LIMIT 1) l ON true "
    "LEFT JOIN LATERAL (SELECT * FROM module_move WHERE state = 'done' ORDER BY epoch LIMIT 1) f ON true "
    "LEFT JOIN LATERAL (SELECT * FROM module_move WHERE state IN ('announced', 'switching') AND epoch > coalesce(l.epoch, 0) LIMIT 1) o ON true";

}  // namespace

Result<std::string> first_value(postgres::BlockingConnection& at, const std::string& sql) {
  EMP_ASSIGN(const auto rows, at.run(sql));
  return rows.empty() ? std::string() : rows.front().front().value_or("");
}

Result<Standing> standing_of(postgres::BlockingConnection& at) {
  EMP_ASSIGN(const auto rows, at.run(select_standing));
  const auto& row = rows.at(0);
  const auto word = [&](std::size_t i) { return row[i].value_or(""); };
  return Standing{.place = word(0),
                  .waits = word(1) == "t",
                  .last_epoch = std::stoll(word(2)),
                  .last_place = word(3),
                  .last_process = word(4),
                  .came_from_process = word(5),
                  .came_from_addresses = word(6),
                  .epoch = std::stoll(word(7)),
                  .phase = word(8),
                  .to_place = word(9),
                  .to_process = word(10)};
}

std::string copy_name(std::string_view module) { return text("emporion_move_", module); }

std::string copy_slots(std::string_view module) {
  return text("database = current_database() AND (slot_name = '", copy_name(module), "' OR slot_name ~ '^pg_[0-9]+_sync_[0-9]+_[0-9]+$')");
}

Result<> put_away_copy(std::string_view module, postgres::BlockingConnection& from, postgres::BlockingConnection& to) {
  const std::string name = copy_name(module);
  EMP_ASSIGN(const auto has_subscription,
             first_value(to, text("SELECT count(*) FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = current_database() AND "
                                  "s.subname = '",
                                  name, "'")));
  if (has_subscription == "1") {
    EMP_TRY(to.run(text("ALTER SUBSCRIPTION ", name, " DISABLE")));
    EMP_TRY(to.run(text("ALTER SUBSCRIPTION ", name, " SET (slot_name = NONE)")));
    EMP_TRY(to.run(text("DROP SUBSCRIPTION ", name)));
  }
  const std::string slots = text("FROM pg_replication_slots WHERE ", copy_slots(module));
  std::string left;
  for (const auto end = std::chrono::steady_clock::now() + slot_wait; left != "0"; std::this_thread::sleep_for(milliseconds(50))) {
    if (std::chrono::steady_clock::now() > end)
      return fail(ErrorKind::unavailable, "SLOT_IN_USE", "the new database's server still reads from the old one; give the order again in a moment");
    EMP_TRY(from.run(text("SELECT pg_drop_replication_slot(slot_name) ", slots, " AND NOT active")));
    EMP_ASSIGN(left, first_value(from, text("SELECT count(*) ", slots)));
  }
  EMP_TRY(from.run(text("DROP PUBLICATION IF EXISTS ", name)));
  return {};
}

}  // namespace emporion::app::moving
