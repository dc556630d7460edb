#include "modules/product/promotion/adapters/postgres/redemption_store.hpp"

#include <array>

#include "kernel/json/codec.hpp"
#include "kernel/lanes/rounds.hpp"
#include "modules/product/promotion/adapters/postgres/reserve_arrays.hpp"
#include "modules/product/promotion/app/reserving.hpp"

namespace emporion::promotion {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement reserve_batch{"promotion.reserve_batch",
                                  "SELECT outcome, detail FROM redemption_reserve_batch($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], "
                                  "$6::text[], $7::int8[], $8::uuid[], $9::int4, "
                                  "$10::timestamptz, $11::uuid[], $12::uuid[], $13::uuid[], $14::uuid[], $15::text[], $16::int4[], $17::int4[], $18::int4[], "
                                  "$19::int4[], $20::int4[], $21::int8[], "
                                  "$22::int4[], $23::int4[], $24::int8[], $25::int8[])",
                                  Effect::writes};
constexpr Statement commit_batch{"promotion.commit_batch",
                                 "SELECT outcome, status, answer FROM redemption_commit_batch($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz)",
                                 Effect::writes};
constexpr Statement release_batch{"promotion.release_batch", "SELECT status FROM redemption_release_batch($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz)",
                                  Effect::writes};
constexpr Statement find_redemption{"promotion.find_redemption",
                                    "SELECT body, redemption_document(id) FROM redemption WHERE checkout_id = $1::uuid AND NOT is_tombstone"};
constexpr Statement expire_overdue{"promotion.expire_overdue", "SELECT redemption_expire($1::timestamptz, $2::int4)", Effect::writes};
constexpr Statement find_orphans{"promotion.find_orphans", R"(
SELECT checkout_id, order_id FROM redemption WHERE status = 'committed' AND created_at < $1::timestamptz AND checkout_id > $2::uuid ORDER BY checkout_id LIMIT $3::int4)"};
constexpr Statement confirm_order{"promotion.confirm_order", "SELECT redemption_order_confirmed($1::uuid, $2::timestamptz, $3::uuid)::text", Effect::writes};
constexpr Statement cancel_order{"promotion.cancel_order", "SELECT redemption_order_cancelled($1::uuid, $2::uuid, $3::timestamptz, $4::uuid)::text",
                                 Effect::writes};
constexpr Statement confirm_orders{"promotion.confirm_orders",
                                   "SELECT redemption_order_confirmed(o.id, $4::timestamptz, o.trace)::text, customer_has_ordered(o.key)::text "
                                   "FROM unnest($1::uuid[], $2::text[], $3::uuid[]) WITH ORDINALITY AS o(id, key, trace, n) ORDER BY o.n",
                                   Effect::writes};

ReserveAnswer answer_of(const postgres::Row& row) {
  using enum ReserveAnswer::Outcome;
  static const std::map<std::string_view, ReserveAnswer::Outcome> names{
      {"accepted", accepted}, {"stored", stored}, {"differs", differs}, {"released", released}, {"stale", stale}, {"limit", limit}, {"budget", budget}};
  ReserveAnswer out{.outcome = names.at(row.get<std::string>(0)), .promotion = {}, .limit = {}};
  if (const auto detail = row.get<std::optional<std::string>>(1)) {
    const auto space = detail->find(' ');
    out.promotion = detail->substr(0, space);
    out.limit = detail->substr(space + 1);
  }
  return out;
}

v1::RedemptionStatus status_of(const std::string& name) {
  v1::RedemptionStatus status{};
  EMP_ASSERT(v1::from_string(name, status));
  return status;
}

Result<v1::Redemption> committed(const Uuid& checkout, const postgres::Row& row) {
  const auto outcome = row.get<std::string>(0);
  if (outcome == "committed") return parse_json<v1::Redemption>(row.get<std::string>(2));
  const auto error = [&](ErrorKind kind, std::string reason) { return fail(Error(kind, std::move(reason)).with("checkout_id", checkout.to_string())); };
  if (outcome == "absent") return error(ErrorKind::not_found, "REDEMPTION_NOT_FOUND");
  if (outcome == "other_order") return error(ErrorKind::conflict, "BOUND_TO_OTHER_ORDER");
  if (outcome == "full") return error(ErrorKind::conflict, "RESERVATION_EXPIRED");
  return error(ErrorKind::conflict, "RELEASED");
}

}  // namespace

Task<Result<std::vector<Result<ReserveAnswer>>>> PostgresRedemptionStore::reserve(std::vector<std::shared_ptr<const Reserve>> commands) {
  const auto rounds = rounds_of(
      commands, [](const std::shared_ptr<const Reserve>& command) { return std::array{command->checkout}; },
      [](const auto& a, const auto& b) { return a->checkout == b->checkout && a->body == b->body && a->set_revision == b->set_revision; });
  std::vector<Result<ReserveAnswer>> answers(commands.size(), Result<ReserveAnswer>(ReserveAnswer{}));
  for (const auto& round : rounds.rounds) {
    ReserveArrays a;
    UtcTime moment;
    for (const auto i : round) {
      a.add(*commands[i]);
      moment = std::max(moment, commands[i]->at);
    }
    a.finish();
    EMP_CO_ASSIGN(const auto rows,
                  co_await database_.query(reserve_batch, a.ids, a.checkouts, a.bodies, a.keys, a.currencies, a.hashes, a.set_revisions, a.traces,
                                           static_cast<std::int32_t>(seconds(reservation_life).count()), moment, a.promotions, a.coupons, a.counter_promotions,
                                           a.counter_coupons, a.counter_keys, a.use_from, a.use_owner, a.use_promotion, a.use_revision, a.use_coupon,
                                           a.use_coupon_version, a.use_counter, a.use_coupon_counter, a.use_discount, a.use_units));
    for (std::size_t i = 0; i < round.size(); ++i) {
      auto answer = answer_of(rows[i]);
      answer.created_at = moment;
      answers[round[i]] = std::move(answer);
    }
  }
  for (const auto& [copy, original] : rounds.copies) {
    answers[copy] = answers[original];
    if (answers[copy] && answers[copy]->outcome == ReserveAnswer::Outcome::accepted) answers[copy]->outcome = ReserveAnswer::Outcome::stored;
  }
  co_return answers;
}

Task<Result<std::vector<Result<v1::Redemption>>>> PostgresRedemptionStore::commit(std::vector<Commit> commands) {
  const auto rounds = rounds_of(
      commands, [](const Commit& command) { return std::array{command.checkout}; },
      [](const Commit& a, const Commit& b) { return a.checkout == b.checkout && a.order == b.order; });
  std::vector<Result<v1::Redemption>> answers(commands.size(), Result<v1::Redemption>(v1::Redemption{}));
  for (const auto& round : rounds.rounds) {
    std::vector<Uuid> checkouts, orders, traces;
    for (const auto i : round) {
      checkouts.push_back(commands[i].checkout);
      orders.push_back(commands[i].order);
      traces.push_back(commands[i].trace);
    }
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(commit_batch, checkouts, orders, traces, commands[round.front()].at));
    for (std::size_t i = 0; i < round.size(); ++i) answers[round[i]] = committed(checkouts[i], rows[i]);
  }
  for (const auto& [copy, original] : rounds.copies) answers[copy] = answers[original];
  co_return answers;
}

Task<Result<std::vector<Result<v1::RedemptionStatus>>>> PostgresRedemptionStore::release(std::vector<Release> commands) {
  const auto rounds = rounds_of(
      commands, [](const Release& command) { return std::array{command.checkout}; },
      [](const Release& a, const Release& b) { return a.checkout == b.checkout; });
  std::vector<Result<v1::RedemptionStatus>> answers(commands.size(), Result<v1::RedemptionStatus>(v1::RedemptionStatus::released));
  for (const auto& round : rounds.rounds) {
    std::vector<Uuid> checkouts, ids, traces;
    for (const auto i : round) {
      checkouts.push_back(commands[i].checkout);
      ids.push_back(commands[i].new_id);
      traces.push_back(commands[i].trace);
    }
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(release_batch, checkouts, ids, traces, commands[round.front()].at));
    for (std::size_t i = 0; i < round.size(); ++i) answers[round[i]] = status_of(rows[i].get<std::string>(0));
  }
  for (const auto& [copy, original] : rounds.copies) answers[copy] = answers[original];
  co_return answers;
}

Task<Result<std::optional<StoredRedemption>>> PostgresRedemptionStore::find(Uuid checkout) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_redemption, checkout));
  if (rows.empty()) co_return std::optional<StoredRedemption>();
  EMP_CO_ASSIGN(auto redemption, parse_json<v1::Redemption>(rows[0].get<std::string>(1)));
  co_return StoredRedemption{rows[0].get<Uuid>(0), std::move(redemption)};
}

Task<Result<std::int32_t>> PostgresRedemptionStore::expire(UtcTime now, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(expire_overdue, now, count));
  co_return rows[0].get<std::int32_t>(0);
}

Task<Result<std::vector<std::pair<Uuid, Uuid>>>> PostgresRedemptionStore::orphans(UtcTime before, Uuid after, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_orphans, before, after, count));
  std::vector<std::pair<Uuid, Uuid>> out;
  for (const auto row : rows) out.emplace_back(row.get<Uuid>(0), row.get<Uuid>(1));
  co_return out;
}

Task<Result<>> PostgresRedemptionStore::settle(bool is_confirmed, Uuid order, Uuid checkout, UtcTime now, Uuid trace) {
  auto statement = is_confirmed ? postgres::bind(confirm_order, order, now, trace) : postgres::bind(cancel_order, order, checkout, now, trace);
  EMP_CO_TRY(co_await database_.run(std::move(statement)));
  co_return Result<>();
}

Task<Result<>> PostgresRedemptionStore::orders_confirmed(postgres::UnitOfWork& work, std::vector<ConfirmedOrder> orders, UtcTime now) {
  std::vector<Uuid> ids, traces;
  std::vector<std::string> keys;
  for (ConfirmedOrder& order : orders) {
    ids.push_back(order.order_id);
    traces.push_back(order.trace);
    keys.push_back(std::move(order.customer_key));
  }
  EMP_CO_TRY(co_await work.query(confirm_orders, ids, keys, traces, now));
  co_return Result<>();
}

Task<Result<>> PostgresRedemptionStore::order_cancelled(postgres::UnitOfWork& work, Uuid order, Uuid checkout, UtcTime now, Uuid trace) {
  EMP_CO_TRY(co_await work.query(cancel_order, order, checkout, now, trace));
  co_return Result<>();
}

}  // namespace emporion::promotion
