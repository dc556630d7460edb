#include "modules/platform/gateway/adapters/rpc/waiting_room_service.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "kernel/base/text.hpp"

namespace emporion::gateway {
namespace {

v1::Sale sale_of(const WaitingRoom& room) {
  return {.id = room.id,
          .name = room.name,
          .skus = room.skus,
          .from = room.starts_at,
          .until = room.ends_at,
          .admitted_per_s_min = room.admitted_per_s_min,
          .joined = room.joined,
          .admitted = room.admitted};
}

std::unexpected<Error> no_such_sale() { return fail(ErrorKind::not_found, "SALE_NOT_FOUND", "there is no such sale, or it is not on"); }

/// Who somebody may be in a line: who signed in while waiting is still the visitor of before.
std::vector<std::string> subjects_of(const Principal& principal, const std::optional<std::string>& visitor) {
  std::vector<std::string> out;
  if (principal.realm == Realm::customer) out.push_back(text("customer:", principal.id));
  if (visitor && Uuid::parse(*visitor)) out.push_back(text("visitor:", *visitor));
  return out;
}

}  // namespace

Task<Result<>> WaitingRoomService::reload() {
  EMP_CO_ASSIGN(auto rooms, co_await store_.rooms());
  double confirmed_per_s = 0;
  if (!rooms.empty()) {
    EMP_CO_ASSIGN(const auto per_minute, co_await store_.confirmed_per_minute(rooms_.pace.per_minute(clock_.now())));
    confirmed_per_s = static_cast<double>(per_minute) / 60;
  }
  rooms_.replace(std::move(rooms), confirmed_per_s);
  co_return Result<>();
}

Task<Result<std::int64_t>> WaitingRoomService::units_left(CallContext context, const WaitingRoom& room) {
  EMP_CO_ASSIGN(const auto stock, co_await calls_.get<warehouse::v1::WarehouseApi>().batch_stock(context.as_service("gateway"), {.skus = room.skus}));
  std::int64_t out = 0;
  for (const auto& level : stock.stock) out += level.available;
  co_return out;
}

Task<Result<>> WaitingRoomService::admit(CallContext context) {
  const UtcTime now = clock_.now();
  const auto since = std::min<microseconds>(seconds(5), admitted_at_ == UtcTime() ? microseconds(seconds(1)) : now - admitted_at_);
  admitted_at_ = now;
  const auto rooms = rooms_.all();  // Copies: what is waited for below changes them.
  for (const auto& room : rooms) {
    if (!room.is_on(now) || room.admitted >= room.joined) continue;
    EMP_CO_ASSIGN(const auto left, co_await units_left(context, room));
    const auto most = static_cast<std::int64_t>(std::ceil(rooms_.pace_of(room) * static_cast<double>(since.count()) / 1e6));
    EMP_CO_ASSIGN(const auto up_to, co_await store_.admit(room.id, most, left));
    rooms_.admitted(room.id, up_to);
  }
  co_return Result<>();
}

v1::WaitingTicket WaitingRoomService::ticket_of(const WaitingRoom& room, const WaitingPlace& place) const {
  const UtcTime now = clock_.now();
  v1::WaitingTicket out{.sale_id = room.id, .name = room.name, .ticket = tickets_.issue(place)};
  out.ticket_cookie = out.ticket;
  if (const auto since = room.admitted_at(place.number)) {
    out.state = now < *since + ticket_life ? v1::TicketState::admitted : v1::TicketState::expired;
    out.admitted_until = *since + ticket_life;
    out.poll_after_s = 30;
    return out;
  }
  out.state = v1::TicketState::waiting;
  out.position = std::max<std::int64_t>(1, place.number - room.admitted);
  out.estimated_wait_s = static_cast<std::int64_t>(std::ceil(static_cast<double>(out.position) / rooms_.pace_of(room)));
  out.poll_after_s = static_cast<std::int32_t>(std::clamp<std::int64_t>(*out.estimated_wait_s / 4, 2, 30));
  return out;
}

Task<Result<v1::ListWaitingRoomsResponse>> WaitingRoomService::list_waiting_rooms(CallContext, v1::ListWaitingRoomsRequest) {
  v1::ListWaitingRoomsResponse out;
  for (const auto& room : rooms_.all()) {
    if (room.is_on(clock_.now())) out.waiting_rooms.push_back({room.id, room.name, room.skus, room.ends_at});
  }
  co_return out;
}

/// A sale that another replica flagged a moment ago is looked for once more.
Task<Result<const WaitingRoom*>> WaitingRoomService::room_that_is_on(Uuid sale) {
  if (rooms_.find(sale) == nullptr) EMP_CO_TRY(co_await reload());
  const WaitingRoom* room = rooms_.find(sale);
  if (room == nullptr || !room->is_on(clock_.now())) co_return no_such_sale();
  co_return room;
}

Task<Result<v1::WaitingTicket>> WaitingRoomService::join_waiting_room(CallContext context, v1::JoinWaitingRoomRequest request) {
  EMP_CO_TRY(co_await room_that_is_on(request.sale_id));
  auto subjects = subjects_of(context.principal, request.visitor);
  std::optional<std::string> new_visitor;
  if (subjects.empty()) {
    new_visitor = Uuid::v7(clock_.now(), random_).to_string();
    subjects.push_back(text("visitor:", *new_visitor));
  }
  EMP_CO_ASSIGN(const auto number, co_await store_.join(request.sale_id, subjects.front()));
  EMP_CO_ASSIGN(const WaitingRoom* room, co_await room_that_is_on(request.sale_id));
  auto out = ticket_of(*room, {request.sale_id, subjects.front(), number});
  out.visitor_cookie = std::move(new_visitor);
  co_return out;
}

Task<Result<v1::WaitingTicket>> WaitingRoomService::get_waiting_ticket(CallContext context, v1::GetWaitingTicketRequest request) {
  EMP_CO_ASSIGN(const WaitingRoom* room, co_await room_that_is_on(request.sale_id));
  const auto place = tickets_.read(request.ticket.value_or(request.ticket_cookie.value_or("")));
  const auto subjects = subjects_of(context.principal, request.visitor);
  if (!place || place->sale != request.sale_id || std::ranges::find(subjects, place->subject) == subjects.end()) {
    co_return fail(ErrorKind::rule_violated, "TICKET_INVALID", "send the ticket of this sale that you were given, as who you were then");
  }
  co_return ticket_of(*room, *place);
}

Task<Result<v1::Sale>> WaitingRoomService::put_sale(CallContext context, v1::PutSaleRequest request) {
  const auto invalid = [](std::string_view why) { return fail(ErrorKind::rule_violated, "SALE_INVALID", std::string(why)); };
  if (request.from >= request.until) co_return invalid("a sale ends after it begins");
  if (request.until <= clock_.now()) co_return invalid("a sale ends in the future");
  if (std::set(request.skus.begin(), request.skus.end()).size() != request.skus.size()) co_return invalid("each SKU is named once");
  WaitingRoom room{.id = request.id,
                   .name = request.name,
                   .skus = request.skus,
                   .starts_at = request.from,
                   .ends_at = request.until,
                   .admitted_per_s_min = request.admitted_per_s_min.value_or(5)};
  EMP_CO_TRY(co_await store_.put(context, std::move(room)));
  EMP_CO_TRY(co_await reload());
  const WaitingRoom* put = rooms_.find(request.id);
  if (put == nullptr) co_return no_such_sale();  // Ended by somebody else meanwhile.
  co_return sale_of(*put);
}

Task<Result<v1::ListSalesResponse>> WaitingRoomService::list_sales(CallContext, v1::ListSalesRequest) {
  EMP_CO_TRY(co_await reload());
  v1::ListSalesResponse out;
  for (const auto& room : rooms_.all()) out.sales.push_back(sale_of(room));
  co_return out;
}

Task<Result<v1::Sale>> WaitingRoomService::end_sale(CallContext context, v1::EndSaleRequest request) {
  EMP_CO_ASSIGN(const auto sale, co_await store_.end(context, request.id));
  EMP_CO_TRY(co_await reload());
  co_return sale_of(sale);
}

}  // namespace emporion::gateway
