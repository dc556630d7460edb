#include "apps/emporion/audit.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "contracts/topics.hpp"
#include "kernel/base/text.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::app {
namespace {

using postgres::Statement;

constexpr std::size_t violations_kept = 1'000;
constexpr int looks_max = 60;                // Of a comparison that does not hold yet: longer than the lease of a crashed reader of events.
constexpr milliseconds look_again{250};

/// Two facts that must agree: the same keys with the same values; every row of the first in the second; or no key in both.
struct Agreement {
  std::string_view invariant;
  std::string_view left;
  std::string_view right;
  enum class Relation : std::uint8_t { equal, left_in_right, disjoint } relation = Relation::equal;
};

constexpr Agreement agreements[] = {
    {"every saga that ended well placed its order", "checkout.placed_orders", "order.placed_orders", Agreement::Relation::left_in_right},
    {"no order was placed but by a saga that stands", "order.placed_orders", "checkout.pursued_orders", Agreement::Relation::left_in_right},
    {"units that confirmed orders expect are held or shipped in Warehouse", "order.confirmed_units_by_order", "warehouse.confirmed_units_by_order", Agreement::Relation::left_in_right},
    {"no unit is committed for an order that does not stand", "warehouse.confirmed_units_by_order", "order.live_units_by_order", Agreement::Relation::left_in_right},
    {"what each standing order owes is secured in Payment, to the minor unit", "order.due_by_order", "payment.secured_by_order", Agreement::Relation::left_in_right},
    {"no money is secured for an order that does not stand", "payment.secured_by_order", "order.live_totals_by_order", Agreement::Relation::left_in_right},
    {"no cancelled order keeps anybody's money", "order.cancelled", "payment.unreturned_by_order", Agreement::Relation::disjoint},
    {"what standing orders were let off is what Promotion counts for them", "order.let_off_by_order", "promotion.redeemed_by_order", Agreement::Relation::left_in_right},
    {"units shipped agree between Fulfillment and Warehouse", "fulfillment.shipped_units_by_order", "warehouse.shipped_units_by_order"},
};

using Facts = std::map<std::string, std::string>;

class Auditor {
 public:
  Auditor(Runtime& runtime, const Databases& databases, const std::vector<ModuleDefinition>& modules) : runtime_(runtime), modules_(modules) {
    for (const auto& module : modules) {
      const std::string name(module.name);
      stores_[name] = std::make_unique<postgres::Database>(
          runtime, postgres::DatabaseOptions{.dsn = databases.dsn_of(name), .module = name, .connections_shared = 1, .statement_timeout = minutes(10)});
    }
  }

  Task<Result<AuditReport>> run() {
    for (const auto& module : modules_) {
      for (const auto& check : module.audit_checks) EMP_CO_TRY(co_await run_check(module, check));
    }
    for (const auto& agreement : agreements) EMP_CO_TRY(co_await compare(agreement));
    EMP_CO_TRY(co_await check_deliveries());
    for (auto& [name, store] : stores_) co_await store->close();
    co_return std::move(report_);
  }

 private:
  void add(Violation violation, AuditReport::Line& line) {
    ++line.violations;
    if (report_.violations.size() < violations_kept) report_.violations.push_back(std::move(violation));
  }

  Task<Result<>> run_check(const ModuleDefinition& module, const AuditCheck& check) {
    auto rows = co_await stores_[std::string(module.name)]->query(Statement{name_of(module.name, check.sql), check.sql});
    // A row may be bad only because work is under way between two statements: it must stay bad to count.
    for (int look = 1; rows && !rows->empty() && look < 4; ++look) {
      co_await runtime_.sleep_for(look_again);
      rows = co_await stores_[std::string(module.name)]->query(Statement{name_of(module.name, check.sql), check.sql});
    }
    if (!rows) co_return fail(rows.error());
    AuditReport::Line line{std::string(check.invariant), std::string(module.name)};
    for (const auto row : *rows) add({line.invariant, line.module, row.get<std::string>(0), row.get<std::string>(1)}, line);
    report_.lines.push_back(std::move(line));
    co_return Result<>();
  }

  const AuditFact* find_fact(std::string_view name) const {
    for (const auto& module : modules_) {
      for (const auto& fact : module.audit_facts) {
        if (fact.name == name) return &fact;
      }
    }
    return nullptr;
  }

  Task<Result<Facts>> read(const AuditFact& fact) {
    const std::string module(fact.name.substr(0, fact.name.find('.')));
    EMP_CO_ASSIGN(const auto rows, co_await stores_[module]->query(Statement{name_of(module, fact.sql), fact.sql}));
    Facts out;
    for (const auto row : rows) out[row.get<std::string>(0)] = row.get<std::optional<std::string>>(1).value_or("null");
    co_return out;
  }

  static std::vector<Violation> differences(const Agreement& agreement, const Facts& left, const Facts& right) {
    std::vector<Violation> out;
    const auto other_name = [](std::string_view fact) { return std::string(fact.substr(0, fact.find('.'))); };
    for (const auto& [key, value] : left) {
      const auto found = right.find(key);
      if (agreement.relation == Agreement::Relation::disjoint) {
        if (found != right.end()) out.push_back({std::string(agreement.invariant), other_name(agreement.right), key, text(agreement.right, " says ", found->second)});
        continue;
      }
      if (found != right.end() && found->second == value) continue;
      out.push_back({std::string(agreement.invariant), other_name(agreement.left), key,
                     text(agreement.left, " says ", value, ", ", agreement.right, " says ", found == right.end() ? "nothing" : found->second)});
    }
    if (agreement.relation != Agreement::Relation::equal) return out;
    for (const auto& [key, value] : right) {
      if (!left.contains(key)) out.push_back({std::string(agreement.invariant), other_name(agreement.right), key, text(agreement.right, " says ", value, ", ", agreement.left, " says nothing")});
    }
    return out;
  }

  bool is_here(std::string_view fact) const { return stores_.contains(std::string(fact.substr(0, fact.find('.')))); }

  Task<Result<>> compare(const Agreement& agreement) {
    if (!is_here(agreement.left) || !is_here(agreement.right)) co_return Result<>();  // That module is not part of this build.
    const AuditFact* left = find_fact(agreement.left);
    const AuditFact* right = find_fact(agreement.right);
    EMP_ASSERT(left != nullptr && right != nullptr);  // Every agreement names facts that modules offer.
    AuditReport::Line line{std::string(agreement.invariant), text(agreement.left, " / ", agreement.right)};
    std::vector<Violation> wrong;
    for (int look = 0; look < looks_max; ++look) {
      if (look > 0) co_await runtime_.sleep_for(look_again);
      EMP_CO_ASSIGN(const auto left_facts, co_await read(*left));
      EMP_CO_ASSIGN(const auto right_facts, co_await read(*right));
      line.facts = std::max(left_facts.size(), right_facts.size());
      wrong = differences(agreement, left_facts, right_facts);
      if (wrong.empty()) break;
    }
    for (auto& violation : wrong) add(std::move(violation), line);
    report_.lines.push_back(std::move(line));
    co_return Result<>();
  }

  /// Every event of every topic that a module hears is in its inbox, or among its dead letters with a reason; parked ones are violations.
  Task<Result<>> check_deliveries() {
    static constexpr Statement sent{"audit.sent", "SELECT event_id::text, topic FROM outbox WHERE topic = ANY ($1)"};
    static constexpr Statement applied{"audit.applied", "SELECT event_id::text, topic FROM inbox UNION SELECT event_id::text, topic FROM dead_letter WHERE state = 'skipped'"};
    for (const auto& consumer : modules_) {
      const std::string name(consumer.name);
      std::map<std::string, std::vector<std::string>> by_producer;
      for (const std::string_view topic : contracts::consumed_topics(name)) {
        const std::string producer(topic.substr(0, topic.find('.')));
        if (stores_.contains(producer)) by_producer[producer].emplace_back(topic);
      }
      if (by_producer.empty()) continue;
      AuditReport::Line line{"every event reached its consumer", name};
      std::vector<Violation> missing;
      for (int look = 0; look < looks_max; ++look) {
        if (look > 0) co_await runtime_.sleep_for(look_again);
        missing.clear();
        line.facts = 0;
        Facts sent_events;
        for (const auto& [producer, topics] : by_producer) {
          EMP_CO_ASSIGN(const auto rows, co_await stores_[producer]->query(sent, topics));
          for (const auto row : rows) sent_events[row.get<std::string>(0)] = row.get<std::string>(1);
        }
        EMP_CO_ASSIGN(const auto rows, co_await stores_[name]->query(applied));
        Facts applied_events;
        for (const auto row : rows) applied_events[row.get<std::string>(0)] = row.get<std::string>(1);
        line.facts = sent_events.size();
        for (const auto& [event, topic] : sent_events) {
          if (!applied_events.contains(event)) missing.push_back({line.invariant, name, event, text(topic, " was not applied")});
        }
        if (missing.empty()) break;
      }
      for (auto& violation : missing) add(std::move(violation), line);
      report_.lines.push_back(std::move(line));
    }
    co_return Result<>();
  }

  /// Statement names must be unique per connection and live as long as it.
  std::string_view name_of(std::string_view module, std::string_view sql) { return *names_.emplace(std::make_unique<std::string>(text("audit.", module, '.', Uuid::from_name(sql)))).first->get(); }

  struct Less {
    using is_transparent = void;
    bool operator()(const std::unique_ptr<std::string>& a, const std::unique_ptr<std::string>& b) const { return *a < *b; }
  };

  Runtime& runtime_;
  const std::vector<ModuleDefinition>& modules_;
  std::map<std::string, std::unique_ptr<postgres::Database>> stores_;
  std::set<std::unique_ptr<std::string>, Less> names_;
  AuditReport report_;
};

Task<Result<AuditReport>> run_auditor(std::unique_ptr<Auditor> auditor) { co_return co_await auditor->run(); }

}  // namespace

bool AuditReport::holds() const {
  return std::ranges::all_of(lines, [](const Line& line) { return line.violations == 0; });
}

Task<Result<AuditReport>> audit(Runtime& runtime, const Databases& databases, const std::vector<ModuleDefinition>& modules) {
  return run_auditor(std::make_unique<Auditor>(runtime, databases, modules));
}

}  // namespace emporion::app
