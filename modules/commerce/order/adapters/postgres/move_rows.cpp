#include "modules/commerce/order/adapters/postgres/postgres_order_store.hpp"

// Moves of a reservation's units while their order waits to be confirmed.
namespace emporion::order {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement confirm_one{
    "order.confirm_one",
    "SELECT outcome, status FROM confirm_orders_batch(ARRAY[$1::uuid], ARRAY[$2::uuid], ARRAY[$3::text], ARRAY[$4::text], ARRAY[$5::uuid], $6)",
    Effect::writes};
constexpr Statement update_reservation{"order.set_reservation", "SELECT set_order_reservation($1, $2, $3)", Effect::writes};
constexpr Statement insert_move{"order.keep_move",
                                "INSERT INTO order_move (order_id, reservation_id, version, line_no, from_warehouse_id, to_warehouse_id, qty) "
                                "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                                Effect::writes};
constexpr Statement select_moves{"order.moves_after",
                                 "SELECT version, line_no, from_warehouse_id, to_warehouse_id, qty FROM order_move "
                                 "WHERE order_id = $1 AND reservation_id = $2 AND version > $3 ORDER BY version",
                                 Effect::reads};
constexpr Statement delete_moves{
    "order.forget_moves", "DELETE FROM order_move m USING order_header h WHERE h.id = m.order_id AND h.status NOT IN ('pending_payment', 'fraud_review')",
    Effect::writes};

}  // namespace

Task<Result<ConfirmationAnswer>> PostgresOrderStore::confirm_in(postgres::UnitOfWork& work, Confirmation confirmation) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(confirm_one, confirmation.order_id, confirmation.payment_id, confirmation.payment_status,
                                                     confirmation.provider, confirmation.trace, clock_.now()));
  co_return ConfirmationAnswer{rows[0].get<std::string>(0), rows[0].get<std::optional<std::string>>(1)};
}

Task<Result<>> PostgresOrderStore::set_reservation(postgres::UnitOfWork& work, Uuid order_id, Uuid reservation_id, std::int64_t version) {
  EMP_CO_TRY(co_await work.query(update_reservation, order_id, reservation_id, version));
  co_return Result<>();
}

Task<Result<>> PostgresOrderStore::keep_move(postgres::UnitOfWork& work, Uuid order_id, ReservationMove move) {
  EMP_CO_TRY(co_await work.query(insert_move, order_id, move.reservation_id, move.version, move.line_no, move.from, move.to, move.qty));
  co_return Result<>();
}

Task<Result<std::vector<ReservationMove>>> PostgresOrderStore::moves_after(postgres::UnitOfWork& work, Uuid order_id, Uuid reservation_id,
                                                                           std::int64_t version) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(select_moves, order_id, reservation_id, version));
  std::vector<ReservationMove> out;
  for (const auto row : rows) {
    out.push_back({reservation_id, row.get<std::int64_t>(0), row.get<std::int32_t>(1), row.get<Uuid>(2), row.get<Uuid>(3), row.get<std::int32_t>(4)});
  }
  co_return out;
}

Task<Result<>> PostgresOrderStore::forget_moves() {
  EMP_CO_TRY(co_await database_.query(delete_moves));
  co_return Result<>();
}

}  // namespace emporion::order
