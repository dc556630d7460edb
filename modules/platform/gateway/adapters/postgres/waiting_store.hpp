#pragma once

#include <string>
#include <vector>

#include "kernel/lanes/lane.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/platform/gateway/app/waiting_rooms.hpp"

namespace emporion::gateway {

/// Sales and their lines. Thousands who join at once are a few statements.
class WaitingStore {
 public:
  WaitingStore(Runtime& runtime, postgres::Database& database, const Clock& clock, Random& random);

  /// Sales that have not ended, those to come included.
  Task<Result<std::vector<WaitingRoom>>> rooms();
  /// Writes the sale; the same again changes nothing. Errors: SALE_OVERLAPS (conflict) with sku.
  Task<Result<>> put(CallContext context, WaitingRoom sale);
  /// The sale as it was, with its new end. Errors: SALE_NOT_FOUND.
  Task<Result<WaitingRoom>> end(CallContext context, Uuid sale);
  /// The number of the subject's place, old or new. Errors: SALE_NOT_FOUND.
  Task<Result<std::int64_t>> join(Uuid sale, std::string subject);
  /// Errors: none of its own. Answers up to which number people are in.
  Task<Result<std::int64_t>> admit(Uuid sale, std::int64_t most, std::int64_t units_left);
  /// Tells what this replica saw confirmed, and answers what all saw together.
  Task<Result<std::int64_t>> confirmed_per_minute(std::int64_t here);
  Task<void> close() { co_await join_lane_.close(); }

 private:
  struct Join {
    Uuid sale;
    std::string subject;
  };
  Task<Result<std::vector<Result<std::int64_t>>>> join_all(std::vector<Join> batch);

  postgres::Database& database_;
  Uuid replica_;
  Lane<Join, std::int64_t> join_lane_;
};

}  // namespace emporion::gateway
