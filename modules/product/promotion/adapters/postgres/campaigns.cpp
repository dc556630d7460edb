#include "modules/product/promotion/adapters/postgres/campaigns.hpp"

#include "kernel/postgres/answer_once.hpp"
#include "modules/product/promotion/adapters/postgres/pages.hpp"
#include "modules/product/promotion/app/terms.hpp"

namespace emporion::promotion {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement create_campaign{"promotion.create_campaign", "SELECT campaign_create($1::uuid, $2::jsonb, $3::timestamptz, $4::uuid)", Effect::writes};
constexpr Statement update_campaign{"promotion.update_campaign", "SELECT campaign_update($1::uuid, $2::int8, $3::jsonb, $4::timestamptz, $5::uuid)",
                                    Effect::writes};
constexpr Statement delete_campaign{"promotion.delete_campaign", "SELECT campaign_delete($1::uuid, $2::int8)::text", Effect::writes};
constexpr Statement get_campaign{"promotion.get_campaign", "SELECT campaign_document(c) FROM campaign c WHERE c.id = $1::uuid"};
constexpr Statement list_campaigns{"promotion.list_campaigns", R"(
SELECT campaign_document(c), c.id FROM campaign c
 WHERE ($1::text IS NULL OR c.status = $1::text) AND ($2::uuid IS NULL OR c.id < $2::uuid) ORDER BY c.id DESC LIMIT $3::int4)"};
constexpr Statement move_campaign{"promotion.move_campaign", "SELECT campaign_move($1::uuid, $2::int8, $3::bool, $4::timestamptz, $5::uuid)", Effect::writes};

}  // namespace

Task<Result<v1::Campaign>> Campaigns::create(CallContext context, v1::CreateCampaignRequest request) {
  EMP_CO_TRY(check_terms(request.terms));
  const UtcTime now = clock_.now();
  auto statement = postgres::bind(create_campaign, Uuid::v7(now, random_), json::Raw{to_json(request.terms)}, now, context.trace);
  co_return co_await postgres::answer_once<v1::Campaign>(database_, context, "promotion.create_campaign", std::move(request), std::move(statement));
}

Task<Result<v1::Campaign>> Campaigns::update(CallContext context, v1::UpdateCampaignRequest request) {
  EMP_CO_TRY(check_terms(request.terms));
  auto rows = co_await database_.query(update_campaign, request.id, request.version, json::Raw{to_json(request.terms)}, clock_.now(), context.trace);
  book_.look_again();
  if (!rows) co_return fail(rows.error());
  co_return first_of<v1::Campaign>(*rows, "CAMPAIGN_NOT_FOUND");
}

Task<Result<v1::DeleteCampaignResponse>> Campaigns::remove(v1::DeleteCampaignRequest request) {
  EMP_CO_TRY(co_await database_.query(delete_campaign, request.id, request.version));
  co_return v1::DeleteCampaignResponse();
}

Task<Result<v1::Campaign>> Campaigns::get(v1::GetCampaignRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_campaign, request.id));
  co_return first_of<v1::Campaign>(rows, "CAMPAIGN_NOT_FOUND");
}

Task<Result<v1::ListCampaignsResponse>> Campaigns::list(v1::ListCampaignsRequest request) {
  const auto size = request.page_size.value_or(postgres::page_size_default);
  EMP_CO_ASSIGN(const auto after, postgres::page_start(request.page_token));
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_campaigns, name_of(request.status), after, size + 1));
  v1::ListCampaignsResponse out;
  EMP_CO_TRY(postgres::fill_page(rows, size, out.campaigns, out.next_page_token));
  co_return out;
}

Task<Result<v1::Campaign>> Campaigns::move(CallContext context, v1::ChangeCampaignRequest request, bool activate) {
  auto rows = co_await database_.query(move_campaign, request.id, request.version, activate, clock_.now(), context.trace);
  book_.look_again();
  if (!rows) co_return fail(rows.error());
  co_return first_of<v1::Campaign>(*rows, "CAMPAIGN_NOT_FOUND");
}

}  // namespace emporion::promotion
