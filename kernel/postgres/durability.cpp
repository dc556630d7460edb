#include "kernel/postgres/durability.hpp"

#include "kernel/base/text.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::postgres {
namespace {

constexpr Statement settings_off{"postgres.settings_off",
                                 "SELECT coalesce(string_agg(name, ', ' ORDER BY name), '') FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', "
                                 "'synchronous_commit') AND setting = 'off'"};

}  // namespace

Task<Result<>> expect_durable(Database& database) {
  const auto rows = co_await database.query(settings_off);
  if (!rows) co_return fail(Error(rows.error().kind(), rows.error().reason(), text("database of ", database.module(), ": ", rows.error().detail())));
  const auto off = (*rows)[0].get<std::string>(0);
  if (off.empty()) co_return Result<>();
  co_return fail(ErrorKind::rule_violated, "DATABASE_NOT_DURABLE",
                 text("database of ", database.module(), ": its server has ", off,
                      " off and may lose what it has confirmed; set it to on there, or say demo: true in the placement if nothing of worth is kept"));
}

}  // namespace emporion::postgres
