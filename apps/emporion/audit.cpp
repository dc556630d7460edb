#include "apps/emporion/audit.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "contracts/topics.hpp"
#include "kernel/base/text.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::app {
namespace {

using postgres::Statement;

constexpr std::size_t violations_kept = 1'000;
constexpr milliseconds look_again{250};
constexpr int looks_within_module = 4;  // One module's rows disagree for no longer than the gap between two of its transactions.

/// Two facts that must agree: the same keys with the same values; every row of the first in the second; every number of the first at most the
/// second's; or no key in both.
struct Agreement {
  std::string_view invariant;
  std::string_view left;
  std::string_view right;
  enum class Relation : std::uint8_t { equal, left_in_right, at_most, disjoint } relation = Relation::equal;
};

constexpr Agreement agreements[] = {
    {"every saga that ended well placed its order", "checkout.placed_orders", "order.placed_orders", Agreement::Relation::left_in_right},
    {"no order was placed but by a saga that stands", "order.placed_orders", "checkout.pursued_orders", Agreement::Relation::left_in_right},
    {"units that confirmed orders expect are held or shipped in Warehouse", "order.confirmed_units_by_order", "warehouse.confirmed_units_by_order",
     Agreement::Relation::left_in_right},
    {"the units of an open order are held in the warehouses that it names", "order.sources_by_line", "warehouse.sources_by_line",
     Agreement::Relation::left_in_right},
    {"no unit is committed for an order that does not stand", "warehouse.confirmed_units_by_order", "order.live_units_by_order",
     Agreement::Relation::left_in_right},
    {"what each standing order owes is secured in Payment, to the minor unit", "order.due_by_order", "payment.secured_by_order",
     Agreement::Relation::left_in_right},
    {"no money is secured for an order that does not stand", "payment.secured_by_order", "order.live_totals_by_order", Agreement::Relation::left_in_right},
    {"no cancelled order keeps anybody's money", "order.cancelled", "payment.unreturned_by_order", Agreement::Relation::disjoint},
    {"credit that standing orders were paid with is spent in Payment, to the minor unit", "order.credit_by_order", "payment.credit_by_order",
     Agreement::Relation::left_in_right},
    {"no credit is held or spent for an order that does not stand", "payment.credit_by_order", "order.live_credit_by_order",
     Agreement::Relation::left_in_right},
    {"credit that Order counts as returned was returned by Payment", "order.credit_returned_by_order", "payment.credit_returned_by_order",
     Agreement::Relation::at_most},
    {"units held for a checkout belong to a saga that is under way", "warehouse.held_sagas", "checkout.live_sagas", Agreement::Relation::left_in_right},
    {"units that Fulfillment picked are picked or shipped in Warehouse", "fulfillment.picked_units_by_order", "warehouse.picked_units_by_order",
     Agreement::Relation::at_most},
    {"what standing orders were let off is what Promotion counts for them", "order.let_off_by_order", "promotion.redeemed_by_order",
     Agreement::Relation::left_in_right},
    {"no use of a promotion is counted for an order that does not stand", "promotion.redeemed_by_order", "order.live_let_off_by_order",
     Agreement::Relation::left_in_right},
    {"uses reserved for a checkout belong to a saga that is under way", "promotion.held_sagas", "checkout.live_sagas", Agreement::Relation::left_in_right},
    {"units shipped agree between Fulfillment and Warehouse", "fulfillment.shipped_units_by_order", "warehouse.shipped_units_by_order"},
    {"units handed to a carrier were shipped by Fulfillment", "shipping.shipped_units_by_order", "fulfillment.shipped_units_by_order",
     Agreement::Relation::at_most},
    {"units that Order counts as shipped were handed to a carrier", "order.shipped_units_by_order", "shipping.shipped_units_by_order",
     Agreement::Relation::at_most},
    {"units that Order counts as delivered were so by the carrier's word", "order.delivered_units_by_order", "shipping.delivered_units_by_order",
     Agreement::Relation::at_most},
    {"cash that couriers collected is known to Payment, to the minor unit", "shipping.collected_cash_by_parcel", "payment.reported_cash_by_parcel",
     Agreement::Relation::left_in_right},
    {"cash that Payment was told of was collected by a courier", "payment.reported_cash_by_parcel", "shipping.collected_cash_by_parcel",
     Agreement::Relation::left_in_right},
    {"what Order counts as refunded was refunded by Payment", "order.refunded_by_order", "payment.refunded_by_order", Agreement::Relation::at_most},
};

using Facts = std::map<std::string, std::string>;

/// A broken row may lack what it is named by; it is reported all the same.
std::string text_of(const postgres::Row& row, int column) { return row.get<std::optional<std::string>>(column).value_or("null"); }

/// False also where either is no number: what cannot be counted agrees with nothing.
bool is_at_most(std::string_view left, std::string_view right) {
  const auto number = [](std::string_view digits) {
    std::int64_t out = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size() ? std::optional(out) : std::nullopt;
  };
  const auto few = number(left), many = number(right);
  return few && many && *few <= *many;
}

/// What was wrong before and is `now`: work under way is wrong at one look and right at the next, while other work has begun.
std::vector<Violation> lasting(const std::vector<Violation>& before, std::vector<Violation> now) {
  std::set<std::string_view> ids;
  for (const auto& violation : before) ids.insert(violation.id);
  std::erase_if(now, [&](const Violation& violation) { return !ids.contains(violation.id); });
  return now;
}

class Auditor {
 public:
  Auditor(Runtime& runtime, const Databases& databases, const std::vector<ModuleDefinition>& modules, milliseconds patience)
      : runtime_(runtime), modules_(modules), looks_max_(1 + static_cast<int>(patience / look_again)) {
    for (const auto& module : modules) {
      const std::string name(module.name);
      stores_[name] = std::make_unique<postgres::Database>(runtime, postgres::DatabaseOptions{.dsn = databases.dsn_of(name),
                                                                                              .module = name,
                                                                                              .connections_shared = 1,
                                                                                              .statement_timeout = minutes(10),
                                                                                              .planning = postgres::Planning::each_time});
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

  /// Takes one look's violations: those that stay wrong at every look count. Answers whether it is worth another look.
  Task<bool> take(std::vector<Violation>& wrong, std::vector<Violation> now, int look, int looks) {
    wrong = look == 0 ? std::move(now) : lasting(wrong, std::move(now));
    const bool again = !wrong.empty() && look + 1 < looks;
    if (again) co_await runtime_.sleep_for(look_again);
    co_return again;
  }

  void report(AuditReport::Line line, std::vector<Violation> wrong) {
    for (auto& violation : wrong) add(std::move(violation), line);
    report_.lines.push_back(std::move(line));
  }

  Task<Result<>> run_check(const ModuleDefinition& module, const AuditCheck& check) {
    AuditReport::Line line{std::string(check.invariant), std::string(module.name)};
    std::vector<Violation> wrong;
    for (int look = 0;; ++look) {
      EMP_CO_ASSIGN(const auto rows, co_await stores_[line.module]->query(Statement{name_of(module.name, check.sql), check.sql}));
      std::vector<Violation> now;
      for (const auto row : rows) now.push_back({line.invariant, line.module, text_of(row, 0), text_of(row, 1)});
      const bool again = co_await take(wrong, std::move(now), look, std::min(looks_max_, looks_within_module));
      if (!again) break;
    }
    report(std::move(line), std::move(wrong));
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
    for (const auto row : rows) out[text_of(row, 0)] = text_of(row, 1);
    co_return out;
  }

  static std::vector<Violation> differences(const Agreement& agreement, const Facts& left, const Facts& right) {
    std::vector<Violation> out;
    const auto other_name = [](std::string_view fact) { return std::string(fact.substr(0, fact.find('.'))); };
    for (const auto& [key, value] : left) {
      const auto found = right.find(key);
      if (agreement.relation == Agreement::Relation::disjoint) {
        if (found != right.end())
          out.push_back({std::string(agreement.invariant), other_name(agreement.right), key, text(agreement.right, " says ", found->second)});
        continue;
      }
      if (found != right.end() && (agreement.relation == Agreement::Relation::at_most ? is_at_most(value, found->second) : value == found->second)) continue;
      out.push_back({std::string(agreement.invariant), other_name(agreement.left), key,
                     text(agreement.left, " says ", value, ", ", agreement.right, " says ", found == right.end() ? "nothing" : found->second)});
    }
    if (agreement.relation != Agreement::Relation::equal) return out;
    for (const auto& [key, value] : right) {
      if (!left.contains(key))
        out.push_back({std::string(agreement.invariant), other_name(agreement.right), key,
                       text(agreement.right, " says ", value, ", ", agreement.left, " says nothing")});
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
    for (int look = 0;; ++look) {
      EMP_CO_ASSIGN(const auto left_facts, co_await read(*left));
      EMP_CO_ASSIGN(const auto right_facts, co_await read(*right));
      line.facts = std::max(left_facts.size(), right_facts.size());
      const bool again = co_await take(wrong, differences(agreement, left_facts, right_facts), look, looks_max_);
      if (!again) break;
    }
    report(std::move(line), std::move(wrong));
    co_return Result<>();
  }

  /// Every event of every topic that a module hears is in its inbox, or was skipped with a reason. A dead letter whose effect is still owed is a
  /// violation, also where it has its inbox row.
  Task<Result<>> check_deliveries() {
    static constexpr Statement sent{"audit.sent", "SELECT event_id::text, topic FROM outbox WHERE topic = ANY ($1)"};
    static constexpr Statement applied{"audit.applied",
                                       "SELECT event_id::text, topic FROM inbox i WHERE NOT EXISTS (SELECT FROM dead_letter d WHERE d.event_id = i.event_id "
                                       "AND d.state IN ('parked', 'waiting', 'due')) "
                                       "UNION SELECT event_id::text, topic FROM dead_letter WHERE state = 'skipped'"};
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
      for (int look = 0;; ++look) {
        Facts sent_events;
        for (const auto& [producer, topics] : by_producer) {
          EMP_CO_ASSIGN(const auto rows, co_await stores_[producer]->query(sent, topics));
          for (const auto row : rows) sent_events[row.get<std::string>(0)] = row.get<std::string>(1);
        }
        EMP_CO_ASSIGN(const auto rows, co_await stores_[name]->query(applied));
        Facts applied_events;
        for (const auto row : rows) applied_events[row.get<std::string>(0)] = row.get<std::string>(1);
        line.facts = sent_events.size();
        std::vector<Violation> now;
        for (const auto& [event, topic] : sent_events) {
          if (!applied_events.contains(event)) now.push_back({line.invariant, name, event, text(topic, " was not applied")});
        }
        const bool again = co_await take(missing, std::move(now), look, looks_max_);
        if (!again) break;
      }
      report(std::move(line), std::move(missing));
    }
    co_return Result<>();
  }

  /// Statement names must be unique per connection and live as long as it.
  std::string_view name_of(std::string_view module, std::string_view sql) {
    return *names_.emplace(std::make_unique<std::string>(text("audit.", module, '.', Uuid::from_name(sql)))).first->get();
  }

  struct Less {
    using is_transparent = void;
    bool operator()(const std::unique_ptr<std::string>& a, const std::unique_ptr<std::string>& b) const { return *a < *b; }
  };

  Runtime& runtime_;
  const std::vector<ModuleDefinition>& modules_;
  const int looks_max_;
  std::map<std::string, std::unique_ptr<postgres::Database>> stores_;
  std::set<std::unique_ptr<std::string>, Less> names_;
  AuditReport report_;
};

Task<Result<AuditReport>> run_auditor(std::unique_ptr<Auditor> auditor) { co_return co_await auditor->run(); }

}  // namespace

bool AuditReport::holds() const {
  return std::ranges::all_of(lines, [](const Line& line) { return line.violations == 0; });
}

Task<Result<AuditReport>> audit(Runtime& runtime, const Databases& databases, const std::vector<ModuleDefinition>& modules, milliseconds patience) {
  return run_auditor(std::make_unique<Auditor>(runtime, databases, modules, patience));
}

}  // namespace emporion::app
