#include "kernel/remote/client.hpp"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <set>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/remote/call_metadata.hpp"
#include "kernel/remote/client_metrics.hpp"
#include "kernel/remote/grpc_bytes.hpp"
#include "kernel/remote/grpc_credentials.hpp"
#include "kernel/remote/grpc_process.hpp"
#include "kernel/remote/grpc_replicas.hpp"
#include "kernel/remote/grpc_status.hpp"
#include "kernel/remote/retry_budget.hpp"
#include "kernel/rpc/breaker.hpp"
#include "kernel/rpc/call_span.hpp"
#include "kernel/rpc/cancellation.hpp"

namespace emporion::remote {
namespace {

constexpr int tries_max = 3;
constexpr milliseconds pause_first{50};
constexpr hours wait_max{24};  // No call waits longer; a deadline that never comes would not fit gRPC's clock.
constexpr std::string_view health_path = "/grpc.health.v1.Health/Check";
constexpr std::string_view serving = "\x08\x01";  // HealthCheckResponse { status: SERVING }

UtcTime utc_now() { return SystemClock().now(); }
Instant steady_now() { return std::chrono::steady_clock::now(); }

/// What one attempt heard.
struct Heard {
  grpc::Status status;
  std::string bytes;
  std::optional<std::string> error_json;

  /// Of the way, not of the callee: what the callee itself refuses comes with the error.
  bool is_unreachable() const { return status.error_code() == grpc::StatusCode::UNAVAILABLE && !error_json; }
  /// Whether anybody was there is not known.
  bool is_unknown() const {
    return !error_json && (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED || status.error_code() == grpc::StatusCode::CANCELLED);
  }
};

/// What is sent, the same at each try.
struct Sending {
  std::string path;
  Metadata metadata;
  UtcTime deadline;
  grpc::ByteBuffer request;
  std::shared_ptr<Cancellation> cancellation = nullptr;
};

class GrpcClient final : public Client {
 public:
  GrpcClient(Runtime& runtime, ClientOptions options)
      : runtime_(runtime),
        options_(std::move(options)),
        replicas_(options_),
        breaker_(random_),
        metrics_(options_.counted_as.empty() ? options_.module : options_.counted_as) {}
  ~GrpcClient() override { EMP_ASSERT(running_ == 0); }

  Task<Result<std::string>> call(const rpc::Operation& operation, std::string_view path, CallContext context, std::string request) override;
  Task<Result<>> wait_until_serving(UtcTime deadline) override;
  Task<void> close() override;

 private:
  /// Counts a call that `close` has to wait for.
  class Running {
   public:
    explicit Running(GrpcClient& client) : client_(client) { ++client_.running_; }
    ~Running() {
      // Once: a call that comes after the closing is refused, and counts for that moment, too.
      if (--client_.running_ == 0 && client_.closed_ && !client_.idle_.is_set()) client_.idle_.set(true);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    GrpcClient& client_;
  };

  Result<> admit(const rpc::Operation& operation, const CallContext& context, std::size_t request_bytes);
  Task<Result<std::string>> send(const Sending& sending);
  Task<Heard> attempt(Replica& replica, const Sending& sending);
  bool may_try_again(int tries, const Sending& sending, milliseconds pause);
  milliseconds jittered(milliseconds longest) { return milliseconds(random_.below(static_cast<std::uint64_t>(longest.count()) + 1)); }
  Error unreachable(std::string_view why) const { return {ErrorKind::unavailable, "CALLEE_UNREACHABLE", text(options_.module, " cannot be reached: ", why)}; }

  Runtime& runtime_;
  const ClientOptions options_;
  SystemRandom random_;
  Replicas replicas_;
  Breaker breaker_;
  RetryBudget budget_;
  ClientMetrics metrics_;
  std::set<grpc::ClientContext*> under_way_;
  int running_ = 0;
  bool closed_ = false;
  OneShot<bool> idle_;
};

Task<Result<std::string>> GrpcClient::call(const rpc::Operation& operation, std::string_view path, CallContext context, std::string request) {
  EMP_ASSERT(runtime_.on_io_thread());
  const Running running(*this);
  const Instant began = steady_now();
  const rpc::CallSpan span(operation, "grpc");
  Result<std::string> result;
  if (const auto admitted = admit(operation, context, request.size())) {
    result = co_await send({.path = std::string(path),
                            .metadata = metadata_of(context, random_),
                            .deadline = context.deadline,
                            .request = to_buffer(request),
                            .cancellation = context.cancellation});
  } else {
    result = fail(admitted.error());
  }
  span.ended(result ? nullptr : &result.error());
  metrics_.call_ended(result ? nullptr : &result.error(), std::chrono::duration_cast<microseconds>(steady_now() - began), breaker_.state());
  co_return result;
}

Result<> GrpcClient::admit(const rpc::Operation& operation, const CallContext& context, std::size_t request_bytes) {
  const std::size_t bytes_max = request_bytes_max(operation.body_max_bytes);
  if (request_bytes > bytes_max) {
    return fail(ErrorKind::payload_too_large, "PAYLOAD_TOO_LARGE",
                text("a request for ", operation.module, ".", operation.name, " has at most ", bytes_max, " bytes, not ", request_bytes));
  }
  if (utc_now() >= context.deadline) return fail(ErrorKind::deadline_exceeded, "DEADLINE_EXCEEDED", "the time for this call ran out before it began");
  if (is_cancelled(context.cancellation)) return fail(Cancellation::error());
  if (closed_) return fail(unreachable("this process is going away"));
  if (breaker_.state() == Breaker::State::open && replicas_.look()) breaker_.connected();
  if (!breaker_.admit(steady_now())) {
    return fail(ErrorKind::unavailable, "CALLEE_BUSY", text(options_.module, " could not be reached lately; ask again in some seconds"));
  }
  budget_.call_begins(steady_now());
  return {};
}

Task<Result<std::string>> GrpcClient::send(const Sending& sending) {
  std::set<const Replica*> tried;
  for (int tries = 1;; ++tries) {
    Replica& replica = replicas_.next(tried);
    auto heard = co_await attempt(replica, sending);
    if (heard.is_unreachable()) {
      const milliseconds pause = jittered(pause_first * (1 << (tries - 1)));
      if (may_try_again(tries, sending, pause)) {
        metrics_.retried();
        tried.insert(&replica);
        co_await runtime_.sleep_for(pause);
        continue;
      }
      replicas_.look();
      breaker_.failed(steady_now());
    } else if (heard.is_unknown()) {
      breaker_.ended();
    } else {
      breaker_.reached(steady_now());
    }
    if (heard.status.ok()) co_return std::move(heard.bytes);
    if (is_cancelled(sending.cancellation) && !heard.error_json) co_return fail(Cancellation::error());
    co_return fail(error_of(heard.status, heard.error_json, options_.module));
  }
}

bool GrpcClient::may_try_again(int tries, const Sending& sending, milliseconds pause) {
  return tries < tries_max && !closed_ && !is_cancelled(sending.cancellation) && utc_now() + pause < sending.deadline && budget_.take(steady_now());
}

Task<Heard> GrpcClient::attempt(Replica& replica, const Sending& sending) {
  grpc::ClientContext context;
  for (const auto& [name, value] : sending.metadata) context.AddMetadata(name, value);
  const UtcTime deadline = std::min(sending.deadline, utc_now() + wait_max);
  context.set_deadline(std::chrono::system_clock::time_point(microseconds(deadline.micros_since_epoch())));
  grpc::ByteBuffer answer;
  OneShot<grpc::Status> ended;
  under_way_.insert(&context);
  replica.stub.UnaryCall(&context, sending.path, grpc::StubOptions(), &sending.request, &answer, [this, &ended](grpc::Status status) {
    runtime_.post([&ended, status = std::move(status)]() mutable { ended.set(std::move(status)); });
  });
  const Cancellation::Listener given_up(sending.cancellation, [&context] { context.TryCancel(); });
  Heard out{.status = co_await ended};
  under_way_.erase(&context);
  const auto& trailing = context.GetServerTrailingMetadata();
  if (const auto error = trailing.find(error_key); error != trailing.end()) out.error_json.emplace(error->second.data(), error->second.size());
  if (out.status.ok() && !from_buffer(answer, out.bytes)) out.status = {grpc::StatusCode::INTERNAL, "the bytes of the answer do not read"};
  co_return out;
}

Task<Result<>> GrpcClient::wait_until_serving(UtcTime deadline) {
  EMP_ASSERT(runtime_.on_io_thread());
  const Running running(*this);
  if (options_.credentials) EMP_CO_TRY(check(*options_.credentials));
  std::string last;
  for (milliseconds pause(20);; pause = std::min(pause * 2, milliseconds(500))) {
    for (auto& replica : replicas_.all()) {
      if (closed_) co_return fail(unreachable("this process is going away"));
      const auto heard =
          co_await attempt(replica, {.path = std::string(health_path), .deadline = std::min(deadline, utc_now() + seconds(2)), .request = to_buffer("")});
      if (heard.status.ok() && heard.bytes == serving) co_return Result<>();
      last = text(replica.address, heard.status.ok() ? " does not serve yet" : " says: ", heard.status.error_message());
    }
    if (utc_now() + pause >= deadline) co_return fail(unreachable(last));
    co_await runtime_.sleep_for(pause / 2 + jittered(pause / 2));
  }
}

Task<void> GrpcClient::close() {
  EMP_ASSERT(!closed_);
  closed_ = true;
  for (auto* context : under_way_) context->TryCancel();
  if (running_ > 0) (void)co_await idle_;
  co_await runtime_.yield();  // The last call is still on the stack.
}

}  // namespace

std::shared_ptr<Client> connect(Runtime& runtime, ClientOptions options) {
  EMP_ASSERT(!options.addresses.empty());
  prepare_grpc();
  return std::make_shared<GrpcClient>(runtime, std::move(options));
}

}  // namespace emporion::remote
