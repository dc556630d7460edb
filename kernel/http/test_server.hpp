#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "kernel/async/runtime.hpp"
#include "kernel/base/text.hpp"
#include "kernel/http/server.hpp"

// What the tests of server and client share.
// tidy-allow-file(third_party_include): seen by the tests of this folder only.
namespace emporion::http {

/// A body of `parts` parts of `bytes` bytes each; breaks off before the part `broken_at`, if that is not negative.
class CountedBody final : public BodySource {
 public:
  CountedBody(std::atomic<int>& made, int parts, std::size_t bytes, int broken_at = -1) : made_(made), parts_(parts), bytes_(bytes), broken_at_(broken_at) {}
  Task<Result<std::string>> next() override {
    if (made_ == broken_at_) co_return fail(ErrorKind::unavailable, "BROKEN_OFF", "the store went away");
    if (made_ == parts_) co_return std::string();
    ++made_;
    co_return std::string(bytes_, static_cast<char>('a' + made_ % 26));
  }

 private:
  std::atomic<int>& made_;
  int parts_;
  std::size_t bytes_;
  int broken_at_;
};

/// Answers what it was asked, so a test sees what arrived.
class EchoingApplication final : public Application {
 public:
  explicit EchoingApplication(Runtime& runtime) : runtime_(runtime) {}
  std::size_t body_limit(const Request& head) const override { return head.path == "/upload" ? 4'000'000 : 1'000; }
  Task<Response> handle(Request request) override {
    ++handled;
    if (request.path == "/large") co_return Response{.content_type = "text/plain", .body = std::string(3'000'000, 'x')};
    if (request.path == "/parts") co_return Response{.content_type = "text/csv", .body = "head;", .rest = std::make_shared<CountedBody>(parts_made, 3, 4)};
    if (request.path == "/broken") co_return Response{.content_type = "text/csv", .body = "head;", .rest = std::make_shared<CountedBody>(parts_made, 3, 4, 2)};
    if (request.path == "/endless") co_return Response{.content_type = "text/csv", .rest = std::make_shared<CountedBody>(parts_made, 4'000, 65'536)};
    if (request.path == "/moved") co_return Response{.status = 302, .headers = {{"Location", "/large"}}};
    if (request.path == "/nothing") co_return Response{.status = 204};
    if (request.path == "/slow") co_await runtime_.sleep_for(milliseconds(300));
    if (request.path == "/upload") co_return Response{.content_type = "text/plain", .body = text("took ", request.body.size())};
    Response response{.content_type = "text/plain", .body = text(to_string(request.method), " ", request.path, " ", request.body)};
    response.headers.push_back({"X-Peer", request.peer_address});
    co_return response;
  }
  Response refuse(const Error& error) override { return problem(error, Uuid(), ""); }
  std::atomic<int> handled = 0;
  std::atomic<int> parts_made = 0;

 private:
  Runtime& runtime_;
};

/// A server on its own io thread, on a free port.
class AServer {
 public:
  explicit AServer(ServerLimits limits = {}) : application(runtime_), server_(std::make_unique<Server>(runtime_, application, limits)) {
    std::promise<void> listening;
    runtime_.post([&] {
      const auto result = server_->listen("127.0.0.1", 0);
      EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().to_string());
      listening.set_value();
    });
    thread_ = std::thread([this] { runtime_.run(); });
    listening.get_future().wait();
  }
  ~AServer() { close(seconds(5)); }

  std::uint16_t port() const { return server_->port(); }
  /// Returns once all connections have ended.
  void close(milliseconds patience) {
    if (!thread_.joinable()) return;
    begin_close(patience);
    thread_.join();
  }
  void begin_close(milliseconds patience) {
    if (std::exchange(closing_, true)) return;
    runtime_.post([this, patience] {
      start_detached([](AServer& self, milliseconds time) -> Task<void> {
        co_await self.server_->close(time);
        self.runtime_.stop();
      }(*this, patience));
    });
  }

 private:
  Runtime runtime_;

 public:
  EchoingApplication application;

 private:
  std::unique_ptr<Server> server_;
  std::thread thread_;
  bool closing_ = false;
};

/// A client that sends exactly the bytes of the test.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False if the server has hung up.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  /// What has come once `end` is in it, or the server closed, or `patience` is over.
  std::string receive_until(std::string_view end, milliseconds patience = seconds(10)) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::string out;
    char buffer[65536];
    while (end.empty() || out.find(end) == std::string::npos) {
      const auto left = std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
      pollfd poll_for{.fd = socket_, .events = POLLIN, .revents = 0};
      if (left <= 0 || ::poll(&poll_for, 1, static_cast<int>(left)) <= 0) return out + "<TIMEOUT>";
      const auto count = ::recv(socket_, buffer, sizeof buffer, 0);
      if (count < 0) return out + "<RESET>";
      if (count == 0) return out + "<CLOSED>";
      out.append(buffer, static_cast<std::size_t>(count));
    }
    return out;
  }
  std::string receive_all() { return receive_until({}); }
  /// Takes that many bytes and looks at none; false if the server closed before.
  bool skip(std::size_t bytes) {
    char buffer[65536];
    while (bytes > 0) {
      const auto count = ::recv(socket_, buffer, std::min(bytes, sizeof buffer), 0);
      if (count <= 0) return false;
      bytes -= static_cast<std::size_t>(count);
    }
    return true;
  }
  void pause(milliseconds span) { (void)::poll(nullptr, 0, static_cast<int>(span.count())); }  // Time on the wire is what is tested.

 private:
  int socket_;
};

}  // namespace emporion::http
