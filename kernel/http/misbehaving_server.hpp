#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

// What the tests of both clients share.
// tidy-allow-file(third_party_include): seen by the tests of this folder only.
namespace emporion::http {

/// A server that does to its connections what the test says, each on the same thread in turn.
class MisbehavingServer {
 public:
  explicit MisbehavingServer(std::function<void(int listener)> behave) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), length), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([behave = std::move(behave), listener = listener_] { behave(listener); });
  }
  ~MisbehavingServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::uint16_t port() const { return port_; }

 private:
  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// Reads one request without a body, or one whose body is "{}"; empty if the client hung up.
inline std::string read_request(int socket) {
  std::string out;
  char buffer[4096];
  while (!out.ends_with("\r\n\r\n") && !out.ends_with("{}")) {
    const auto count = ::recv(socket, buffer, sizeof buffer, 0);
    if (count <= 0) return {};
    out.append(buffer, static_cast<std::size_t>(count));
  }
  return out;
}

inline void answer(int socket, std::string_view bytes) {
  EXPECT_EQ(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

}  // namespace emporion::http
