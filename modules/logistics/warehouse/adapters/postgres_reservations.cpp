#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>

#include "kernel/base/text.hpp"
#include "kernel/lanes/rounds.hpp"
#include "modules/logistics/warehouse/adapters/answers.hpp"
#include "modules/logistics/warehouse/adapters/postgres_stores.hpp"

namespace emporion::warehouse {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement reserve_batch{"warehouse.reserve_batch",
                                  "SELECT outcome, created, granted_until, detail FROM reserve_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
                                  "$14, $15, $16, $17, $18, $19, $20, $21) ORDER BY n",
                                  Effect::writes};
constexpr Statement confirm_batch{"warehouse.confirm_batch", "SELECT outcome, status, answer FROM confirm_batch($1, $2, $3) ORDER BY n", Effect::writes};
constexpr Statement release_batch{"warehouse.release_batch", "SELECT outcome, status FROM release_batch($1, $2, $3, $4) ORDER BY n", Effect::writes};
constexpr Statement select_reservation{"warehouse.select_reservation", "SELECT answer, body FROM reservation_answer WHERE id = $1"};
constexpr Statement select_reservations{
    "warehouse.select_reservations",
    "SELECT reservation_json(x.id)::text, x.id::text FROM reservation x WHERE NOT x.is_tombstone AND ($1::text IS NULL OR x.status = $1) AND ($2::uuid IS NULL "
    "OR x.reference_id = $2) "
    "AND ($3::uuid IS NULL OR x.order_id = $3) AND (($4::text IS NULL AND $5::uuid IS NULL) OR EXISTS (SELECT FROM reservation_line l WHERE l.reservation_id = "
    "x.id "
    "AND ($4::text IS NULL OR l.sku = $4) AND ($5::uuid IS NULL OR l.warehouse_id = $5))) AND ($6::uuid IS NULL OR x.id < $6) ORDER BY x.id DESC LIMIT $7"};
constexpr Statement extend_reservation{"warehouse.extend_reservation", "SELECT outcome, status FROM reservation_extend($1, $2)", Effect::writes};
constexpr Statement release_lines_of{"warehouse.release_lines", "SELECT reservation_release_lines($1, $2, $3, $4, $5, $6, $7, $8, $9)", Effect::writes};
constexpr Statement apply_step{"warehouse.apply_step", "SELECT reservation_step_apply($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", Effect::writes};
constexpr Statement shorten_line{"warehouse.shorten_line", "SELECT resourced, shorted FROM reservation_short($1, $2, $3, $4, $5, $6, $7)", Effect::writes};
constexpr Statement move_line{"warehouse.move_line", "SELECT reservation_move($1, $2, $3, $4, 2147483647, false, $5)", Effect::writes};
constexpr Statement expire_overdue{"warehouse.expire_overdue", "SELECT reservation_expire($1, $2, $3)", Effect::writes};
constexpr Statement select_stranded{"warehouse.select_stranded", "SELECT reservation, warehouse FROM stranded_lines($1, $2)"};
constexpr Statement evacuate_reservation{"warehouse.evacuate_reservation", "SELECT reservation_evacuate($1, $2, $3)", Effect::writes};
constexpr Statement select_of_order{
    "warehouse.select_of_order",
    "SELECT x.id FROM reservation x WHERE (x.order_id = $1 OR (x.order_id IS NULL AND x.id = ANY ($2))) AND x.status IN ('active', 'confirmed') ORDER BY x.id"};
constexpr Statement cancel_fulfillment{"warehouse.cancel_fulfillment", "SELECT fulfillment_cancelled($1, $2, $3, $4, $5, $6)", Effect::writes};

/// Lines of one transaction at most: what bounds how long its rows stay locked.
constexpr std::size_t lines_per_batch = 8'000;

Error state_error(const Uuid& id, std::string_view status) {
  return Error(ErrorKind::conflict, "RESERVATION_STATE", text("the reservation is ", status)).with("reservation_id", id.to_string()).with("status", status);
}
Error absent(const Uuid& id) { return Error(ErrorKind::not_found, "RESERVATION_NOT_FOUND").with("reservation_id", id.to_string()); }
Error expired(const Uuid& id) { return Error(ErrorKind::conflict, "RESERVATION_EXPIRED").with("reservation_id", id.to_string()); }

struct StepArrays {
  std::vector<std::int32_t> line_nos;
  std::vector<Uuid> warehouses;
  std::vector<std::int32_t> qtys;
};
StepArrays arrays_of(const std::vector<v1::ReservationStepLine>& lines) {
  // A line that is named twice counts with its sum: a step takes effect once per line.
  std::map<std::pair<std::int32_t, Uuid>, std::int64_t> merged;
  for (const auto& line : lines) merged[{line.line_no, line.warehouse_id}] += line.qty;
  StepArrays out;
  for (const auto& [key, qty] : merged) {
    out.line_nos.push_back(key.first);
    out.warehouses.push_back(key.second);
    out.qtys.push_back(static_cast<std::int32_t>(std::min<std::int64_t>(qty, INT32_MAX)));
  }
  return out;
}

/// The arrays of reserve_batch: commands, the distinct pairs, and the lines that point into both.
struct HoldArrays {
  std::vector<Uuid> ids, bodies, reference_ids, traces;
  std::vector<std::string> references, payments, holders;
  std::vector<std::int32_t> attempts, holder_of, ttls;
  std::vector<std::optional<Uuid>> customers;
  std::vector<std::optional<std::string>> guests;
  std::vector<std::string> pair_skus;
  std::vector<Uuid> pair_warehouses;
  std::vector<std::int32_t> line_from, line_pairs, line_qtys, line_nos, line_owners;

  void add(const Hold& hold, bool is_limited) {
    ids.push_back(hold.id);
    bodies.push_back(hold.body);
    references.emplace_back(v1::to_string(hold.reference));
    reference_ids.push_back(hold.reference_id);
    attempts.push_back(hold.attempt);
    customers.push_back(hold.customer);
    guests.push_back(hold.guest);
    payments.emplace_back(v1::to_string(hold.payment_method));
    ttls.push_back(static_cast<std::int32_t>(hold.ttl.count()));
    traces.push_back(hold.trace);
    holder_of.push_back(is_limited && hold.reference == v1::ReservationReference::checkout ? holder(hold) : 0);
    line_from.push_back(static_cast<std::int32_t>(line_pairs.size() + 1));
    for (const auto& line : hold.lines) {
      line_pairs.push_back(pair(line));
      line_qtys.push_back(static_cast<std::int32_t>(line.qty));
      line_nos.push_back(line.line_no);
      line_owners.push_back(static_cast<std::int32_t>(ids.size()));
    }
  }
  void finish() { line_from.push_back(static_cast<std::int32_t>(line_pairs.size() + 1)); }

 private:
  std::int32_t holder(const Hold& hold) {
    if (!hold.customer && !hold.guest) return 0;
    std::string name = hold.customer ? text("customer:", *hold.customer) : text("guest:", *hold.guest);
    const auto [found, is_new] = holder_index_.try_emplace(name, static_cast<std::int32_t>(holders.size() + 1));
    if (is_new) holders.push_back(std::move(name));
    return found->second;
  }
  std::int32_t pair(const PlacedLine& line) {
    const auto [found, is_new] = pair_index_.try_emplace(std::pair(line.sku, line.warehouse), static_cast<std::int32_t>(pair_skus.size() + 1));
    if (is_new) {
      pair_skus.push_back(line.sku);
      pair_warehouses.push_back(line.warehouse);
    }
    return found->second;
  }
  std::map<std::pair<std::string, Uuid>, std::int32_t> pair_index_;
  std::map<std::string, std::int32_t> holder_index_;
};

/// One key per (reference, attempt); another pair that falls on the same key is only judged a round later.
Uuid reference_key(const Hold& hold) {
  auto bytes = hold.reference_id.bytes();
  bytes[0] ^= 0xA5;
  bytes[15] ^= static_cast<std::uint8_t>(hold.attempt);
  return Uuid(bytes);
}

HoldAnswer::Outcome outcome_of(std::string_view name) {
  using enum HoldAnswer::Outcome;
  static const std::map<std::string_view, HoldAnswer::Outcome> names{{"accepted", accepted},   {"stored", stored},       {"differs", differs},
                                                                     {"tombstone", tombstone}, {"taken", taken},         {"limit", limit},
                                                                     {"inactive", inactive},   {"short", short_of_stock}};
  return names.at(name);
}

class PostgresReservationStore final : public ReservationStore {
 public:
  explicit PostgresReservationStore(postgres::Database& database) : database_(database) {}

  Task<Result<std::vector<Result<HoldAnswer>>>> reserve(std::vector<std::shared_ptr<const Hold>> holds, HoldLimits limits) override {
    auto rounds = rounds_of(
        holds, [](const std::shared_ptr<const Hold>& hold) { return std::array{hold->id, reference_key(*hold)}; },
        [](const auto& a, const auto& b) { return a->id == b->id && a->body == b->body; });
    std::vector<Result<HoldAnswer>> answers(holds.size(), Result<HoldAnswer>(HoldAnswer{}));
    for (const auto& round : rounds.rounds) {
      for (std::size_t from = 0; from < round.size();) {
        std::size_t to = from;
        for (std::size_t lines = 0; to < round.size() && (to == from || lines + holds[round[to]]->lines.size() <= lines_per_batch); ++to)
          lines += holds[round[to]]->lines.size();
        HoldArrays a;
        const bool is_limited = limits.active_per_holder_max < 100'000;
        for (std::size_t i = from; i < to; ++i) a.add(*holds[round[i]], is_limited);
        a.finish();
        EMP_CO_ASSIGN(const auto rows, co_await database_.query(reserve_batch, a.ids, a.bodies, a.references, a.reference_ids, a.attempts, a.customers,
                                                                a.guests, a.holder_of, a.payments, a.ttls, a.traces, a.holders, limits.active_per_holder_max,
                                                                static_cast<std::int32_t>(limits.hot_ttl.count()), a.pair_skus, a.pair_warehouses, a.line_from,
                                                                a.line_pairs, a.line_qtys, a.line_nos, a.line_owners));
        for (std::size_t i = from; i < to; ++i) {
          const auto row = rows[i - from];
          HoldAnswer answer{.outcome = outcome_of(row.get<std::string>(0))};
          if (!row.is_null(1)) answer.created_at = row.get<UtcTime>(1);
          if (!row.is_null(2)) answer.expires_at = row.get<UtcTime>(2);
          if (!row.is_null(3)) answer.detail = row.get<std::string>(3);
          answers[round[i]] = std::move(answer);
        }
        from = to;
      }
    }
    for (const auto& [copy, original] : rounds.copies) {
      answers[copy] = answers[original];
      if (answers[copy] && answers[copy]->outcome == HoldAnswer::Outcome::accepted) answers[copy]->outcome = HoldAnswer::Outcome::stored;
    }
    co_return answers;
  }

  Task<Result<std::vector<Result<v1::Reservation>>>> confirm(std::vector<Confirm> commands) override {
    auto rounds = rounds_of(
        commands, [](const Confirm& command) { return std::array{command.id}; },
        [](const Confirm& a, const Confirm& b) { return a.id == b.id && a.order == b.order; });
    std::vector<Result<v1::Reservation>> answers(commands.size(), Result<v1::Reservation>(v1::Reservation{}));
    for (const auto& round : rounds.rounds) {
      std::vector<Uuid> ids, orders, traces;
      for (const auto i : round) {
        ids.push_back(commands[i].id);
        orders.push_back(commands[i].order);
        traces.push_back(commands[i].trace);
      }
      EMP_CO_ASSIGN(const auto rows, co_await database_.query(confirm_batch, ids, orders, traces));
      for (std::size_t i = 0; i < round.size(); ++i) answers[round[i]] = confirmed(ids[i], rows[i]);
    }
    for (const auto& [copy, original] : rounds.copies) answers[copy] = answers[original];
    co_return answers;
  }

  Task<Result<std::vector<Result<ReleaseOutcome>>>> release(std::vector<Release> commands) override {
    auto rounds = rounds_of(
        commands, [](const Release& command) { return std::array{command.id}; },
        [](const Release& a, const Release& b) { return a.id == b.id && a.keep_picked == b.keep_picked; });
    std::vector<Result<ReleaseOutcome>> answers(commands.size(), Result<ReleaseOutcome>(ReleaseOutcome::released));
    for (const auto& round : rounds.rounds) {
      std::vector<Uuid> ids, traces;
      std::vector<std::string> reasons;
      std::vector<bool> keeps;
      for (const auto i : round) {
        ids.push_back(commands[i].id);
        reasons.push_back(commands[i].reason);
        keeps.push_back(commands[i].keep_picked);
        traces.push_back(commands[i].trace);
      }
      EMP_CO_ASSIGN(const auto rows, co_await database_.query(release_batch, ids, reasons, keeps, traces));
      for (std::size_t i = 0; i < round.size(); ++i) {
        const auto outcome = rows[i].get<std::string>(0);
        if (outcome == "tombstone") {
          answers[round[i]] = ReleaseOutcome::tombstone;
        } else if (outcome == "picked") {
          answers[round[i]] = fail(Error(ErrorKind::conflict, "PICKED_UNITS", "put the picked units back first").with("reservation_id", ids[i].to_string()));
        } else if (outcome == "state") {
          answers[round[i]] = fail(state_error(ids[i], rows[i].get<std::string>(1)));
        }
      }
    }
    for (const auto& [copy, original] : rounds.copies) answers[copy] = answers[original];
    co_return answers;
  }

  Task<Result<std::optional<StoredReservation>>> find(Uuid id) override {
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_reservation, id));
    if (rows.empty()) co_return std::optional<StoredReservation>();
    EMP_CO_ASSIGN(auto reservation, parse_json<v1::Reservation>(rows[0].get<std::string>(0)));
    co_return StoredReservation{rows[0].get<Uuid>(1), std::move(reservation)};
  }

  Task<Result<v1::ListReservationsResponse>> list(v1::ListReservationsRequest request) override {
    const auto size = request.page_size.value_or(page_size_default);
    EMP_CO_ASSIGN(const auto after, token_id(request.page_token));
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_reservations, name_of(request.status), request.reference_id, request.order_id, request.sku,
                                                            request.warehouse_id, after, size + 1));
    EMP_CO_ASSIGN(auto page, page_of<v1::Reservation>(rows, size));
    co_return v1::ListReservationsResponse{std::move(page.first), std::move(page.second)};
  }

  Task<Result<>> extend(Uuid id, UtcTime wanted) override {
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(extend_reservation, id, wanted));
    const auto outcome = rows[0].get<std::string>(0);
    if (outcome == "absent") co_return fail(absent(id));
    if (outcome == "expired") co_return fail(expired(id));
    if (outcome == "state") co_return fail(state_error(id, rows[0].get<std::string>(1)));
    co_return Result<>();
  }

  Task<Result<>> release_lines(v1::ReleaseReservationRequest request, std::string actor, Uuid trace) override {
    std::vector<std::int32_t> line_nos, qtys;
    std::vector<std::optional<Uuid>> warehouses;
    for (const auto& line : request.lines) {
      line_nos.push_back(line.line_no);
      warehouses.push_back(line.warehouse_id);
      qtys.push_back(line.qty);
    }
    EMP_CO_TRY(co_await database_.query(release_lines_of, request.reservation_id, request.cause_id.value_or(""), line_nos, warehouses, qtys, false,
                                        request.reason, actor, trace));
    co_return Result<>();
  }

  Task<Result<>> apply(Step step) override {
    const auto a = arrays_of(step.lines);
    EMP_CO_TRY(co_await database_.query(apply_step, step.reservation, step.kind, step.cause, a.line_nos, a.warehouses, a.qtys, false,
                                        std::optional<std::string>(), step.actor, step.trace));
    co_return Result<>();
  }

  Task<Result<std::pair<std::int32_t, std::int32_t>>> shorten(v1::ShortReservationRequest request, std::string actor, Uuid trace) override {
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(shorten_line, request.id, request.fulfillment_id.to_string(), request.line.line_no,
                                                            request.line.warehouse_id, request.line.qty, actor, trace));
    co_return std::pair(rows[0].get<std::int32_t>(0), rows[0].get<std::int32_t>(1));
  }

  Task<Result<>> move(Uuid id, std::int32_t line_no, Uuid from, Uuid to, Uuid trace) override {
    EMP_CO_TRY(co_await database_.query(move_line, id, line_no, from, to, trace));
    co_return Result<>();
  }

  Task<Result<std::int32_t>> expire(std::int32_t count, std::optional<std::vector<std::string>> skus, Uuid trace) override {
    if (skus) {
      EMP_CO_ASSIGN(const auto rows, co_await database_.query(expire_overdue, count, *skus, trace));
      co_return rows[0].get<std::int32_t>(0);
    }
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(expire_all_overdue, count, trace));
    co_return rows[0].get<std::int32_t>(0);
  }

  Task<Result<std::vector<std::pair<Uuid, Uuid>>>> stranded(seconds offline_wait, std::int32_t count) override {
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_stranded, static_cast<std::int32_t>(offline_wait.count()), count));
    std::vector<std::pair<Uuid, Uuid>> out;
    for (const auto row : rows) out.emplace_back(row.get<Uuid>(0), row.get<Uuid>(1));
    co_return out;
  }

  Task<Result<std::int32_t>> evacuate(Uuid id, Uuid warehouse, Uuid trace) override {
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(evacuate_reservation, id, warehouse, trace));
    co_return rows[0].get<std::int32_t>(0);
  }

  Task<Result<>> order_cancelled(postgres::UnitOfWork& work, Uuid order, std::vector<Uuid> reservations, std::string reason, Uuid trace) override {
    EMP_CO_ASSIGN(const auto rows, co_await work.query(select_of_order, order, reservations));
    if (rows.empty()) co_return Result<>();
    std::vector<Uuid> ids;
    for (const auto row : rows) ids.push_back(row.get<Uuid>(0));
    EMP_CO_TRY(co_await work.query(release_batch, ids, std::vector<std::string>(ids.size(), reason), std::vector<bool>(ids.size(), true),
                                   std::vector<Uuid>(ids.size(), trace)));
    co_return Result<>();
  }

  Task<Result<>> line_cancelled(postgres::UnitOfWork& work, Uuid reservation, std::string cause, std::int32_t line_no, std::int32_t qty, std::string reason,
                                Uuid trace) override {
    EMP_CO_TRY(co_await work.query(release_lines_of, reservation, cause, std::vector{line_no}, std::vector{std::optional<Uuid>()}, std::vector{qty}, true,
                                   reason, std::string("svc:order"), trace));
    co_return Result<>();
  }

  Task<Result<>> shipped(postgres::UnitOfWork& work, Step step) override {
    const auto a = arrays_of(step.lines);
    EMP_CO_TRY(co_await work.query(apply_step, step.reservation, step.kind, step.cause, a.line_nos, a.warehouses, a.qtys, true, std::optional<std::string>(),
                                   step.actor, step.trace));
    co_return Result<>();
  }

  Task<Result<>> fulfillment_cancelled(postgres::UnitOfWork& work, Uuid reservation, Uuid fulfillment, Uuid warehouse,
                                       std::vector<std::pair<std::int32_t, std::int32_t>> put_back, Uuid trace) override {
    std::vector<std::int32_t> line_nos, qtys;
    for (const auto& [line_no, qty] : put_back) {
      line_nos.push_back(line_no);
      qtys.push_back(qty);
    }
    EMP_CO_TRY(co_await work.query(cancel_fulfillment, reservation, fulfillment, warehouse, line_nos, qtys, trace));
    co_return Result<>();
  }

 private:
  static constexpr Statement expire_all_overdue{"warehouse.expire_all_overdue", "SELECT reservation_expire($1, NULL, $2)", Effect::writes};

  static Result<v1::Reservation> confirmed(const Uuid& id, const postgres::Row& row) {
    const auto outcome = row.get<std::string>(0);
    if (outcome == "confirmed") return parse_json<v1::Reservation>(row.get<std::string>(2));
    if (outcome == "absent") return fail(absent(id));
    if (outcome == "expired") return fail(expired(id));
    if (outcome == "other_order") return fail(Error(ErrorKind::conflict, "BOUND_TO_OTHER_ORDER").with("reservation_id", id.to_string()));
    return fail(state_error(id, row.get<std::string>(1)));
  }

  postgres::Database& database_;
};

}  // namespace

std::unique_ptr<ReservationStore> postgres_reservation_store(postgres::Database& database) { return std::make_unique<PostgresReservationStore>(database); }

}  // namespace emporion::warehouse
