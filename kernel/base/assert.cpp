#include "kernel/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace emporion {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "emporion: broken expectation `%s` at %s:%d\n", expression, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace emporion
