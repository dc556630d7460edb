// Starts and stops the tests' PostgreSQL cluster around a run of ctest.
#include <cstdio>
#include <string_view>

#include "kernel/testing/test_cluster.hpp"

int main(int count, char** arguments) {
  const std::string_view what = count == 2 ? arguments[1] : "";
  if (what == "start") {
    emporion::testing::keep_test_cluster_running();
  } else if (what == "stop") {
    emporion::testing::stop_test_cluster();
  } else {
    std::fprintf(stderr, "usage: test_cluster start|stop\n");
    return 2;
  }
  return 0;
}
