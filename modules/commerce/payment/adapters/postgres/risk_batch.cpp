#include <map>

#include "kernel/json/codec.hpp"
#include "kernel/json/writer.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_payment_store.hpp"

namespace emporion::payment {
namespace {

using postgres::Effect;
using postgres::Statement;

// A guest is known by the e-mail's digest. Declines count most of: customer, e-mail, address.
constexpr Statement velocity{"payment.risk_velocity",
                             "SELECT (SELECT count(*) FROM risk_assessment r WHERE r.created_at > $4 - interval '24 hours' AND "
                             "          CASE WHEN i.customer IS NOT NULL THEN r.customer_id = i.customer ELSE r.email_digest = i.email END)::int4, "
                             "       (SELECT count(*) FROM risk_assessment r WHERE r.created_at > $4 - interval '1 hour' AND r.declined AND "
                             "          (r.customer_id = i.customer OR r.email_digest = i.email OR r.address = i.address))::int4, "
                             "       (SELECT count(*) FROM risk_assessment r WHERE r.created_at > $4 - interval '1 hour' AND r.address = i.address)::int4 "
                             "  FROM unnest($1::uuid[], $2::uuid[], $3::text[]) WITH ORDINALITY AS i (customer, email, address, n) ORDER BY i.n",
                             Effect::reads};
constexpr Statement insert_assessments{"payment.insert_assessments",
                           "WITH asked AS (SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::int4[], $11::text[], "
                           "    $12::bool[], $13::text[]) WITH ORDINALITY AS i (id, key, saga, customer, email, address, method, amount, currency, score, decision, force_3ds, signals, n)), "
                           "made AS (INSERT INTO risk_assessment (id, idem_key, saga_id, customer_id, email_digest, address, method, amount, currency, score, decision, force_3ds, signals, "
                           "      rules_version, created_at) "
                           "    SELECT i.id, i.key, i.saga, i.customer, i.email, i.address, i.method, i.amount, i.currency, i.score, i.decision, i.force_3ds, i.signals::jsonb, $14, $15 "
                           "      FROM asked i ORDER BY i.key, i.n ON CONFLICT (idem_key) DO NOTHING RETURNING risk_assessment.*), "
                           "flagged AS (SELECT outbox_append('payment.risk.flagged', m.id::text, 1, json_build_object('assessment_id', m.id, 'score', m.score, 'decision', m.decision)::text) "
                           "    FROM made m WHERE m.decision <> 'allow') "
                           "SELECT m.idem_key, m.id, m.score, m.decision, m.force_3ds, m.signals::text FROM made m, (SELECT count(*) FROM flagged) f",
                           Effect::writes};
constexpr Statement find_assessments{"payment.find_assessments", "SELECT idem_key, id, score, decision, force_3ds, signals::text FROM risk_assessment WHERE idem_key = ANY ($1)", Effect::reads};

std::string signals_json(const RiskScore& score) {
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  for (const RiskSignal& signal : score.signals) writer.begin_object().key("name").string(signal.name).key("points").integer(signal.points).end_object();
  writer.end_array();
  return out;
}

std::vector<RiskSignal> read_signals(const std::string& text) {
  std::vector<RiskSignal> out;
  const auto document = json::Document::parse(text);
  EMP_ASSERT(document.has_value());
  document->root().for_each_element([&](json::Value row) {
    out.push_back(RiskSignal{std::string(row.member("name")->string().value()), static_cast<int>(row.member("points")->integer().value())});
    return true;
  });
  return out;
}

RiskDecision read_decision(std::string_view text) {
  for (const RiskDecision decision : {RiskDecision::allow, RiskDecision::review}) {
    if (to_string(decision) == text) return decision;
  }
  return RiskDecision::deny;
}

void take(std::map<std::string, StoredAssessment>& out, const postgres::Rows& rows) {
  for (const auto row : rows) {
    out.emplace(row.get<std::string>(0), StoredAssessment{row.get<Uuid>(1), RiskScore{row.get<std::int32_t>(2), read_decision(row.get<std::string>(3)), row.get<bool>(4), read_signals(row.get<std::string>(5))}});
  }
}

}  // namespace

Task<Result<std::vector<Result<StoredAssessment>>>> PostgresPaymentStore::assess_batch(std::vector<RiskQuestion> batch) {
  const UtcTime now = clock_.now();
  std::vector<Uuid> ids;
  std::vector<Uuid> sagas;
  std::vector<std::string> keys;
  std::vector<std::optional<Uuid>> customers;
  std::vector<std::optional<Uuid>> emails;
  std::vector<std::optional<std::string>> addresses;
  std::vector<std::string> methods;
  std::vector<std::int64_t> amounts;
  std::vector<std::string> currencies;
  for (const RiskQuestion& question : batch) {
    ids.push_back(question.id);
    sagas.push_back(question.saga_id);
    keys.push_back(question.key);
    customers.push_back(question.customer_id);
    emails.push_back(question.email_digest);
    addresses.push_back(question.address);
    methods.push_back(question.method);
    amounts.push_back(question.facts.amount.amount());
    currencies.emplace_back(question.facts.amount.currency().code());
  }
  EMP_CO_ASSIGN(const auto counts, co_await database_.query(velocity, customers, emails, addresses, now));
  std::vector<std::int32_t> scores;
  std::vector<std::string> decisions;
  std::vector<bool> forced;
  std::vector<std::string> signals;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    RiskFacts& facts = batch[i].facts;
    if (batch[i].counts_velocity) {
      facts.payments_last_day = counts[i].get<std::int32_t>(0);
      facts.declines_last_hour = counts[i].get<std::int32_t>(1);
      facts.orders_last_hour_by_address = counts[i].get<std::int32_t>(2);
    }
    RiskScore score = score_risk(facts, methods[i]);
    if (!batch[i].is_decisive) {
      score.decision = RiskDecision::allow;
      score.force_3ds = false;
    }
    scores.push_back(score.score);
    decisions.emplace_back(to_string(score.decision));
    forced.push_back(score.force_3ds);
    signals.push_back(signals_json(score));
  }
  EMP_CO_ASSIGN(const auto made, co_await database_.query(insert_assessments, ids, keys, sagas, customers, emails, addresses, methods, amounts, currencies, scores, decisions, forced, signals,
                                                          std::int32_t{risk_rule_version}, now));
  std::map<std::string, StoredAssessment> known;
  take(known, made);
  std::vector<std::string> repeated;
  for (const std::string& key : keys) {
    if (!known.contains(key)) repeated.push_back(key);
  }
  if (!repeated.empty()) {
    EMP_CO_ASSIGN(const auto found, co_await database_.query(find_assessments, repeated));
    take(known, found);
  }
  std::vector<Result<StoredAssessment>> answers;
  for (const std::string& key : keys) answers.emplace_back(known.at(key));
  co_return answers;
}

}  // namespace emporion::payment
