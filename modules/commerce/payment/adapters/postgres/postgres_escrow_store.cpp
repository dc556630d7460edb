#include "modules/commerce/payment/adapters/postgres/postgres_escrow_store.hpp"

#include "contracts/commerce/payment/v1/disputes_events.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/messaging/outbox.hpp"

namespace emporion::payment {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement insert_escrow{
    "payment.insert_escrow",
    "INSERT INTO escrow_release (order_id, shares, completed_at, next_run_at) VALUES ($1, $2::text::jsonb, $3, $3) ON CONFLICT DO NOTHING", Effect::writes};
constexpr Statement lock_escrow{"payment.lock_escrow", "SELECT shares::text FROM escrow_release WHERE order_id = $1 AND released_at IS NULL FOR NO KEY UPDATE",
                                Effect::writes};
constexpr Statement postpone_escrow{"payment.postpone_escrow", "UPDATE escrow_release SET frozen_by = $2, next_run_at = $3 WHERE order_id = $1",
                                    Effect::writes};
constexpr Statement finish_escrow{"payment.finish_escrow",
                                  "UPDATE escrow_release SET released_at = $2, frozen_by = NULL, next_run_at = NULL WHERE order_id = $1", Effect::writes};
constexpr Statement due_escrows{"payment.due_escrows", "SELECT order_id FROM escrow_release WHERE next_run_at <= $1 ORDER BY next_run_at LIMIT $2",
                                Effect::reads};
constexpr Statement count_under_way{"payment.refunds_under_way",
                                    "SELECT count(*)::int4 FROM refund WHERE payment_id = $1 AND status IN ('requested', 'submitted')", Effect::reads};
constexpr Statement sum_fees{"payment.fees_of", "SELECT COALESCE(sum(amount), 0)::bigint FROM ledger_entry WHERE payment_id = $1 AND account = 'fees'",
                             Effect::reads};

std::string shares_json(const std::vector<SellerShare>& shares) {
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  for (const SellerShare& share : shares) writer.begin_object().key("seller").string(share.seller).key("weight").integer(share.weight).end_object();
  writer.end_array();
  return out;
}

std::vector<SellerShare> read_shares(const std::string& text) {
  std::vector<SellerShare> out;
  const auto document = json::Document::parse(text);
  EMP_ASSERT(document.has_value());
  document->root().for_each_element([&](json::Value row) {
    out.push_back({std::string(row.member("seller")->string().value()), row.member("weight")->integer().value()});
    return true;
  });
  return out;
}

}  // namespace

Task<Result<>> PostgresEscrowStore::insert(postgres::UnitOfWork& work, Uuid order_id, std::vector<SellerShare> shares, UtcTime now) {
  EMP_CO_TRY(co_await work.query(insert_escrow, order_id, shares_json(shares), now));
  co_return Result<>();
}

Task<Result<std::optional<WaitingEscrow>>> PostgresEscrowStore::lock(postgres::UnitOfWork& work, Uuid order_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_escrow, order_id));
  if (rows.empty()) co_return std::optional<WaitingEscrow>();
  co_return std::optional(WaitingEscrow{order_id, read_shares(rows[0].get<std::string>(0))});
}

Task<Result<>> PostgresEscrowStore::postpone(postgres::UnitOfWork& work, Uuid order_id, std::string why, UtcTime next) {
  EMP_CO_TRY(co_await work.query(postpone_escrow, order_id, why, next));
  co_return Result<>();
}

Task<Result<>> PostgresEscrowStore::finish(postgres::UnitOfWork& work, Uuid order_id, UtcTime now) {
  EMP_CO_TRY(co_await work.query(finish_escrow, order_id, now));
  co_return Result<>();
}

Task<Result<std::vector<Uuid>>> PostgresEscrowStore::due(UtcTime now, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(due_escrows, now, count));
  std::vector<Uuid> out;
  for (const auto row : rows) out.push_back(row.get<Uuid>(0));
  co_return out;
}

Task<Result<int>> PostgresEscrowStore::refunds_under_way(postgres::UnitOfWork& work, Uuid payment_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(count_under_way, payment_id));
  co_return rows[0].get<std::int32_t>(0);
}

Task<Result<std::int64_t>> PostgresEscrowStore::fees_of(postgres::UnitOfWork& work, Uuid payment_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(sum_fees, payment_id));
  co_return rows[0].get<std::int64_t>(0);
}

Task<Result<>> PostgresEscrowStore::publish(postgres::UnitOfWork& work, Uuid order_id, SellerRelease release, Uuid trace) {
  v1::EscrowReleased event;
  event.order_id = order_id;
  event.seller_id = release.seller;
  event.gross = release.gross;
  event.commission = release.commission;
  event.fees = release.fees;
  event.net = release.net;
  EMP_CO_TRY(co_await work.run(messaging::outbox_row(event, Uuid::from_name(text("escrow:", order_id, ":", release.seller)), 1, trace)));
  co_return Result<>();
}

}  // namespace emporion::payment
