#include "modules/commerce/payment/adapters/postgres/fraud_lists.hpp"

#include "kernel/base/text.hpp"
#include "kernel/postgres/answer_once.hpp"
#include "kernel/postgres/paging.hpp"
#include "modules/commerce/payment/app/fraud_mapping.hpp"

namespace emporion::payment {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement add_entry{"payment.add_fraud_entry", "SELECT fraud_entry_add($1, $2, $3, $4, $5, $6, $7, $8, $9)::text", Effect::writes};
constexpr Statement remove_entry{"payment.remove_fraud_entry", "SELECT fraud_entry_remove($1, $2, $3, $4)::text", Effect::writes};
// The page begins after the entry that the last one ended with.
constexpr Statement list_entries{"payment.list_fraud_entries",
                                 "SELECT fraud_entry_document(e)::text FROM fraud_entry e WHERE ($1::text IS NULL OR e.kind = $1) AND "
                                 "  (e.removed_at IS NOT NULL OR COALESCE(e.expires_at <= $4, false)) = $2 AND "
                                 "  ($3::uuid IS NULL OR (e.added_at, e.id) < (SELECT l.added_at, l.id FROM fraud_entry l WHERE l.id = $3)) ORDER BY "
                                 "e.added_at DESC, e.id DESC LIMIT $5 + 1",
                                 Effect::reads};
constexpr Statement list_version{"payment.fraud_list_version", "SELECT COALESCE(max(version), 0) FROM fraud_change", Effect::reads};
constexpr Statement find_rules{"payment.find_fraud_rules",
                               "SELECT fraud_rules_document(r)::text FROM fraud_rules r WHERE r.version = COALESCE($1, (SELECT max(version) FROM fraud_rules))",
                               Effect::reads};
constexpr Statement put_rules{"payment.put_fraud_rules", "SELECT fraud_rules_put($1, $2, $3, $4, $5)::text", Effect::writes};
constexpr Statement list_changes{"payment.list_fraud_changes",
                                 "SELECT jsonb_strip_nulls(jsonb_build_object('version', c.version, 'what', c.what, 'entry_id', c.entry_id, 'rules_version', "
                                 "c.rules_version, 'reason', c.reason, "
                                 "  'changed_by', c.changed_by, 'changed_at', fraud_instant(c.changed_at)))::text "
                                 "  FROM fraud_change c WHERE ($1::bigint IS NULL OR c.version < $1) ORDER BY c.version DESC LIMIT $2",
                                 Effect::reads};
constexpr Statement find_assessment{
    "payment.find_assessment",
    "SELECT jsonb_strip_nulls(jsonb_build_object('id', r.id, 'saga_id', r.saga_id, 'order_id', r.order_id, 'customer_id', r.customer_id, "
    "  'amount', jsonb_build_object('amount', r.amount, 'currency', r.currency), 'method', r.method, 'score', r.score, 'decision', r.decision, 'force_3ds', "
    "r.force_3ds, "
    "  'signals', r.signals, 'rules_version', r.rules_version, 'list_version', r.list_version, 'ip_address', r.address, 'ip_country', r.ip_country, "
    "  'card_country', r.card_country, 'created_at', fraud_instant(r.created_at)))::text FROM risk_assessment r WHERE r.id = $1",
    Effect::reads};

std::unexpected<Error> no_rules() { return fail(ErrorKind::not_found, "FRAUD_RULES_NOT_FOUND", "no such version of the rules"); }

/// What a version says in full: what its writer left out is as delivered.
Result<v1::FraudRules> in_full(v1::FraudRules stored) {
  EMP_ASSIGN(const auto rules, apply(stored.rules, RiskRules()));
  stored.rules = to_contract(rules);
  return stored;
}

}  // namespace

Task<Result<v1::AddFraudEntryResponse>> FraudLists::add_fraud_entry(CallContext context, v1::AddFraudEntryRequest request) {
  EMP_CO_ASSIGN(const auto value, listed_value(request));
  const UtcTime now = clock_.now();
  if (request.expires_at && *request.expires_at <= now) co_return fail(ErrorKind::rule_violated, "FRAUD_VALUE_INVALID", "expires_at is over");
  auto statement = postgres::bind(add_entry, Uuid::v7(now, random_), to_string(request.kind), value.digest, value.network, value.shown, request.reason,
                                  request.expires_at, context.principal.id, now);
  // Only a digest of the request is kept with its key.
  co_return co_await postgres::answer_once<v1::AddFraudEntryResponse>(database_, std::move(context), "payment.add_fraud_entry", std::move(request),
                                                                      std::move(statement));
}

Task<Result<v1::ListFraudEntriesResponse>> FraudLists::list_fraud_entries(CallContext, v1::ListFraudEntriesRequest request) {
  EMP_CO_ASSIGN(const auto after, postgres::page_start(request.page_token));
  const std::int32_t size = request.page_size.value_or(postgres::page_size_default);
  const auto kind = request.kind ? std::optional(std::string(to_string(*request.kind))) : std::nullopt;
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_entries, kind, request.removed.value_or(false), after, clock_.now(), size));
  v1::ListFraudEntriesResponse out;
  EMP_CO_TRY(postgres::fill_page(rows, size, out.entries, out.next_page_token));
  EMP_CO_ASSIGN(const auto version, co_await database_.query(list_version));
  out.list_version = version[0].get<std::int64_t>(0);
  co_return out;
}

Task<Result<v1::FraudEntry>> FraudLists::remove_fraud_entry(CallContext context, v1::RemoveFraudEntryRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(remove_entry, request.id, request.reason, context.principal.id, clock_.now()));
  co_return parse_json<v1::FraudEntry>(rows[0].get<std::string>(0));
}

Task<Result<v1::FraudRules>> FraudLists::get_fraud_rules(CallContext, v1::GetFraudRulesRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_rules, request.version));
  if (rows.empty()) co_return no_rules();
  EMP_CO_ASSIGN(auto stored, parse_json<v1::FraudRules>(rows[0].get<std::string>(0)));
  co_return in_full(std::move(stored));
}

Task<Result<v1::FraudRules>> FraudLists::put_fraud_rules(CallContext context, v1::PutFraudRulesRequest request) {
  v1::GetFraudRulesRequest before;
  before.version = request.version;
  EMP_CO_ASSIGN(const auto base, co_await get_fraud_rules(context, before));
  EMP_CO_ASSIGN(auto old, apply(base.rules, RiskRules()));
  EMP_CO_ASSIGN(const auto rules, apply(request.rules, std::move(old)));
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(put_rules, request.version, json::Raw{to_json(to_contract(rules))}, request.reason,
                                                          context.principal.id, clock_.now()));
  EMP_CO_ASSIGN(auto stored, parse_json<v1::FraudRules>(rows[0].get<std::string>(0)));
  co_return in_full(std::move(stored));
}

Task<Result<v1::ListFraudChangesResponse>> FraudLists::list_fraud_changes(CallContext, v1::ListFraudChangesRequest request) {
  const std::int32_t size = request.page_size.value_or(postgres::page_size_default);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_changes, request.before_version, size));
  v1::ListFraudChangesResponse out;
  for (const auto row : rows) {
    EMP_CO_ASSIGN(auto change, parse_json<v1::FraudChange>(row.get<std::string>(0)));
    out.changes.push_back(std::move(change));
  }
  if (static_cast<std::int32_t>(rows.size()) == size) out.next_before_version = out.changes.back().version;
  co_return out;
}

Task<Result<v1::Assessment>> FraudLists::get_assessment(CallContext, v1::GetAssessmentRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_assessment, request.id));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "ASSESSMENT_NOT_FOUND", "no such assessment");
  co_return parse_json<v1::Assessment>(rows[0].get<std::string>(0));
}

}  // namespace emporion::payment
