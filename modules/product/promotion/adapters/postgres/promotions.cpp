#include "modules/product/promotion/adapters/postgres/promotions.hpp"

#include "kernel/postgres/answer_once.hpp"
#include "modules/product/promotion/adapters/postgres/pages.hpp"
#include "modules/product/promotion/app/terms.hpp"

namespace emporion::promotion {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement create_promotion{"promotion.create_promotion", "SELECT promotion_create($1::uuid, $2::jsonb, $3::text, $4::timestamptz, $5::uuid)",
                                     Effect::writes};
constexpr Statement update_promotion{"promotion.update_promotion",
                                     "SELECT promotion_update($1::uuid, $2::int8, $3::jsonb, $4::text, $5::timestamptz, $6::uuid)", Effect::writes};
constexpr Statement delete_promotion{"promotion.delete_promotion", "SELECT promotion_delete($1::uuid, $2::int8, $3::uuid)::text", Effect::writes};
constexpr Statement get_promotion{"promotion.get_promotion", "SELECT promotion_document(p) FROM promotion p WHERE p.id = $1::uuid"};
constexpr Statement list_promotions{"promotion.list_promotions", R"(
SELECT promotion_document(p), p.id FROM promotion p
 WHERE ($1::text IS NULL OR p.status = $1::text) AND ($2::uuid IS NULL OR p.campaign_id = $2::uuid) AND ($3::uuid IS NULL OR p.id < $3::uuid)
 ORDER BY p.id DESC LIMIT $4::int4)"};
constexpr Statement move_promotion{"promotion.move_promotion", "SELECT promotion_move($1::uuid, $2::int8, $3::text, $4::timestamptz, $5::uuid)",
                                   Effect::writes};
constexpr Statement pass_boundaries_at{"promotion.pass_boundaries", "SELECT window_boundaries($1::timestamptz, 500)", Effect::writes};
// Cart promotions at the same time: of the same exclusion group, or one of the two cannot be combined.
constexpr Statement list_conflicts{"promotion.list_conflicts", R"(
SELECT promotion_document(o), CASE WHEN o.terms ->> 'exclusion_group' = p.terms ->> 'exclusion_group' THEN 'exclusion_group' ELSE 'not_stackable' END
  FROM promotion p JOIN promotion o ON o.id <> p.id AND o.status IN ('scheduled', 'active', 'exhausted') AND o.starts_at < p.ends_at AND p.starts_at < o.ends_at
 WHERE p.id = $1::uuid AND p.terms ->> 'rule_type' = o.terms ->> 'rule_type'
   AND (o.terms ->> 'exclusion_group' = p.terms ->> 'exclusion_group' OR NOT coalesce((o.terms ->> 'is_stackable')::bool, false)
        OR NOT coalesce((p.terms ->> 'is_stackable')::bool, false))
 ORDER BY o.id DESC LIMIT 100)"};

}  // namespace

Task<Result<v1::Promotion>> Promotions::create(CallContext context, v1::CreatePromotionRequest request) {
  EMP_CO_TRY(to_domain(request.terms));
  const UtcTime now = clock_.now();
  auto statement =
      postgres::bind(create_promotion, Uuid::v7(now, random_), json::Raw{to_json(request.terms)}, postgres::caller_of(context.principal), now, context.trace);
  co_return co_await postgres::answer_once<v1::Promotion>(database_, context, "promotion.create_promotion", std::move(request), std::move(statement));
}

Task<Result<v1::Promotion>> Promotions::update(CallContext context, v1::UpdatePromotionRequest request) {
  EMP_CO_TRY(to_domain(request.terms));
  auto rows = co_await database_.query(update_promotion, request.id, request.version, json::Raw{to_json(request.terms)}, postgres::caller_of(context.principal),
                                       clock_.now(), context.trace);
  book_.look_again();
  if (!rows) co_return fail(rows.error());
  co_return first_of<v1::Promotion>(*rows, "PROMOTION_NOT_FOUND");
}

Task<Result<v1::DeletePromotionResponse>> Promotions::remove(CallContext context, v1::DeletePromotionRequest request) {
  EMP_CO_TRY(co_await database_.query(delete_promotion, request.id, request.version, context.trace));
  co_return v1::DeletePromotionResponse();
}

Task<Result<v1::Promotion>> Promotions::get(v1::GetPromotionRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_promotion, request.id));
  co_return first_of<v1::Promotion>(rows, "PROMOTION_NOT_FOUND");
}

Task<Result<v1::ListPromotionsResponse>> Promotions::list(v1::ListPromotionsRequest request) {
  const auto size = request.page_size.value_or(postgres::page_size_default);
  EMP_CO_ASSIGN(const auto after, postgres::page_start(request.page_token));
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_promotions, name_of(request.status), request.campaign_id, after, size + 1));
  v1::ListPromotionsResponse out;
  EMP_CO_TRY(postgres::fill_page(rows, size, out.promotions, out.next_page_token));
  co_return out;
}

Task<Result<v1::Promotion>> Promotions::move(CallContext context, v1::ChangePromotionRequest request, std::string action) {
  auto rows = co_await database_.query(move_promotion, request.id, request.version, action, clock_.now(), context.trace);
  book_.look_again();
  if (!rows) co_return fail(rows.error());
  co_return first_of<v1::Promotion>(*rows, "PROMOTION_NOT_FOUND");
}

Task<Result<v1::ListConflictsResponse>> Promotions::conflicts(v1::GetPromotionRequest request) {
  EMP_CO_TRY(co_await get(request));
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_conflicts, request.id));
  v1::ListConflictsResponse out;
  for (const auto row : rows) {
    EMP_CO_ASSIGN(auto promotion, parse_json<v1::Promotion>(row.get<std::string>(0)));
    out.conflicts.push_back({std::move(promotion), row.get<std::string>(1)});
  }
  co_return out;
}

Task<Result<>> Promotions::pass_boundaries(CallContext context) {
  static_cast<void>(context);
  for (std::int32_t moved = 500; moved >= 500;) {
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(pass_boundaries_at, clock_.now()));
    moved = rows[0].get<std::int32_t>(0);
  }
  co_return Result<>();
}

}  // namespace emporion::promotion
