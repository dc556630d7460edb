#include "modules/product/pricing/adapters/postgres/tax_tables.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/postgres/answer_once.hpp"
#include "kernel/postgres/paging.hpp"
#include "modules/product/pricing/app/calculation.hpp"
#include "modules/product/pricing/domain/tax.hpp"

namespace emporion::pricing {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement create_rule_sql{"pricing.create_tax_rule", "SELECT tax_rule_create($1::uuid, $2::jsonb, $3::uuid)", Effect::writes};
constexpr Statement change_rule_sql{"pricing.change_tax_rule", "SELECT tax_rule_change($1::uuid, $2::int8, $3::jsonb, $4::uuid)", Effect::writes};
constexpr Statement get_rule_sql{"pricing.get_tax_rule", "SELECT tax_rule_document(r) FROM tax_rule r WHERE id = $1::uuid"};
constexpr Statement list_rules_sql{
    "pricing.list_tax_rules",
    "SELECT tax_rule_document(r) FROM tax_rule r WHERE ($1::uuid IS NULL OR zone_id = $1::uuid) AND ($2::uuid IS NULL OR (zone_id, id) > "
    "(SELECT zone_id, id FROM tax_rule WHERE id = $2::uuid)) ORDER BY zone_id, id LIMIT $3::int4"};
constexpr Statement create_zone_sql{"pricing.create_tax_zone", "SELECT tax_zone_create($1::uuid, $2::jsonb)", Effect::writes};
constexpr Statement change_zone_sql{"pricing.change_tax_zone", "SELECT tax_zone_change($1::uuid, $2::int8, $3::jsonb)", Effect::writes};
constexpr Statement get_zone_sql{"pricing.get_tax_zone", "SELECT tax_zone_document(z) FROM tax_zone z WHERE id = $1::uuid"};
constexpr Statement list_zones_sql{
    "pricing.list_tax_zones",
    "SELECT tax_zone_document(z) FROM tax_zone z WHERE ($1::text IS NULL OR country = $1::text) AND ($2::uuid IS NULL OR (country, id) > "
    "(SELECT country, id FROM tax_zone WHERE id = $2::uuid)) ORDER BY country, id LIMIT $3::int4"};
constexpr Statement get_settings_sql{"pricing.get_tax_settings",
                                     "SELECT prices_include_tax, rounding, shipping_tax_class, is_strict FROM tax_settings WHERE country = $1::text"};
constexpr Statement put_settings_sql{"pricing.put_tax_settings",
                                     "INSERT INTO tax_settings VALUES ($1::text, $2::bool, $3::text, $4::text, $5::bool) ON CONFLICT (country) DO UPDATE SET "
                                     "prices_include_tax = excluded.prices_include_tax, rounding = excluded.rounding, shipping_tax_class = "
                                     "excluded.shipping_tax_class, is_strict = excluded.is_strict",
                                     Effect::writes};
constexpr Statement list_fx_sql{"pricing.list_fx_rates",
                                "SELECT id, base, quote, rate, provider, as_of FROM fx_rate WHERE ($1::text IS NULL OR base = $1::text) ORDER BY base, quote"};
constexpr Statement put_fx_sql{
    "pricing.put_fx_rate",
    "SELECT id, base, quote, rate, provider, as_of FROM fx_rate_put($1::uuid, $2::text, $3::text, $4::text, $5::text, $6::timestamptz, $7::uuid)",
    Effect::writes};

std::unexpected<Error> refuse_rate(std::string_view rule) {
  return fail(Error(ErrorKind::rule_violated, "RATE_INVALID", std::string(rule)).with("rule", rule));
}

Result<json::Raw> rule_json(const v1::TaxRuleTerms& terms) {
  const auto rate = Rate::parse(terms.rate);
  if (!rate || !check_tax_rate(*rate)) return refuse_rate("a tax rate is a decimal from 0 to 10 with at most 6 decimals");
  const bool exempt = terms.exempt.value_or(false);
  if (exempt && (rate->digits() != 0 || !terms.customer_group)) return refuse_rate("an exemption has rate 0 and a group");
  if (terms.effective_from && terms.effective_to && *terms.effective_to <= *terms.effective_from) return refuse_rate("effective_to is after effective_from");
  EMP_TRY(check_group(terms.customer_group));
  json::Raw out{""};
  json::Writer writer(out.json);
  writer.begin_object().key("zone_id").string(terms.zone_id.to_string()).key("tax_class").string(terms.tax_class).key("name").string(terms.name);
  writer.key("type").string(to_string(terms.type)).key("rate").string(terms.rate).key("is_compound").boolean(terms.is_compound.value_or(false));
  writer.key("priority").integer(terms.priority.value_or(0)).key("is_exempt").boolean(exempt);
  if (terms.customer_group) writer.key("customer_group").string(*terms.customer_group);
  if (terms.effective_from) writer.key("effective_from").string(terms.effective_from->to_string());
  if (terms.effective_to) writer.key("effective_to").string(terms.effective_to->to_string());
  writer.end_object();
  return out;
}

Result<json::Raw> zone_json(const v1::TaxZoneTerms& terms) {
  TaxZone zone{.id = {}, .country = ascii_upper(terms.country), .region = terms.region ? std::optional(ascii_upper(*terms.region)) : std::nullopt};
  for (const auto& range : terms.postcodes) zone.postcodes.push_back(ascii_upper(range.to ? text(range.from, "..", *range.to) : range.from));
  EMP_TRY(check_tax_zone(zone));
  json::Raw out{""};
  json::Writer writer(out.json);
  writer.begin_object().key("name").string(terms.name).key("country").string(zone.country).key("priority").integer(terms.priority.value_or(0));
  if (zone.region) writer.key("region").string(*zone.region);
  writer.key("postcodes").begin_array();
  for (const auto& code : zone.postcodes) writer.string(code);
  writer.end_array().end_object();
  return out;
}

template <typename Answer>
Result<Answer> first_document(const postgres::Rows& rows, std::string_view absent) {
  if (rows.empty()) return fail(ErrorKind::not_found, std::string(absent));
  return parse_json<Answer>(rows[0].get<std::string>(0));
}

v1::FxRate read_fx(const postgres::Row& row) {
  return {.id = row.get<Uuid>(0),
          .base = row.get<std::string>(1),
          .quote = row.get<std::string>(2),
          .rate = row.get<std::string>(3),
          .provider = row.get<std::string>(4),
          .as_of = row.get<UtcTime>(5)};
}

}  // namespace

Task<Result<v1::TaxRule>> TaxTables::create_rule(CallContext context, v1::CreateTaxRuleRequest request) {
  EMP_CO_ASSIGN(const auto json, rule_json(request.terms));
  auto statement = postgres::bind(create_rule_sql, Uuid::v7(clock_.now(), random_), json, context.trace);
  auto answer = co_await postgres::answer_once<v1::TaxRule>(database_, std::move(context), "pricing.create_tax_rule", std::move(request), std::move(statement));
  changed_();
  co_return answer;
}

Task<Result<v1::TaxRule>> TaxTables::update_rule(CallContext context, v1::UpdateTaxRuleRequest request) {
  EMP_CO_ASSIGN(const auto json, rule_json(request.terms));
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(change_rule_sql, request.id, request.version, json, context.trace));
  changed_();
  co_return first_document<v1::TaxRule>(rows, "TAX_RULE_NOT_FOUND");
}

Task<Result<v1::DeleteTaxRuleResponse>> TaxTables::delete_rule(CallContext context, v1::DeleteTaxRuleRequest request) {
  EMP_CO_TRY(co_await database_.query(change_rule_sql, request.id, request.version, std::optional<json::Raw>(), context.trace));
  changed_();
  co_return v1::DeleteTaxRuleResponse();
}

Task<Result<v1::TaxRule>> TaxTables::get_rule(CallContext, v1::GetTaxRuleRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_rule_sql, request.id));
  co_return first_document<v1::TaxRule>(rows, "TAX_RULE_NOT_FOUND");
}

Task<Result<v1::ListTaxRulesResponse>> TaxTables::list_rules(CallContext, v1::ListTaxRulesRequest request) {
  EMP_CO_ASSIGN(const auto after, postgres::page_start(request.page_token));
  const std::int32_t size = request.page_size.value_or(postgres::page_size_default);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_rules_sql, request.zone_id, after, size + 1));
  v1::ListTaxRulesResponse out;
  EMP_CO_TRY(postgres::fill_page(rows, size, out.rules, out.next_page_token));
  co_return out;
}

Task<Result<v1::TaxZone>> TaxTables::create_zone(CallContext context, v1::CreateTaxZoneRequest request) {
  EMP_CO_ASSIGN(const auto json, zone_json(request.terms));
  auto statement = postgres::bind(create_zone_sql, Uuid::v7(clock_.now(), random_), json);
  auto answer = co_await postgres::answer_once<v1::TaxZone>(database_, std::move(context), "pricing.create_tax_zone", std::move(request), std::move(statement));
  changed_();
  co_return answer;
}

Task<Result<v1::TaxZone>> TaxTables::update_zone(CallContext, v1::UpdateTaxZoneRequest request) {
  EMP_CO_ASSIGN(const auto json, zone_json(request.terms));
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(change_zone_sql, request.id, request.version, json));
  changed_();
  co_return first_document<v1::TaxZone>(rows, "TAX_ZONE_NOT_FOUND");
}

Task<Result<v1::DeleteTaxZoneResponse>> TaxTables::delete_zone(CallContext, v1::DeleteTaxZoneRequest request) {
  EMP_CO_TRY(co_await database_.query(change_zone_sql, request.id, request.version, std::optional<json::Raw>()));
  changed_();
  co_return v1::DeleteTaxZoneResponse();
}

Task<Result<v1::TaxZone>> TaxTables::get_zone(CallContext, v1::GetTaxZoneRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_zone_sql, request.id));
  co_return first_document<v1::TaxZone>(rows, "TAX_ZONE_NOT_FOUND");
}

Task<Result<v1::ListTaxZonesResponse>> TaxTables::list_zones(CallContext, v1::ListTaxZonesRequest request) {
  EMP_CO_ASSIGN(const auto after, postgres::page_start(request.page_token));
  if (request.country) request.country = ascii_upper(*request.country);
  const std::int32_t size = request.page_size.value_or(postgres::page_size_default);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_zones_sql, request.country, after, size + 1));
  v1::ListTaxZonesResponse out;
  EMP_CO_TRY(postgres::fill_page(rows, size, out.zones, out.next_page_token));
  co_return out;
}

Task<Result<v1::TaxSettings>> TaxTables::get_settings(CallContext, v1::GetTaxSettingsRequest request) {
  v1::TaxSettings out{.country = ascii_upper(request.country),
                      .prices_include_tax = false,
                      .rounding = v1::TaxRounding::line,
                      .shipping_tax_class = "shipping",
                      .strict = false};
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_settings_sql, out.country));
  if (rows.empty()) co_return out;
  const auto row = rows[0];
  out.prices_include_tax = row.get<bool>(0);
  EMP_ASSERT(v1::from_string(row.get<std::string>(1), out.rounding));
  out.shipping_tax_class = row.get<std::string>(2);
  out.strict = row.get<bool>(3);
  co_return out;
}

Task<Result<v1::TaxSettings>> TaxTables::put_settings(CallContext, v1::TaxSettings request) {
  request.country = ascii_upper(request.country);
  EMP_CO_TRY(co_await database_.query(put_settings_sql, request.country, request.prices_include_tax, v1::to_string(request.rounding),
                                      request.shipping_tax_class, request.strict));
  changed_();
  co_return request;
}

Task<Result<v1::ListFxRatesResponse>> TaxTables::list_fx(CallContext, v1::ListFxRatesRequest request) {
  if (request.base) request.base = ascii_upper(*request.base);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_fx_sql, request.base));
  v1::ListFxRatesResponse out;
  for (const auto row : rows) out.rates.push_back(read_fx(row));
  co_return out;
}

Task<Result<v1::FxRate>> TaxTables::put_fx(CallContext context, v1::PutFxRateRequest request) {
  EMP_CO_ASSIGN(const Currency base, Currency::parse(request.base));
  EMP_CO_ASSIGN(const Currency quote, Currency::parse(request.quote));
  const auto rate = Rate::parse(request.rate);
  if (!rate || rate->digits() <= 0 || base == quote)
    co_return refuse_rate("an exchange rate is a positive decimal with at most 12 decimals, between two currencies");
  const UtcTime now = clock_.now();
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(put_fx_sql, Uuid::v7(now, random_), base.to_string(), quote.to_string(), request.rate,
                                                          request.provider.value_or("manual"), request.as_of.value_or(now), context.trace));
  changed_();
  co_return read_fx(rows[0]);
}

}  // namespace emporion::pricing
