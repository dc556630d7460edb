#include "kernel/messaging/feed.hpp"

namespace emporion::messaging {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement list_letters{"feed.letters",
                                 "SELECT event_id, producer, topic, aggregate_id, error, tries, parked_at FROM dead_letter WHERE state IN ('parked', "
                                 "'waiting', 'due') ORDER BY seq LIMIT $1"};
constexpr Statement redeliver_aggregate{
    "feed.redeliver",
    "UPDATE dead_letter d SET state = 'due' FROM dead_letter e WHERE e.event_id = $1 AND d.producer = e.producer AND d.aggregate_id = e.aggregate_id "
    "AND d.state IN ('parked', 'waiting')",
    Effect::writes};
constexpr Statement skip_letter{"feed.skip", "UPDATE dead_letter SET state = 'skipped', reason = $2 WHERE event_id = $1 AND state <> 'redelivered'",
                                Effect::writes};

}  // namespace

Task<Result<std::vector<DeadLetter>>> dead_letters(postgres::Database& consumer, int count) {
  EMP_CO_ASSIGN(const auto rows, co_await consumer.query(list_letters, static_cast<std::int64_t>(count)));
  std::vector<DeadLetter> out;
  for (const auto row : rows) {
    out.push_back({row.get<Uuid>(0), row.get<std::string>(1), row.get<std::string>(2), row.get<std::string>(3), row.get<std::string>(4),
                   row.get<std::int32_t>(5), row.get<UtcTime>(6)});
  }
  co_return out;
}

Task<Result<>> redeliver(postgres::Database& consumer, Uuid event_id) {
  EMP_CO_TRY(co_await consumer.query(redeliver_aggregate, event_id));
  co_return Result<>();
}

Task<Result<>> skip(postgres::Database& consumer, Uuid event_id, std::string reason) {
  std::vector<postgres::Bound> unit;
  unit.push_back(postgres::bind(skip_letter, event_id, reason));
  unit.push_back(postgres::bind(redeliver_aggregate, event_id));
  EMP_CO_ASSIGN(const auto answers, co_await consumer.run_together(std::move(unit)));
  if (answers[0].affected() == 0) co_return fail(ErrorKind::not_found, "DEAD_LETTER_NOT_FOUND", event_id.to_string());
  co_return Result<>();
}

}  // namespace emporion::messaging
