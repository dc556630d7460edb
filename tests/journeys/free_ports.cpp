#include "tests/journeys/free_ports.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

#include "kernel/base/assert.hpp"

namespace emporion::journeys {
namespace {

// Below those that the system gives to whoever asks for any port (32768 and up): until it is listened on, nobody gets one of these by chance.
constexpr int lowest = 10'240;
constexpr int count_of_all = 22'000;

bool is_free(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool bound = bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(socket);
  return bound;
}

}  // namespace

std::vector<std::uint16_t> free_ports(std::size_t count) {
  static std::atomic<int> next = getpid() % 200 * 110;  // Test programs side by side begin apart.
  std::vector<std::uint16_t> out;
  for (int tried = 0; out.size() < count; ++tried) {
    EMP_ASSERT(tried < count_of_all);
    const auto port = static_cast<std::uint16_t>(lowest + next++ % count_of_all);
    if (is_free(port)) out.push_back(port);
  }
  return out;
}

}  // namespace emporion::journeys
