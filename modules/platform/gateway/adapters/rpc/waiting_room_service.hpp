#pragma once

#include "contracts/platform/gateway/v1/waiting_room_api.hpp"
#include "kernel/rpc/calls.hpp"
#include "modules/platform/gateway/adapters/postgres/waiting_store.hpp"

namespace emporion::gateway {

class WaitingRoomService final : public v1::WaitingRoomApi {
 public:
  WaitingRoomService(Calls& calls, WaitingRooms& rooms, WaitingStore& store, const WaitingTickets& tickets, const Clock& clock, Random& random)
      : calls_(calls), rooms_(rooms), store_(store), tickets_(tickets), clock_(clock), random_(random) {}

  /// Reads what is on, and tells what was confirmed here. Called twice a second by every replica.
  Task<Result<>> reload();
  /// Lets the next ones in, of every sale that is on. Called once a second by one replica.
  Task<Result<>> admit(CallContext context);

  Task<Result<v1::ListWaitingRoomsResponse>> list_waiting_rooms(CallContext context, v1::ListWaitingRoomsRequest request) override;
  Task<Result<v1::WaitingTicket>> join_waiting_room(CallContext context, v1::JoinWaitingRoomRequest request) override;
  Task<Result<v1::WaitingTicket>> get_waiting_ticket(CallContext context, v1::GetWaitingTicketRequest request) override;
  Task<Result<v1::Sale>> put_sale(CallContext context, v1::PutSaleRequest request) override;
  Task<Result<v1::ListSalesResponse>> list_sales(CallContext context, v1::ListSalesRequest request) override;
  Task<Result<v1::Sale>> end_sale(CallContext context, v1::EndSaleRequest request) override;

 private:
  v1::WaitingTicket ticket_of(const WaitingRoom& room, const WaitingPlace& place) const;
  Task<Result<std::int64_t>> units_left(CallContext context, const WaitingRoom& room);
  Task<Result<const WaitingRoom*>> room_that_is_on(Uuid sale);

  Calls& calls_;
  WaitingRooms& rooms_;
  WaitingStore& store_;
  const WaitingTickets& tickets_;
  const Clock& clock_;
  Random& random_;
  UtcTime admitted_at_;
};

}  // namespace emporion::gateway
