#include "modules/logistics/warehouse/domain/status.hpp"

#include <array>
#include <cstddef>

namespace emporion::warehouse {
namespace {

constexpr std::array<std::string_view, 5> names{"draft", "active", "draining", "offline", "closed"};

struct Transition {
  StatusCommand command;
  Status from;
  Status to;
};

// Source: specification, Warehouse state machines. The rows that lead a state to itself are the repeats.
constexpr std::array transitions{
    Transition{StatusCommand::activate, Status::draft, Status::active},       Transition{StatusCommand::activate, Status::draining, Status::active},
    Transition{StatusCommand::activate, Status::active, Status::active},      Transition{StatusCommand::deactivate, Status::active, Status::draining},
    Transition{StatusCommand::deactivate, Status::offline, Status::draining}, Transition{StatusCommand::deactivate, Status::draining, Status::draining},
    Transition{StatusCommand::take_offline, Status::active, Status::offline}, Transition{StatusCommand::take_offline, Status::offline, Status::offline},
    Transition{StatusCommand::bring_online, Status::offline, Status::active}, Transition{StatusCommand::bring_online, Status::active, Status::active},
    Transition{StatusCommand::close, Status::draining, Status::closed},       Transition{StatusCommand::close, Status::closed, Status::closed},
};

}  // namespace

std::optional<Status> next(Status from, StatusCommand command) noexcept {
  for (const auto& row : transitions) {
    if (row.command == command && row.from == from) return row.to;
  }
  return std::nullopt;
}

std::string_view to_string(Status status) noexcept { return names[static_cast<std::size_t>(status)]; }

std::optional<Status> parse_status(std::string_view name) noexcept {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Status>(i);
  }
  return std::nullopt;
}

}  // namespace emporion::warehouse
