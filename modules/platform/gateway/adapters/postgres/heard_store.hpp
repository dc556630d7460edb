#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kernel/postgres/database.hpp"

namespace emporion::gateway {

/// What one replica heard by an event and every replica has to know: of a feed's events each goes to one replica, which writes them down here in the commit
/// that counts them as heard.
class HeardStore {
 public:
  struct Heard {
    std::string kind;  ///< "session", "staff", "tag", "prefix".
    std::string subject;
    std::int64_t number = 0;
    UtcTime at;
  };
  /// What `news` reads. Bound by the statement's clock: by clock_timestamp() no index limits what is read.
  static constexpr postgres::Statement select_recent{
      "gateway.heard", "SELECT kind, subject, number, at FROM heard WHERE at > statement_timestamp() - interval '15 seconds' ORDER BY at"};
  explicit HeardStore(postgres::Database& database) : database_(database) {}
  static postgres::Bound row(std::string_view kind, std::string_view subject, std::int64_t number = 0);
  /// What was written since the last call, by whomever: asked twice a second. Fifteen seconds are looked back, since what began earlier may commit later.
  Task<Result<std::vector<Heard>>> news();

 private:
  postgres::Database& database_;
  std::map<std::pair<std::string, std::string>, UtcTime> seen_;
};

}  // namespace emporion::gateway
