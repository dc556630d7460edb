#include "modules/platform/gateway/app/waiting_rooms.hpp"

#include <algorithm>

#include "kernel/json/value.hpp"

namespace emporion::gateway {

std::optional<UtcTime> WaitingRoom::admitted_at(std::int64_t number) const {
  const auto found = std::ranges::find_if(admissions, [&](const Admission& admission) { return number <= admission.up_to; });
  if (found == admissions.end()) return std::nullopt;
  return found->at;
}

void WaitingRooms::replace(std::vector<WaitingRoom> rooms, double confirmed_per_s) {
  rooms_ = std::move(rooms);
  confirmed_per_s_ = confirmed_per_s;
}

const WaitingRoom* WaitingRooms::find(const Uuid& sale) const {
  const auto found = std::ranges::find(rooms_, sale, &WaitingRoom::id);
  return found == rooms_.end() ? nullptr : &*found;
}

void WaitingRooms::admitted(const Uuid& sale, std::int64_t up_to) {
  const auto room = std::ranges::find(rooms_, sale, &WaitingRoom::id);
  if (room == rooms_.end() || up_to <= room->admitted) return;
  room->admitted = up_to;
  room->admissions.push_back({up_to, clock_.now()});
}

Result<> WaitingRooms::check(std::span<const std::string> skus, std::span<const std::string> subjects, std::string_view ticket) const {
  const UtcTime now = clock_.now();
  for (const auto& room : rooms_) {
    if (!room.is_on(now)) continue;
    if (std::ranges::none_of(skus, [&](const std::string& sku) { return std::ranges::find(room.skus, sku) != room.skus.end(); })) continue;
    const auto place = tickets_.read(ticket);
    const bool is_theirs = place && place->sale == room.id && std::ranges::find(subjects, place->subject) != subjects.end();
    const auto since = is_theirs ? room.admitted_at(place->number) : std::nullopt;
    if (since && now < *since + ticket_life) continue;
    return fail(Error(ErrorKind::resource_exhausted, "WAITING_ROOM", "more people than units: take a ticket at POST /api/v1/waiting-rooms/{sale_id}/tickets")
                    .with("sale_id", room.id.to_string())
                    .with("retry_after", 5));
  }
  return {};
}

std::vector<std::string> skus_of(std::string_view body) {
  std::vector<std::string> out;
  const auto document = json::Document::parse(body);
  if (!document) return out;
  const auto add = [&](json::Value item) {
    const auto sku = item.member("sku");
    if (const auto name = sku ? sku->string() : std::nullopt) out.emplace_back(*name);
    return true;
  };
  add(document->root());
  if (const auto items = document->root().member("items")) items->for_each_element(add);
  return out;
}

}  // namespace emporion::gateway
