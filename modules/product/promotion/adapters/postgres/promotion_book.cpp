#include "modules/product/promotion/adapters/postgres/promotion_book.hpp"

#include "kernel/json/codec.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"
#include "modules/product/promotion/app/terms.hpp"

namespace emporion::promotion {
namespace {

using postgres::Statement;

constexpr Statement read_revision{"promotion.read_revision", "SELECT revision FROM active_set"};
// One that ended by its window is kept for quotes that still hold.
constexpr Statement read_active{"promotion.read_active", R"(
SELECT p.id, p.revision, p.terms::text, p.created_at, c.budget_currency, (SELECT revision FROM active_set)
  FROM promotion p LEFT JOIN campaign c ON c.id = p.campaign_id
 WHERE p.status IN ('scheduled', 'active', 'exhausted') OR (p.status = 'ended' AND NOT p.is_stopped AND p.ends_at > $1::timestamptz)
 ORDER BY p.id)"};
constexpr Statement read_one{"promotion.read_one", R"(
SELECT p.id, p.revision, p.terms::text, p.created_at, c.budget_currency, 0::int8
  FROM promotion p LEFT JOIN campaign c ON c.id = p.campaign_id WHERE p.id = $1::uuid)"};

constexpr hours ended_kept{1};

Result<Promotion> promotion_of(const postgres::Row& row) {
  EMP_ASSIGN(const auto terms, parse_json<v1::PromotionTerms>(row.get<std::string>(2)));
  EMP_ASSIGN(auto promotion, to_domain(terms));
  promotion.id = row.get<Uuid>(0);
  promotion.revision = row.get<std::int32_t>(1);
  promotion.created_at = row.get<UtcTime>(3);
  if (const auto currency = row.get<std::optional<std::string>>(4)) {
    EMP_ASSIGN(promotion.budget_currency, Currency::parse(*currency));
  }
  return promotion;
}

}  // namespace

PostgresPromotionBook::PostgresPromotionBook(postgres::Database& database, const Clock& clock)
    : database_(database), clock_(clock), watch_(database, read_revision, clock) {}

Task<Result<std::shared_ptr<const ActiveSet>>> PostgresPromotionBook::now() {
  EMP_CO_ASSIGN(const auto revision, co_await watch_.current());
  if (set_ && set_->revision == revision) co_return set_;
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_active, clock_.now() - ended_kept));
  auto set = std::make_shared<ActiveSet>();
  set->revision = rows.empty() ? revision : rows[0].get<std::int64_t>(5);
  for (const auto row : rows) {
    auto promotion = promotion_of(row);
    if (!promotion) {
      // A configuration that cannot be read takes nothing off (PRM-12).
      observe::counter("emporion_promotion_skipped_total", "Promotions whose terms could not be read.").increment();
      observe::error("a promotion is skipped: its terms cannot be read",
                     {{"promotion_id", row.get<Uuid>(0).to_string()}, {"reason", promotion.error().to_string()}});
      continue;
    }
    set->add(std::make_shared<const Promotion>(std::move(*promotion)));
  }
  set_ = set;
  co_return set_;
}

Task<Result<std::shared_ptr<const Promotion>>> PostgresPromotionBook::find(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_one, id));
  if (rows.empty()) co_return std::shared_ptr<const Promotion>();
  EMP_CO_ASSIGN(auto promotion, promotion_of(rows[0]));
  co_return std::make_shared<const Promotion>(std::move(promotion));
}

}  // namespace emporion::promotion
