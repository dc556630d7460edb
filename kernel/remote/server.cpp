#include "kernel/remote/server.hpp"

#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/remote/grpc_bytes.hpp"
#include "kernel/remote/grpc_credentials.hpp"
#include "kernel/remote/grpc_health.hpp"
#include "kernel/remote/grpc_process.hpp"
#include "kernel/remote/grpc_server_call.hpp"
#include "kernel/rpc/call_span.hpp"

namespace emporion::remote {
namespace {

using Unary = grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>;
using Arrive = std::function<grpc::ServerUnaryReactor*(grpc::CallbackServerContext*, const grpc::ByteBuffer*, grpc::ByteBuffer*)>;

/// One service, with its methods named at run time as generated code of the raw callback API does it; so reflection lists it.
class NamedService final : public grpc::Service {
 public:
  /// `path` outlives the service.
  void add(const char* path, Arrive arrive) {
    AddMethod(new grpc::internal::RpcServiceMethod(path, grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
    MarkMethodRawCallback(methods_++, new Unary(std::move(arrive)));
  }

 private:
  int methods_ = 0;
};

/// "emporion.order.v1.OrderApi" of "/emporion.order.v1.OrderApi/GetOrder".
std::string service_of(const std::string& path) {
  EMP_ASSERT(path.starts_with('/') && path.rfind('/') > 1);
  return path.substr(1, path.rfind('/') - 1);
}

std::set<std::string, std::less<>> services_of(const Services& services) {
  std::set<std::string, std::less<>> out;
  for (const auto& [path, method] : services.methods()) out.insert(service_of(path));
  return out;
}

int longest_request(const Services& services) {
  std::size_t out = 0;
  for (const auto& [path, method] : services.methods()) out = std::max(out, request_bytes_max(method.operation->body_max_bytes));
  return static_cast<int>(out) + 1;  // One over, so that our own check refuses what only just exceeds it, with a reason that names the limit.
}

void add_settings(grpc::ServerBuilder& builder) {
  // Else a second process would share the port and get every other call.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, metadata_bytes_max);
  // A peer that is silent for 10 s is gone; and callers may ask us as often.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10'000);
  // Who called a name is to find what it leads to by now: a connection ends after that long, calls that run on it not before they are done, long polls
  // included.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 300'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 60'000);
  // Reflection is the one service with threads of its own.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
}

}  // namespace

struct Server::Impl {
  Runtime& runtime;
  const Services& services;
  const ServerOptions options;
  HealthService health;
  std::map<std::string, NamedService> grpc_services;
  Scope running;
  int port = 0;
  std::unique_ptr<grpc::Server> server;  // Last: it goes before what it calls.

  // On a thread of gRPC: reads what came, and hands it to the thread that modules run on.
  grpc::ServerUnaryReactor* arrive(const Services::Method& method, ServerCall& call) {
    runtime.post([this, &method, &call] { running.spawn(answer(method, call)); });
    return &call;
  }

  Task<void> answer(const Services::Method& method, ServerCall& call) {
    auto context = call.take_context();
    if (!context) co_return call.finish(fail(std::move(context).error()));
    if (call.is_cancelled()) co_return call.finish(fail(ErrorKind::deadline_exceeded, "DEADLINE_EXCEEDED", "the caller left before the call began"));
    // From here it runs to its end, whether or not the caller still waits: it may have changed something. What reads is told by its context.
    const rpc::CallSpan span(*method.operation, "grpc", call.parent());
    auto result = co_await method.handler(std::move(*context), call.take_request());
    span.ended(result ? nullptr : &result.error());
    call.finish(std::move(result));
  }
};

Server::Server(Runtime& runtime, const Services& services, ServerOptions options)
    : impl_(new Impl{.runtime = runtime, .services = services, .options = std::move(options), .health = HealthService(services_of(services))}) {
  prepare_grpc();
  register_descriptors(impl_->options.descriptors);
  for (const auto& [path, method] : services.methods()) {
    impl_->grpc_services[service_of(path)].add(
        path.c_str(), [impl = impl_.get(), &method](grpc::CallbackServerContext* context, const grpc::ByteBuffer* request, grpc::ByteBuffer* answer) {
          return impl->arrive(method, *new ServerCall(impl->runtime, *method.operation, *context, *request, *answer, impl->options.credentials.has_value()));
        });
  }
}

Server::~Server() { EMP_ASSERT(impl_->server == nullptr); }

Result<> Server::listen() {
  EMP_ASSERT(impl_->server == nullptr);
  if (impl_->options.credentials) EMP_TRY(check(*impl_->options.credentials));
  grpc::ServerBuilder builder;
  add_settings(builder);
  builder.SetMaxReceiveMessageSize(longest_request(impl_->services));
  builder.SetMaxSendMessageSize(answer_bytes_max);
  builder.AddListeningPort(impl_->options.address, server_credentials(impl_->options.credentials), &impl_->port);
  builder.RegisterService(&impl_->health);
  for (auto& [name, service] : impl_->grpc_services) builder.RegisterService(&service);
  impl_->server = builder.BuildAndStart();
  if (impl_->server == nullptr) {
    return fail(ErrorKind::unavailable, "ADDRESS_IN_USE",
                text("cannot listen at ", impl_->options.address, "; another process does, or it is not of this machine"));
  }
  return {};
}

int Server::port() const noexcept { return impl_->port; }

void Server::set_ready(bool ready) { impl_->health.set_ready(ready); }

Task<void> Server::close(microseconds grace) {
  if (impl_->server == nullptr) co_return;
  impl_->health.close();
  // Shutdown waits for the handlers, which need this thread.
  OneShot<bool> is_shut;
  std::thread waiting([this, &is_shut, deadline = std::chrono::system_clock::now() + grace] {
    impl_->server->Shutdown(deadline);
    impl_->runtime.post([&is_shut] { is_shut.set(true); });
  });
  (void)co_await is_shut;
  waiting.join();
  co_await impl_->running.join();
  impl_->server.reset();
}

}  // namespace emporion::remote
