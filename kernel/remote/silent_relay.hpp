#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

// tidy-allow-file(third_party_include): seen by the tests of this folder only.
namespace emporion::remote {

/// Passes bytes between callers and a port until it falls silent: then connections stand, new ones too, and nothing comes through, as if the machine behind
/// them had lost its power.
class SilentRelay {
 public:
  explicit SilentRelay(int target_port) : target_port_(target_port), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), length), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { relay(); });
  }
  ~SilentRelay() {
    stopping_ = true;
    thread_.join();
    for (const auto& [from, to] : peers_) ::close(from);
    ::close(listener_);
  }
  int port() const { return port_; }
  void fall_silent() { silent_ = true; }

 private:
  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
  }

  void relay() {
    while (!stopping_) {
      std::vector<pollfd> polled{{.fd = listener_, .events = POLLIN, .revents = 0}};
      if (!silent_) {
        for (const auto& [from, to] : peers_) polled.push_back({.fd = from, .events = POLLIN, .revents = 0});
      }
      if (::poll(polled.data(), polled.size(), 5) <= 0) continue;
      if (polled[0].revents != 0) accept();
      for (std::size_t i = 1; i < polled.size(); ++i) {
        if (polled[i].revents != 0 && !silent_) pass_on(polled[i].fd);
      }
    }
  }

  void accept() {
    const int caller = ::accept(listener_, nullptr, nullptr);
    const int callee = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(target_port_);
    EXPECT_EQ(::connect(callee, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    peers_[caller] = callee;
    peers_[callee] = caller;
  }

  void pass_on(int from) {
    char buffer[16'384];
    const auto count = ::recv(from, buffer, sizeof buffer, 0);
    const int to = peers_.at(from);
    if (count > 0) {
      (void)::send(to, buffer, static_cast<std::size_t>(count), MSG_NOSIGNAL);
    } else {
      ::close(from);
      ::close(to);
      peers_.erase(from);
      peers_.erase(to);
    }
  }

  int target_port_;
  int listener_;
  int port_ = 0;
  std::map<int, int> peers_;
  std::atomic<bool> silent_{false};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace emporion::remote
