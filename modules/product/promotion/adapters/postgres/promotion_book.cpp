#include "modules/product/promotion/adapters/postgres/promotion_book.hpp"

#include <algorithm>

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
SELECT p.id, p.revision, p.terms::text, p.created_at, c.budget_currency
  FROM promotion p LEFT JOIN campaign c ON c.id = p.campaign_id
 WHERE p.status IN ('scheduled', 'active', 'exhausted') OR (p.status = 'ended' AND NOT p.is_stopped AND p.ends_at > $1::timestamptz)
 ORDER BY p.id)"};
constexpr Statement read_one{"promotion.read_one", R"(
SELECT p.id, p.revision, p.terms::text, p.created_at, c.budget_currency
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

PostgresPromotionBook::PostgresPromotionBook(Runtime& runtime, postgres::Database& database, const Clock& clock)
    : database_(database),
      clock_(clock),
      watch_(database, read_revision, clock),
      reads_(runtime, LaneOptions{.name = "promotion.read_active"}, [this](Revisions wanted) { return read_for(std::move(wanted)); }) {}

Task<Result<std::shared_ptr<const ActiveSet>>> PostgresPromotionBook::now() {
  EMP_CO_ASSIGN(const auto revision, co_await watch_.current());
  if (set_ && set_->revision >= revision) co_return set_;
  co_return co_await reads_.submit(revision);
}

Task<Result<PostgresPromotionBook::Sets>> PostgresPromotionBook::read_for(Revisions wanted) {
  if (!set_ || set_->revision < std::ranges::max(wanted)) EMP_CO_TRY(co_await read());
  co_return Sets(wanted.size(), set_);
}

Task<Result<>> PostgresPromotionBook::read() {
  std::vector<postgres::Bound> reads;
  reads.push_back(postgres::bind(read_revision));  // First: what is read after it is at least as new.
  reads.push_back(postgres::bind(read_active, clock_.now() - ended_kept));
  EMP_CO_ASSIGN(const auto answers, co_await database_.run_together(std::move(reads)));
  auto set = std::make_shared<ActiveSet>();
  set->revision = answers[0][0].get<std::int64_t>(0);
  for (const auto row : answers[1]) {
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
  set_ = std::move(set);
  co_return Result<>();
}

Task<Result<std::shared_ptr<const Promotion>>> PostgresPromotionBook::find(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_one, id));
  if (rows.empty()) co_return std::shared_ptr<const Promotion>();
  EMP_CO_ASSIGN(auto promotion, promotion_of(rows[0]));
  co_return std::make_shared<const Promotion>(std::move(promotion));
}

}  // namespace emporion::promotion
