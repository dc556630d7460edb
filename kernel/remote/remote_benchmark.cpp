#include <benchmark/benchmark.h>

#include "kernel/remote/client.hpp"
#include "kernel/remote/server.hpp"

namespace emporion::remote {
namespace {

constexpr rpc::Operation echo_operation{.module = "sample", .name = "echo"};
constexpr std::string_view echo_path = "/emporion.sample.v1.SampleApi/Echo";

Task<Result<std::string>> echo(CallContext, std::string request) { co_return request; }

Task<bool> then_true(Task<void> task) {
  co_await std::move(task);
  co_return true;
}

/// Both ends on one thread: what is measured is what a call costs both processes together, and their threads of gRPC.
class BothEnds {
 public:
  BothEnds() {
    services_.add(std::string(echo_path), echo_operation, echo);
    server_.emplace(runtime_, services_, ServerOptions{.address = "127.0.0.1:0"});
    if (!server_->listen()) std::abort();
    client_ = connect(runtime_, {.module = "sample", .addresses = {"127.0.0.1:" + std::to_string(server_->port())}});
    call(1);
  }
  ~BothEnds() {
    (void)run_until_done(runtime_, then_true(client_->close()));
    (void)run_until_done(runtime_, then_true(server_->close(seconds(1))));
  }
  void call(std::int64_t side_by_side) {
    std::vector<Task<Result<std::string>>> calls;
    const CallContext context(SystemClock().now() + seconds(10), Uuid::from_name("trace"), Principal::of_service("order"));
    for (std::int64_t i = 0; i < side_by_side; ++i) calls.push_back(client_->call(echo_operation, echo_path, context, request_));
    for (const auto& answer : run_until_done(runtime_, when_all(std::move(calls)))) {
      if (!answer) std::abort();
    }
  }

 private:
  Runtime runtime_;
  Services services_;
  const std::string request_ = std::string(800, 'x');  // An order of three lines.
  std::optional<Server> server_;
  std::shared_ptr<Client> client_;
};

void calls(benchmark::State& state) {
  BothEnds ends;
  for (auto _ : state) ends.call(state.range(0));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(calls)->Arg(1)->Arg(16)->Arg(64)->UseRealTime()->MeasureProcessCPUTime();

}  // namespace
}  // namespace emporion::remote
