#pragma once

#include "kernel/http/router.hpp"

namespace emporion::gateway {

/// What every answer carries, errors included (G-I7). What the answer says itself of its content and of caches stays. Source: platform.md §3.5.
void add_security_headers(http::Response& response);

}  // namespace emporion::gateway
