#include "apps/emporion/moving/record.hpp"

#include <sstream>

namespace emporion::app::moving {
namespace {

constexpr postgres::Statement select_record{
    "move.record",
    "SELECT p.id, p.waits, m.epoch, m.state, m.from_place, m.from_process, m.from_addresses, m.to_place, m.to_process, m.to_addresses FROM module_place p LEFT "
    "JOIN LATERAL ((SELECT * FROM module_move WHERE state = 'done' ORDER BY epoch DESC LIMIT 1) UNION ALL (SELECT * FROM module_move WHERE state IN "
    "('announced', 'switching') ORDER BY epoch DESC LIMIT 1)) AS m ON true"};

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

bool is_here(const Spot& spot, const Record& record, std::string_view process) { return spot.place == record.place && spot.process == process; }

}  // namespace

Verdict judge(const Record& record, std::string_view process) {
  const auto& move = record.under_way;
  const bool newer = move && (!record.last || move->epoch > record.last->epoch);
  const bool comes = newer && is_here(move->to, record, process);
  if (comes) {
    // Until it is decided the module is where the move is from; there, epochs are those of the move before.
    const std::int64_t before = record.last ? record.last->epoch : 0;
    return {move->phase == Phase::switching ? Part::hold : Part::stand_by, before, move->from.addresses};
  }
  if (record.last && !is_here(record.last->to, record, process)) return {Part::away, record.last->epoch, record.last->to.addresses};
  if (!record.last && record.waits) return {Part::stand_by, 0, {}};
  const bool goes = newer && is_here(move->from, record, process);
  if (goes) return {move->phase == Phase::switching ? Part::leave : Part::make_ready, move->epoch, move->to.addresses};
  return {Part::serve, record.last ? record.last->epoch : 0, {}};
}

Task<Result<Record>> read_record(postgres::Database& database) {
  EMP_CO_ASSIGN(const auto rows, co_await database.query(select_record));
  Record out;
  for (const auto row : rows) {
    out.place = row.get<Uuid>(0);
    out.waits = row.get<bool>(1);
    if (row.is_null(2)) continue;
    Move move;
    move.epoch = row.get<std::int64_t>(2);
    const auto state = row.get<std::string>(3);
    move.from = {row.get<Uuid>(4), row.get<std::string>(5), words_of(row.get<std::string>(6))};
    move.to = {row.get<Uuid>(7), row.get<std::string>(8), words_of(row.get<std::string>(9))};
    if (state == "done") {
      move.phase = Phase::done;
      out.last = std::move(move);
    } else {
      move.phase = state == "switching" ? Phase::switching : Phase::announced;
      out.under_way = std::move(move);
    }
  }
  co_return out;
}

}  // namespace emporion::app::moving
