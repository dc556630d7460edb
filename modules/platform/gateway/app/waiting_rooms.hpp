#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"
#include "modules/platform/gateway/app/checkout_pace.hpp"
#include "modules/platform/gateway/app/waiting_tickets.hpp"

namespace emporion::gateway {

/// A sale that is on, as this replica last read it.
struct WaitingRoom {
  Uuid id;
  std::string name;
  std::vector<std::string> skus;
  UtcTime starts_at;
  UtcTime ends_at;
  int admitted_per_s_min = 1;
  std::int64_t joined = 0;
  std::int64_t admitted = 0;
  struct Admission {
    std::int64_t up_to = 0;
    UtcTime at;
  };
  std::vector<Admission> admissions;  ///< In the order of their numbers.

  bool is_on(UtcTime now) const { return starts_at <= now && now < ends_at; }
  /// When the number was let in, if it was.
  std::optional<UtcTime> admitted_at(std::int64_t number) const;
};

/// A ticket is good for ten minutes from its admission on. Source: platform.md §3.5.
inline constexpr minutes ticket_life{10};

/// The rooms of this replica's memory: what each request is judged by.
class WaitingRooms {
 public:
  WaitingRooms(const WaitingTickets& tickets, const Clock& clock) : tickets_(tickets), clock_(clock) {}

  void replace(std::vector<WaitingRoom> rooms, double confirmed_per_s);
  bool is_empty() const noexcept { return rooms_.empty(); }
  const std::vector<WaitingRoom>& all() const noexcept { return rooms_; }
  const WaitingRoom* find(const Uuid& sale) const;
  /// Up to which number people are in, known before the next reading.
  void admitted(const Uuid& sale, std::int64_t up_to);

  /// Whether somebody known by one of `subjects` may buy these SKUs with that ticket. Errors: WAITING_ROOM (resource_exhausted) with sale_id and retry_after.
  Result<> check(std::span<const std::string> skus, std::span<const std::string> subjects, std::string_view ticket) const;

  /// People that come in per second: as many as buy, and never fewer than the sale says.
  double pace_of(const WaitingRoom& room) const { return std::max<double>(room.admitted_per_s_min, confirmed_per_s_); }

  CheckoutPace pace;

 private:
  const WaitingTickets& tickets_;
  const Clock& clock_;
  std::vector<WaitingRoom> rooms_;
  double confirmed_per_s_ = 0;
};

/// The SKUs that the body of an addition to a cart names.
std::vector<std::string> skus_of(std::string_view body);

}  // namespace emporion::gateway
