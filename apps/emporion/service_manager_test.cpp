#include "apps/emporion/service_manager.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>

#include "kernel/base/text.hpp"
#include "kernel/testing/temporary_folder.hpp"

namespace emporion::app {
namespace {

/// The manager's end of the socket.
class Listener {
 public:
  explicit Listener(const std::string& name) : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())), 0);
  }
  ~Listener() { ::close(descriptor_); }
  /// The next datagram, or nothing if there is none.
  std::string heard() const {
    char buffer[512];
    const auto size = ::recv(descriptor_, buffer, sizeof buffer, 0);
    return size < 0 ? "" : std::string(buffer, static_cast<std::size_t>(size));
  }

 private:
  int descriptor_;
};

struct ServiceManagerTest : ::testing::Test {
  testing::TemporaryFolder temporary{"notify"};
  std::string path = (temporary.path() / "socket").string();
};

TEST_F(ServiceManagerTest, HearsThatTheProcessIsReadyAndThatItEnds) {
  const Listener listener(path);
  const ServiceManager manager(path);
  manager.ready("http://127.0.0.1:8080");
  EXPECT_EQ(listener.heard(), "READY=1\nSTATUS=http://127.0.0.1:8080");
  manager.stopping();
  EXPECT_EQ(listener.heard(), "STOPPING=1\nSTATUS=ending what runs");
}

TEST_F(ServiceManagerTest, ListensAtAnAbstractNameToo) {
  const std::string name = text("@emporion-test-", ::getpid());
  const Listener listener(name);
  ServiceManager(name).ready("x");
  EXPECT_EQ(listener.heard(), "READY=1\nSTATUS=x");
}

TEST_F(ServiceManagerTest, IsNotHeardOfByChildren) {
  const Listener listener(path);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  const auto manager = ServiceManager::from_environment();
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
  manager.ready("x");
  EXPECT_EQ(listener.heard(), "READY=1\nSTATUS=x");
}

TEST_F(ServiceManagerTest, ThatIsNotThereOrHasNoSensibleNameIsNoFault) {
  ServiceManager::from_environment().ready("x");
  ServiceManager(path).ready("x");
  ServiceManager("relative").ready("x");
  ServiceManager("/" + std::string(200, 'x')).stopping();
}

}  // namespace
}  // namespace emporion::app
