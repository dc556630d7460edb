#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <optional>
#include <string>

#include "kernel/async/runtime.hpp"
#include "kernel/base/result.hpp"
#include "kernel/rpc/binding.hpp"
#include "kernel/rpc/call_context.hpp"
#include "kernel/rpc/cancellation.hpp"
#include "kernel/trace/parent.hpp"

// tidy-allow-file(third_party_include): seen by this folder's .cpp files only.
namespace emporion::remote {

/// One call that arrived, until it is answered; gRPC deletes it by OnDone. Made on a thread of gRPC, which reads what came; answered once, from any thread.
class ServerCall final : public grpc::ServerUnaryReactor {
 public:
  /// `with_certificates`: the caller is believed as far as its certificate goes, see who_acts.
  ServerCall(Runtime& runtime, const rpc::Operation& operation, grpc::CallbackServerContext& context, const grpc::ByteBuffer& request, grpc::ByteBuffer& answer,
             bool with_certificates);

  /// Nobody waits any more.
  bool is_cancelled() const { return context_.IsCancelled(); }
  /// What came, to be taken once. Errors: those of who_acts, PAYLOAD_TOO_LARGE, REQUEST_UNREADABLE (invalid_argument).
  Result<CallContext> take_context() { return std::move(arrived_); }
  std::string take_request() { return std::move(request_); }
  const trace::Parent& parent() const noexcept { return parent_; }
  /// The call is gone afterwards.
  void finish(Result<std::string> answer);

  void OnCancel() override;
  void OnDone() override { delete this; }

 private:
  Result<CallContext> read(const grpc::ByteBuffer& request, bool with_certificates);

  Runtime& runtime_;
  const rpc::Operation& operation_;
  grpc::CallbackServerContext& context_;
  grpc::ByteBuffer& answer_;
  std::string request_;
  trace::Parent parent_;                              ///< The caller's span.
  const std::shared_ptr<Cancellation> cancellation_;  ///< Null for what has a key, and so may change something.
  Result<CallContext> arrived_;
};

}  // namespace emporion::remote
