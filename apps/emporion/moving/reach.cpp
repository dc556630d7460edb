#include "apps/emporion/moving/reach.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "apps/emporion/processes.hpp"

namespace emporion::app::moving {
namespace {

constexpr int wait_ms = 500;

bool connects(const addrinfo& at) {
  const int socket = ::socket(at.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  bool connected = ::connect(socket, at.ai_addr, at.ai_addrlen) == 0;
  pollfd wanted{.fd = socket, .events = POLLOUT, .revents = 0};
  if (!connected && ::poll(&wanted, 1, wait_ms) == 1) {
    int error = 0;
    socklen_t size = sizeof(error);
    connected = ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
  }
  ::close(socket);
  return connected;
}

}  // namespace

bool somebody_listens(const std::string& address) {
  const auto parsed = parse_address(address);
  if (!parsed) return false;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(parsed->host.c_str(), std::to_string(parsed->port).c_str(), &hints, &found) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (connects(*each)) return true;
  }
  return false;
}

}  // namespace emporion::app::moving
