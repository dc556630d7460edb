#include "modules/platform/gateway/adapters/postgres/heard_store.hpp"

namespace emporion::gateway {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement upsert{"gateway.hear",
                           "INSERT INTO heard VALUES ($1, $2, $3, clock_timestamp()) ON CONFLICT (kind, subject) DO UPDATE SET number = greatest(heard.number, "
                           "excluded.number), at = excluded.at",
                           Effect::writes};

}  // namespace

postgres::Bound HeardStore::row(std::string_view kind, std::string_view subject, std::int64_t number) { return postgres::bind(upsert, kind, subject, number); }

Task<Result<std::vector<HeardStore::Heard>>> HeardStore::news() {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_recent));
  std::vector<Heard> out;
  std::map<std::pair<std::string, std::string>, UtcTime> seen;
  for (const auto row : rows) {
    Heard one{row.get<std::string>(0), row.get<std::string>(1), row.get<std::int64_t>(2), row.get<UtcTime>(3)};
    const std::pair key(one.kind, one.subject);
    const auto known = seen_.find(key);
    const bool is_new = known == seen_.end() || known->second < one.at;
    seen.emplace(key, one.at);
    if (is_new) out.push_back(std::move(one));
  }
  seen_ = std::move(seen);
  co_return out;
}

}  // namespace emporion::gateway
