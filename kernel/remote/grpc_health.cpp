#include "kernel/remote/grpc_health.hpp"

#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>

#include <optional>

#include "kernel/remote/grpc_bytes.hpp"
#include "kernel/wire/reader.hpp"

namespace emporion::remote {
namespace {

namespace internal = grpc::internal;

// HealthCheckRequest { string service = 1; }; nothing if that does not read.
std::optional<std::string> service_of(const grpc::ByteBuffer& request) {
  std::string bytes;
  std::string service;
  if (!from_buffer(request, bytes)) return std::nullopt;
  wire::Reader reader(bytes);
  while (reader.next()) {
    if (reader.number() == 1) reader.read(service);
  }
  if (reader.problem() != nullptr) return std::nullopt;
  return service;
}

grpc::Status unreadable() { return {grpc::StatusCode::INVALID_ARGUMENT, "no HealthCheckRequest"}; }

}  // namespace

/// One who hears of every change. All members are touched under the service's mutex.
class HealthService::Watcher final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  Watcher(HealthService& service, std::optional<std::string> name) : service_(service), name_(std::move(name)) {
    const std::lock_guard lock(service_.mutex_);
    service_.watchers_.insert(this);
    if (!name_) {
      finish(unreadable());
    } else if (service_.closed_) {
      finish(grpc::Status::CANCELLED);
    } else {
      tell();
    }
  }

  /// Writes the state if it is another than the one written last; while a write is under way, afterwards.
  void tell() {
    const Serving state = service_.state_of(*name_);
    if (finished_ || writing_ || state == told_) return;
    told_ = state;
    writing_ = true;
    message_ = to_buffer({'\x08', static_cast<char>(state)});  // HealthCheckResponse { ServingStatus status = 1; }
    StartWrite(&message_);
  }
  void finish(grpc::Status status) {
    if (std::exchange(finished_, true)) return;
    Finish(std::move(status));
  }

  void OnWriteDone(bool written) override {
    const std::lock_guard lock(service_.mutex_);
    writing_ = false;
    written ? tell() : finish(grpc::Status::CANCELLED);
  }
  void OnCancel() override {
    const std::lock_guard lock(service_.mutex_);
    finish(grpc::Status::CANCELLED);
  }
  void OnDone() override {
    {
      const std::lock_guard lock(service_.mutex_);
      service_.watchers_.erase(this);
    }
    delete this;
  }

 private:
  HealthService& service_;
  const std::optional<std::string> name_;
  std::optional<Serving> told_;
  grpc::ByteBuffer message_;
  bool writing_ = false;
  bool finished_ = false;
};

HealthService::HealthService(std::set<std::string, std::less<>> names) : names_(std::move(names)) {
  AddMethod(new internal::RpcServiceMethod("/grpc.health.v1.Health/Check", internal::RpcMethod::NORMAL_RPC, nullptr));
  MarkMethodRawCallback(0, new internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                               [this](grpc::CallbackServerContext* context, const grpc::ByteBuffer* request, grpc::ByteBuffer* answer) {
                                 return check(*context, *request, *answer);
                               }));
  AddMethod(new internal::RpcServiceMethod("/grpc.health.v1.Health/Watch", internal::RpcMethod::SERVER_STREAMING, nullptr));
  MarkMethodRawCallback(1, new internal::CallbackServerStreamingHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                               [this](grpc::CallbackServerContext*, const grpc::ByteBuffer* request) { return watch(*request); }));
}

grpc::ServerUnaryReactor* HealthService::check(grpc::CallbackServerContext& context, const grpc::ByteBuffer& request, grpc::ByteBuffer& answer) {
  grpc::ServerUnaryReactor* const reactor = context.DefaultReactor();
  const auto name = service_of(request);
  if (!name) {
    reactor->Finish(unreadable());
    return reactor;
  }
  const std::lock_guard lock(mutex_);
  const Serving state = state_of(*name);
  if (state == Serving::unknown_service) {
    reactor->Finish({grpc::StatusCode::NOT_FOUND, "no such service"});
    return reactor;
  }
  answer = to_buffer({'\x08', static_cast<char>(state)});
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* HealthService::watch(const grpc::ByteBuffer& request) { return new Watcher(*this, service_of(request)); }

HealthService::Serving HealthService::state_of(std::string_view name) const {
  if (!name.empty() && !names_.contains(name)) return Serving::unknown_service;
  return ready_ && !closed_ ? Serving::yes : Serving::no;
}

void HealthService::set_ready(bool ready) {
  const std::lock_guard lock(mutex_);
  ready_ = ready;
  for (auto* watcher : watchers_) watcher->tell();
}

void HealthService::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (auto* watcher : watchers_) watcher->finish({grpc::StatusCode::UNAVAILABLE, "the process is going away"});
}

}  // namespace emporion::remote
