#pragma once

#include <grpcpp/impl/service_type.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <mutex>
#include <set>
#include <string>

// tidy-allow-file(third_party_include): seen by this folder's .cpp files only.
namespace emporion::remote {

/// grpc.health.v1 over the services of this process, which are ready together. gRPC's own says that it serves from the moment it listens until it is told
/// otherwise, so a caller could hear so too early. Callable from any thread. Source: https://github.com/grpc/grpc/blob/master/doc/health-checking.md.
class HealthService final : public grpc::Service {
 public:
  /// `names` are those of the services; the empty name is the whole.
  explicit HealthService(std::set<std::string, std::less<>> names);
  void set_ready(bool ready);
  /// Says NOT_SERVING from here, and ends all who watch.
  void close();

 private:
  class Watcher;
  enum class Serving : char { yes = 1, no = 2, unknown_service = 3 };

  grpc::ServerUnaryReactor* check(grpc::CallbackServerContext& context, const grpc::ByteBuffer& request, grpc::ByteBuffer& answer);
  grpc::ServerWriteReactor<grpc::ByteBuffer>* watch(const grpc::ByteBuffer& request);
  Serving state_of(std::string_view name) const;

  const std::set<std::string, std::less<>> names_;
  std::mutex mutex_;
  std::set<Watcher*> watchers_;
  bool ready_ = false;
  bool closed_ = false;
};

}  // namespace emporion::remote
