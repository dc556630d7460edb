#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace emporion::warehouse {

/// Whether a warehouse takes new reservations (active only) and still ships old ones (active and draining).
enum class Status : std::uint8_t { draft, active, draining, offline, closed };

enum class StatusCommand : std::uint8_t { activate, deactivate, take_offline, bring_online, close };

/// Where a command leads, or nothing where it is refused with INVALID_TRANSITION. A repeat of the command that led here answers the same state again.
std::optional<Status> next(Status from, StatusCommand command) noexcept;

std::string_view to_string(Status status) noexcept;
std::optional<Status> parse_status(std::string_view name) noexcept;

}  // namespace emporion::warehouse
