#include "modules/logistics/fulfillment/domain/lifecycle.hpp"

#include <array>

namespace emporion::fulfillment {
namespace {

constexpr std::array<std::string_view, 14> names{
    "pending",   "planning",  "picking", "pick_failed",          "picked",     "packing", "packed", "ready", "shipped",
    "completed", "cancelled", "on_hold", "compensation_pending", "compensated"};

constexpr std::uint32_t bit(Status status) { return 1u << static_cast<unsigned>(status); }
constexpr std::uint32_t stop = bit(Status::cancelled) | bit(Status::on_hold);

// One row per status: where it may go. Source: logistics.md §2.3. From on_hold no step leads on: it is resumed where it was, or cancelled.
constexpr std::array<std::uint32_t, 14> moves{
    bit(Status::planning) | stop,                                // pending
    bit(Status::picking) | stop,                                 // planning
    bit(Status::picked) | bit(Status::pick_failed) | stop,       // picking
    bit(Status::picking) | stop,                                 // pick_failed
    bit(Status::packing) | stop,                                 // picked
    bit(Status::packed) | stop,                                  // packing
    bit(Status::ready) | stop,                                   // packed
    bit(Status::shipped) | stop,                                 // ready
    bit(Status::completed) | bit(Status::compensation_pending),  // shipped
    0,                                                           // completed
    0,                                                           // cancelled
    bit(Status::cancelled),                                      // on_hold
    bit(Status::compensated),                                    // compensation_pending
    0,                                                           // compensated
};

}  // namespace

std::string_view to_string(Status status) noexcept { return names[static_cast<std::size_t>(status)]; }

bool may_move(Status from, Status to) noexcept { return (moves[static_cast<std::size_t>(from)] & bit(to)) != 0; }

Result<> check_move(Status from, Status to) {
  if (may_move(from, to)) return {};
  return fail(Error(ErrorKind::conflict, "ILLEGAL_TRANSITION", "this step does not fit its state").with("status", to_string(from)));
}

bool is_in_house(Status status) noexcept { return may_move(status, Status::cancelled); }

}  // namespace emporion::fulfillment
