#pragma once

#include <string_view>

#include "kernel/rpc/binding.hpp"

/// The operations of contracts/emporion/feed.proto. Any module may call them, and nobody else.
namespace emporion::remote::feed_operations {

inline constexpr std::string_view any_module[] = {"*"};

inline constexpr std::string_view read_path = "/emporion.Feed/Read";
// Shorter than a consumer's lease of 6 s, so that one whose producer does not answer hears of it while the feed is still its own.
inline constexpr rpc::Operation read{.module = "feed", .name = "read", .services = any_module, .service_count = 1, .deadline_ms = 5'000};

inline constexpr std::string_view watch_path = "/emporion.Feed/Watch";
inline constexpr rpc::Operation watch{.module = "feed", .name = "watch", .services = any_module, .service_count = 1, .deadline_ms = 15'000};

}  // namespace emporion::remote::feed_operations
