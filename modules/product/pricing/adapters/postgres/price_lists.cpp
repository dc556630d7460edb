#include "modules/product/pricing/adapters/postgres/price_lists.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/postgres/answer_once.hpp"
#include "kernel/postgres/paging.hpp"
#include "modules/product/pricing/app/price_terms.hpp"

namespace emporion::pricing {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement create_price{"pricing.create_price", "SELECT price_create($1::uuid, $2::jsonb, $3::text, $4::bool, $5::timestamptz, $6::uuid)",
                                 Effect::writes};
constexpr Statement update_price{"pricing.update_price", "SELECT price_update($1::uuid, $2::int8, $3::jsonb, $4::text, $5::bool, $6::timestamptz, $7::uuid)",
                                 Effect::writes};
constexpr Statement delete_price{"pricing.delete_price", "SELECT price_delete($1::uuid, $2::int8, $3::text, $4::timestamptz, $5::uuid)::text", Effect::writes};
constexpr Statement get_price{"pricing.get_price_row", "SELECT price_document(p) FROM price p WHERE id = $1::uuid"};
// A row by row comparison with null parameters; the narrowest given one has an index of its own.
constexpr Statement list_prices{"pricing.list_prices", R"(
SELECT price_document(p), p.id FROM price p
 WHERE ($1::uuid IS NULL OR p.product_id = $1::uuid) AND ($2::text IS NULL OR p.sku = $2::text) AND ($3::uuid IS NULL OR p.warehouse_id = $3::uuid)
   AND ($4::text IS NULL OR p.currency = $4::text) AND (NOT $5::bool OR p.is_active) AND ($6::uuid IS NULL OR p.id < $6::uuid)
 ORDER BY p.id DESC LIMIT $7::int4)"};
constexpr Statement list_history{"pricing.list_price_history", R"(
SELECT version, action, old_terms, new_terms, actor, at FROM price_history
 WHERE price_id = $1::uuid AND ($2::int8 IS NULL OR version < $2::int8) ORDER BY version DESC LIMIT $3::int4)"};
constexpr Statement sale_boundaries{"pricing.sale_boundaries", "SELECT price_sale_boundaries($1::timestamptz, 500)", Effect::writes};

constexpr std::string_view override_permission = "pricing.price.override";
constexpr std::string_view cost_permission = "pricing.cost.read";

void hide_cost(const CallContext& context, v1::PriceTerms& terms) {
  const bool may_see = context.principal.realm == Realm::service || context.principal.may(cost_permission);
  if (!may_see) terms.cost_amount.reset();
}

Result<v1::Price> shown(const CallContext& context, Result<v1::Price> price) {
  if (price) hide_cost(context, price->terms);
  return price;
}

Result<v1::Price> first_price(const postgres::Rows& rows) {
  if (rows.empty()) return fail(ErrorKind::not_found, "PRICE_NOT_FOUND");
  return parse_json<v1::Price>(rows[0].get<std::string>(0));
}

std::unexpected<Error> bad_token() { return fail(ErrorKind::invalid_argument, "PAGE_TOKEN_INVALID", "take the token from the page before"); }

}  // namespace

Task<Result<v1::Price>> PriceLists::set(CallContext context, v1::SetPriceRequest request) {
  const PriceScope scope{request.product_id, request.sku, request.warehouse_id, request.customer_group};
  EMP_CO_ASSIGN(const auto json, price_json(scope, request.terms));
  const UtcTime now = clock_.now();
  auto statement = postgres::bind(create_price, Uuid::v7(now, random_), json, postgres::caller_of(context.principal),
                                  context.principal.may(override_permission), now, context.trace);
  auto price = co_await postgres::answer_once<v1::Price>(database_, context, "pricing.set_price", std::move(request), std::move(statement));
  changed_();
  co_return shown(context, std::move(price));
}

Task<Result<v1::Price>> PriceLists::update(CallContext context, v1::UpdatePriceRequest request) {
  // The scope is the row's own; a placeholder passes the check that there is one.
  EMP_CO_ASSIGN(const auto json, price_json({.product_id = request.id}, request.terms));
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(update_price, request.id, request.version, json, postgres::caller_of(context.principal),
                                                          context.principal.may(override_permission), clock_.now(), context.trace));
  changed_();
  co_return shown(context, first_price(rows));
}

Task<Result<v1::DeletePriceResponse>> PriceLists::remove(CallContext context, v1::DeletePriceRequest request) {
  EMP_CO_TRY(co_await database_.query(delete_price, request.id, request.version, postgres::caller_of(context.principal), clock_.now(), context.trace));
  changed_();
  co_return v1::DeletePriceResponse();
}

Task<Result<v1::Price>> PriceLists::get(CallContext context, v1::GetPriceRowRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_price, request.id));
  co_return shown(context, first_price(rows));
}

Task<Result<v1::ListPricesResponse>> PriceLists::list(CallContext context, v1::ListPricesRequest request) {
  std::optional<Uuid> after;
  if (request.page_token) {
    const auto token = Uuid::parse(*request.page_token);
    if (!token) co_return bad_token();
    after = *token;
  }
  if (request.sku) request.sku = ascii_upper(*request.sku);
  if (request.currency) request.currency = ascii_upper(*request.currency);
  const std::int32_t size = request.page_size.value_or(postgres::page_size_default);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_prices, request.product_id, request.sku, request.warehouse_id, request.currency,
                                                          request.active_only.value_or(false), after, size + 1));
  v1::ListPricesResponse out;
  for (const auto row : rows) {
    if (static_cast<std::int32_t>(out.prices.size()) == size) {
      out.next_page_token = out.prices.back().id.to_string();
      break;
    }
    EMP_CO_ASSIGN(auto price, parse_json<v1::Price>(row.get<std::string>(0)));
    hide_cost(context, price.terms);
    out.prices.push_back(std::move(price));
  }
  co_return out;
}

Task<Result<v1::ListPriceHistoryResponse>> PriceLists::history(CallContext context, v1::ListPriceHistoryRequest request) {
  std::optional<std::int64_t> before;
  if (request.page_token) {
    const auto token = Rate::parse(*request.page_token);
    if (!token || token->scale() != 0) co_return bad_token();
    before = token->digits();
  }
  const std::int32_t size = request.page_size.value_or(postgres::page_size_default);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_history, request.id, before, size + 1));
  v1::ListPriceHistoryResponse out;
  for (const auto row : rows) {
    if (static_cast<std::int32_t>(out.entries.size()) == size) {
      out.next_page_token = text(out.entries.back().version);
      break;
    }
    v1::PriceHistoryEntry entry{
        .version = row.get<std::int64_t>(0), .action = row.get<std::string>(1), .actor = row.get<std::string>(4), .at = row.get<UtcTime>(5)};
    if (const auto old_terms = row.get<std::optional<std::string>>(2)) {
      EMP_CO_ASSIGN(entry.old_terms, parse_json<v1::PriceTerms>(*old_terms));
      hide_cost(context, *entry.old_terms);
    }
    if (const auto new_terms = row.get<std::optional<std::string>>(3)) {
      EMP_CO_ASSIGN(entry.new_terms, parse_json<v1::PriceTerms>(*new_terms));
      hide_cost(context, *entry.new_terms);
    }
    out.entries.push_back(std::move(entry));
  }
  co_return out;
}

Task<Result<>> PriceLists::announce_sales(CallContext context) {
  static_cast<void>(context);
  for (std::int32_t seen = 500; seen == 500;) {
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(sale_boundaries, clock_.now()));
    seen = rows[0].get<std::int32_t>(0);
  }
  co_return Result<>();
}

}  // namespace emporion::pricing
