#include "tests/journeys/free_ports.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/base/assert.hpp"

namespace emporion::journeys {

std::vector<std::uint16_t> free_ports(std::size_t count) {
  std::vector<int> sockets;  // All are held until all are known.
  std::vector<std::uint16_t> out;
  for (std::size_t i = 0; i < count; ++i) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EMP_ASSERT(bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    EMP_ASSERT(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    out.push_back(ntohs(address.sin_port));
    sockets.push_back(socket);
  }
  for (const int socket : sockets) close(socket);
  return out;
}

}  // namespace emporion::journeys
