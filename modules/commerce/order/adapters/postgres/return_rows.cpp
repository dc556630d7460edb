#include "modules/commerce/order/adapters/postgres/postgres_order_store.hpp"

namespace emporion::order {
namespace {

using postgres::Effect;
using postgres::Statement;

// What is over stays over: a request that is told after its end opens nothing.
constexpr Statement upsert_return{
    "order.take_return",
    "INSERT INTO order_return (return_id, order_id, status, at) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (return_id) DO UPDATE SET status = excluded.status, at = excluded.at WHERE order_return.status = 'open' AND excluded.status <> 'open'",
    Effect::writes};
constexpr Statement count_open{"order.open_returns", "SELECT count(*)::int4 FROM order_return WHERE order_id = $1 AND status = 'open'", Effect::writes};
constexpr Statement update_state{"order.set_return_state", "UPDATE order_header SET return_state = $2, version = version + 1 WHERE id = $1", Effect::writes};
constexpr Statement claim{"order.claim_guest_orders", "SELECT claim_guest_orders($1, $2, $3, $4)", Effect::writes};

}  // namespace

Task<Result<bool>> PostgresOrderStore::take_return(postgres::UnitOfWork& work, Uuid order_id, Uuid return_id, std::string status) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(upsert_return, return_id, order_id, status, clock_.now()));
  co_return rows.affected() == 1;
}

Task<Result<int>> PostgresOrderStore::open_returns(postgres::UnitOfWork& work, Uuid order_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(count_open, order_id));
  co_return rows[0].get<std::int32_t>(0);
}

Task<Result<>> PostgresOrderStore::set_return_state(postgres::UnitOfWork& work, const OrderState& order, ReturnState to) {
  EMP_CO_TRY(co_await work.query(update_state, order.id, to_string(to)));
  co_return Result<>();
}

Task<Result<std::vector<Uuid>>> PostgresOrderStore::claim_guest_orders(postgres::UnitOfWork& work, Uuid customer_id, std::optional<std::string> email,
                                                                       std::optional<Uuid> order_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(claim, customer_id, email, order_id, clock_.now()));
  std::vector<Uuid> out;
  for (const auto row : rows) out.push_back(row.get<Uuid>(0));
  co_return out;
}

}  // namespace emporion::order
