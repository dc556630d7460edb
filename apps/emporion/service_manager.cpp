#include "apps/emporion/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>

#include "kernel/base/text.hpp"

namespace emporion::app {

ServiceManager ServiceManager::from_environment() {
  const char* const socket = std::getenv("NOTIFY_SOCKET");
  ServiceManager out(socket == nullptr ? "" : socket);
  ::unsetenv("NOTIFY_SOCKET");
  return out;
}

void ServiceManager::ready(std::string_view status) const { send(text("READY=1\nSTATUS=", status)); }

void ServiceManager::stopping() const { send("STOPPING=1\nSTATUS=ending what runs"); }

void ServiceManager::send(std::string_view message) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.empty() || (socket_.front() != '/' && socket_.front() != '@') || socket_.size() >= sizeof address.sun_path) return;
  socket_.copy(address.sun_path, socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  (void)::sendto(descriptor, message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), length);
  ::close(descriptor);
}

}  // namespace emporion::app
