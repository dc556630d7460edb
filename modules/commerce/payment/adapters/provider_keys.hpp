#pragma once

#include <string_view>

namespace emporion::payment {

/// True for keys that nobody can mean: empty, and what stands in examples ("changeme", "your_key_here").
bool is_placeholder_key(std::string_view key);

}  // namespace emporion::payment
