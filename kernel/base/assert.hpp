#pragma once

namespace emporion {

/// Prints the broken expectation and aborts. On in every build: a bug stops the process, and outbox, inbox and saga log make a restart safe.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace emporion

#define EMP_ASSERT(expression) (static_cast<bool>(expression) ? void(0) : ::emporion::assertion_failed(#expression, __FILE__, __LINE__))
