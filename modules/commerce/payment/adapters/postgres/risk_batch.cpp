#include <algorithm>
#include <map>

#include "kernel/json/codec.hpp"
#include "kernel/json/writer.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_payment_store.hpp"
#include "modules/commerce/payment/app/fraud_mapping.hpp"

namespace emporion::payment {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement look_back{"payment.risk_history", "SELECT * FROM risk_history($1, $2, $3, $4, $5, $6, $7, $8, $9)", Effect::reads};
constexpr Statement read_rules{"payment.risk_rules", "SELECT rules::text FROM fraud_rules WHERE version = $1", Effect::reads};
constexpr Statement insert_assessments{
    "payment.insert_assessments",
    "WITH asked AS (SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::bigint[], $9::text[], "
    "$10::int4[], $11::text[], "
    "    $12::bool[], $13::text[], $16::uuid[], $17::uuid[], $18::uuid[], $19::uuid[], $20::text[], $21::text[]) "
    "    WITH ORDINALITY AS i (id, key, saga, customer, email, address, method, amount, currency, score, decision, force_3ds, signals, order_id, phone, "
    "device, card, ip_country, card_country, n)), "
    "made AS (INSERT INTO risk_assessment (id, idem_key, saga_id, customer_id, email_digest, address, method, amount, currency, score, decision, force_3ds, "
    "signals, "
    "      rules_version, created_at, order_id, phone_digest, device_digest, card_digest, ip_country, card_country, list_version) "
    "    SELECT i.id, i.key, i.saga, i.customer, i.email, i.address, i.method, i.amount, i.currency, i.score, i.decision, i.force_3ds, i.signals::jsonb, $14, "
    "$15, "
    "      i.order_id, i.phone, i.device, i.card, i.ip_country, i.card_country, $22 "
    "      FROM asked i ORDER BY i.key, i.n ON CONFLICT (idem_key) DO NOTHING RETURNING risk_assessment.*), "
    "flagged AS (SELECT outbox_append('payment.risk.flagged', m.id::text, 1, "
    "      json_strip_nulls(json_build_object('assessment_id', m.id, 'order_id', m.order_id, 'score', m.score, 'decision', m.decision))::text) "
    "    FROM made m WHERE m.decision <> 'allow') "
    "SELECT m.idem_key, m.id, m.score, m.decision, m.force_3ds, m.signals::text, m.rules_version FROM made m, (SELECT count(*) FROM flagged) f",
    Effect::writes};
constexpr Statement find_assessments{
    "payment.find_assessments", "SELECT idem_key, id, score, decision, force_3ds, signals::text, rules_version FROM risk_assessment WHERE idem_key = ANY ($1)",
    Effect::reads};

// A rule may ask for a year at most (FraudRuleSet.account_age_hours_min).
constexpr Statement insert_account{"payment.remember_account",
                                   "WITH old AS (DELETE FROM young_account WHERE registered_at < $2 - interval '8760 hours') "
                                   "INSERT INTO young_account (customer_id, registered_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                                   Effect::writes};

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
    RiskScore score{row.get<std::int32_t>(2), read_decision(row.get<std::string>(3)), row.get<bool>(4), read_signals(row.get<std::string>(5))};
    out.emplace(row.get<std::string>(0), StoredAssessment{row.get<Uuid>(1), std::move(score), row.get<std::int32_t>(6)});
  }
}

std::vector<std::string> split(std::string_view kinds) {
  std::vector<std::string> out;
  while (!kinds.empty()) {
    const std::size_t comma = std::min(kinds.find(','), kinds.size());
    out.emplace_back(kinds.substr(0, comma));
    kinds.remove_prefix(std::min(comma + 1, kinds.size()));
  }
  return out;
}

/// How many of a batch came before with the same value: they are not in the tables yet, and a hundred purchases at once must not look like one.
class Siblings {
 public:
  template <typename Value>
  int count_and_add(const char* kind, const std::optional<Value>& value) {
    if (!value) return 0;
    return seen_[std::pair(kind, text_of(*value))]++;
  }

 private:
  static std::string text_of(const Uuid& value) { return value.to_string(); }
  static std::string text_of(const std::string& value) { return value; }
  std::map<std::pair<std::string_view, std::string>, int> seen_;
};

std::optional<Uuid> place(const RiskQuestion& question, std::size_t index) {
  return index < question.places.size() ? std::optional(question.places[index]) : std::nullopt;
}

void add_history(const postgres::Row& row, UtcTime now, Siblings& siblings, RiskQuestion& question) {
  RiskFacts& facts = question.facts;
  const std::optional<Uuid> buyer = question.customer_id ? question.customer_id : question.email_digest;
  const int siblings_of_buyer = siblings.count_and_add("buyer", buyer);
  const int siblings_of_device = siblings.count_and_add("device", question.device_digest);
  const int siblings_of_address = siblings.count_and_add("address", question.address);
  if (question.counts_velocity) {
    facts.payments_last_day = row.get<std::int32_t>(0) + siblings_of_buyer + 1;
    facts.declines_last_hour = row.get<std::int32_t>(1);
    const bool is_shared = question.is_shared_address || row.get<bool>(4);
    const int by_device = question.device_digest ? row.get<std::int32_t>(2) + siblings_of_device + 1 : 0;
    const int by_address = question.address && !is_shared ? row.get<std::int32_t>(3) + siblings_of_address + 1 : 0;
    facts.orders_last_hour = std::max(by_device, by_address);
    facts.accounts_of_card_last_day = question.card_digest ? row.get<std::int32_t>(5) + 1 : 0;
  }
  const auto since = question.account_created_at ? question.account_created_at : row.get<std::optional<UtcTime>>(6);
  if (since) facts.account_age_hours = std::chrono::duration_cast<std::chrono::hours>(now - *since).count();
  facts.listed = split(row.get<std::string>(7));
  if (row.get<bool>(8)) facts.listed.emplace_back("ip");
  facts.earlier_lost_chargeback = row.get<bool>(9);
}

/// The arguments of a batch, a column each.
struct Columns {
  std::vector<Uuid> ids;
  std::vector<Uuid> sagas;
  std::vector<std::string> keys;
  std::vector<std::optional<Uuid>> customers;
  std::vector<std::optional<Uuid>> emails;
  std::vector<std::optional<std::string>> addresses;
  std::vector<std::optional<Uuid>> orders;
  std::vector<std::optional<Uuid>> phones;
  std::vector<std::optional<Uuid>> devices;
  std::vector<std::optional<Uuid>> cards;
  std::vector<std::optional<Uuid>> ships;
  std::vector<std::optional<Uuid>> bills;
  std::vector<std::string> methods;
  std::vector<std::int64_t> amounts;
  std::vector<std::string> currencies;
  std::vector<std::optional<std::string>> ip_countries;
  std::vector<std::optional<std::string>> card_countries;

  explicit Columns(const std::vector<RiskQuestion>& batch) {
    const auto known = [](std::string value) { return value.empty() ? std::nullopt : std::optional(std::move(value)); };
    for (const RiskQuestion& question : batch) {
      ids.push_back(question.id);
      sagas.push_back(question.saga_id);
      keys.push_back(question.key);
      customers.push_back(question.customer_id);
      emails.push_back(question.email_digest);
      addresses.push_back(question.address);
      orders.push_back(question.order_id);
      phones.push_back(question.phone_digest);
      devices.push_back(question.device_digest);
      cards.push_back(question.card_digest);
      ships.push_back(place(question, 0));
      bills.push_back(place(question, 1));
      methods.push_back(question.method);
      amounts.push_back(question.facts.amount.amount());
      currencies.emplace_back(question.facts.amount.currency().code());
      ip_countries.push_back(known(question.facts.origin ? question.facts.origin->country : std::string()));
      card_countries.push_back(known(question.facts.card_country));
    }
  }
};

struct Verdicts {
  std::vector<std::int32_t> scores;
  std::vector<std::string> decisions;
  std::vector<bool> forced;
  std::vector<std::string> signals;

  void add(const RiskScore& score) {
    scores.push_back(score.score);
    decisions.emplace_back(to_string(score.decision));
    forced.push_back(score.force_3ds);
    signals.push_back(signals_json(score));
  }
};

}  // namespace

Task<Result<>> PostgresPaymentStore::remember_account(postgres::UnitOfWork& work, Uuid customer_id, UtcTime registered_at) {
  EMP_CO_TRY(co_await work.query(insert_account, customer_id, registered_at));
  co_return Result<>();
}

Task<Result<>> PostgresPaymentStore::know_rules(std::int32_t version) {
  if (rules_ && rules_->version == version) co_return Result<>();
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_rules, version));
  EMP_CO_ASSIGN(const auto written, parse_json<v1::FraudRuleSet>(rows[0].get<std::string>(0)));
  EMP_CO_ASSIGN(auto rules, apply(written, RiskRules()));
  rules.version = version;
  rules_ = std::move(rules);
  co_return Result<>();
}

Task<Result<std::vector<Result<StoredAssessment>>>> PostgresPaymentStore::assess_batch(std::vector<RiskQuestion> batch) {
  const UtcTime now = clock_.now();
  const Columns asked(batch);
  EMP_CO_ASSIGN(const auto history, co_await database_.query(look_back, asked.customers, asked.emails, asked.addresses, asked.devices, asked.cards,
                                                             asked.phones, asked.ships, asked.bills, now));
  const std::int64_t list_version = history[0].get<std::int64_t>(11);
  EMP_CO_TRY(co_await know_rules(history[0].get<std::int32_t>(10)));
  // The rules of this batch, whatever another reads meanwhile.
  const RiskRules rules = *rules_;
  Verdicts verdicts;
  Siblings siblings;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    add_history(history[i], now, siblings, batch[i]);
    RiskScore score = score_risk(batch[i].facts, batch[i].method, rules);
    if (!batch[i].is_decisive) {
      score.decision = RiskDecision::allow;
      score.force_3ds = false;
    }
    verdicts.add(score);
  }
  EMP_CO_ASSIGN(const auto made,
                co_await database_.query(insert_assessments, asked.ids, asked.keys, asked.sagas, asked.customers, asked.emails, asked.addresses, asked.methods,
                                         asked.amounts, asked.currencies, verdicts.scores, verdicts.decisions, verdicts.forced, verdicts.signals, rules.version,
                                         now, asked.orders, asked.phones, asked.devices, asked.cards, asked.ip_countries, asked.card_countries, list_version));
  std::map<std::string, StoredAssessment> known;
  take(known, made);
  std::vector<std::string> repeated;
  for (const std::string& key : asked.keys) {
    if (!known.contains(key)) repeated.push_back(key);
  }
  if (!repeated.empty()) {
    EMP_CO_ASSIGN(const auto found, co_await database_.query(find_assessments, repeated));
    take(known, found);
  }
  std::vector<Result<StoredAssessment>> answers;
  for (const std::string& key : asked.keys) answers.emplace_back(known.at(key));
  co_return answers;
}

}  // namespace emporion::payment
