#pragma once

#include <string>

#include "tests/journeys/shop_client.hpp"

namespace emporion::crash {

enum class AskedBy : std::uint8_t { confirm, poll };

/// What is wrong with an answer about a placement, by the table of commerce.md §4.4: status, reason and members. Empty: it is one of the table's.
std::string complaint_about(const journeys::Reply& reply, AskedBy by);

/// In a word: "confirmed", "requires_action", "OUT_OF_STOCK". Of a failure, its reason.
std::string outcome_of(const journeys::Reply& reply);

/// Nothing is left for the shop to do on its own.
bool is_settled(const std::string& outcome);

}  // namespace emporion::crash
