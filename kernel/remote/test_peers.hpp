#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/base/text.hpp"
#include "kernel/remote/client.hpp"
#include "kernel/remote/server.hpp"
#include "kernel/testing/eventually.hpp"

// What the tests of both ends share.
// tidy-allow-file(third_party_include): seen by the tests of this folder only.
namespace emporion::remote {

inline constexpr rpc::Operation echo_operation{.module = "sample", .name = "echo", .deadline_ms = 5'000, .body_max_bytes = 4u << 20};
inline constexpr std::string_view echo_path = "/emporion.sample.v1.SampleApi/Echo";
inline constexpr rpc::Operation change_operation{.module = "sample", .name = "change", .idempotent = true, .deadline_ms = 5'000};
inline constexpr std::string_view change_path = "/emporion.sample.v1.SampleApi/Change";

inline Task<bool> then_true(Task<void> task) {
  co_await std::move(task);
  co_return true;
}
inline void run(Runtime& runtime, Task<void> task) { (void)run_until_done(runtime, then_true(std::move(task))); }
template <typename T>
T run(Runtime& runtime, Task<T> task) {
  return run_until_done(runtime, std::move(task));
}

inline CallContext guest_context(milliseconds patience = seconds(5)) { return {SystemClock().now() + patience, Uuid::from_name("trace"), Principal::guest()}; }

/// A process with one module, `sample`, that does what the test says and remembers who called.
class Peer {
 public:
  explicit Peer(Runtime& runtime, std::optional<Credentials> credentials = {}, int port = 0, std::span<const std::string_view> descriptors = {})
      : runtime_(runtime) {
    const auto handler = [this](CallContext context, std::string request) { return handle(std::move(context), std::move(request)); };
    services_.add(std::string(echo_path), echo_operation, handler);
    services_.add(std::string(change_path), change_operation, handler);
    server_ = std::make_unique<Server>(runtime_, services_,
                                       ServerOptions{.address = text("127.0.0.1:", port), .credentials = std::move(credentials), .descriptors = descriptors});
    const auto listening = server_->listen();
    EXPECT_TRUE(listening) << listening.error().to_string();
  }
  ~Peer() { run(runtime_, close()); }

  std::string address() const { return text("127.0.0.1:", server_->port()); }
  int port() const { return server_->port(); }
  Server& server() { return *server_; }
  /// A repeat does nothing.
  Task<void> close(microseconds grace = seconds(2)) { return server_->close(grace); }

  std::optional<CallContext> last;  ///< Of the last call.
  int calls = 0;
  int finished = 0;
  milliseconds takes{0};
  std::optional<Error> refuses;
  std::optional<std::string> answers;  ///< Else what was sent.

 private:
  Task<Result<std::string>> handle(CallContext context, std::string request) {
    EXPECT_TRUE(runtime_.on_io_thread());
    last = context;
    ++calls;
    if (takes > milliseconds(0)) co_await runtime_.sleep_for(takes);
    ++finished;
    if (refuses) co_return fail(*refuses);
    co_return answers ? *answers : std::move(request);
  }

  Runtime& runtime_;
  Services services_;
  std::unique_ptr<Server> server_;
};

/// One who calls `sample`.
class Caller {
 public:
  Caller(Runtime& runtime, std::vector<std::string> addresses, std::optional<Credentials> credentials = {}, std::string module = "sample")
      : runtime_(runtime), client_(connect(runtime, {.module = std::move(module), .addresses = std::move(addresses), .credentials = std::move(credentials)})) {}
  ~Caller() {
    if (!closed_) run(runtime_, close());
  }

  Task<Result<std::string>> begin(CallContext context = guest_context(), std::string request = "hello") {
    return client_->call(echo_operation, echo_path, std::move(context), std::move(request));
  }
  Result<std::string> call(CallContext context = guest_context(), std::string request = "hello") {
    return run(runtime_, begin(std::move(context), std::move(request)));
  }
  /// The reason of the refusal, or "ok".
  std::string reason(CallContext context = guest_context()) {
    const auto answer = call(std::move(context));
    return answer ? "ok" : answer.error().reason();
  }
  Client& client() { return *client_; }
  Task<void> close() {
    closed_ = true;
    return client_->close();
  }

 private:
  Runtime& runtime_;
  std::shared_ptr<Client> client_;
  bool closed_ = false;
};

}  // namespace emporion::remote
