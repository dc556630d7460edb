#pragma once

#include <string_view>

#include "kernel/base/result.hpp"

namespace emporion::payment {

/// True for keys that nobody can mean: empty, and what stands in examples ("changeme", "your_key_here").
bool is_placeholder_key(std::string_view key);

/// Stops the start: "payment.momo.secret_key is absent …; set it, or payment.momo.enabled: false". Error: MOMO_KEYS_INVALID for the provider "momo".
std::unexpected<Error> invalid_keys(std::string_view provider, std::string_view setting, std::string_view what);

}  // namespace emporion::payment
