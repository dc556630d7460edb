#include "kernel/remote/grpc_server_call.hpp"

#include <grpcpp/security/auth_context.h>

#include <algorithm>

#include "kernel/base/text.hpp"
#include "kernel/remote/call_metadata.hpp"
#include "kernel/remote/grpc_bytes.hpp"
#include "kernel/remote/grpc_status.hpp"
#include "kernel/remote/identity.hpp"

namespace emporion::remote {
namespace {

std::vector<std::string> modules_of(const grpc::CallbackServerContext& context) {
  std::vector<std::string> names;
  for (const auto& name : context.auth_context()->FindPropertyValues("peer_dns")) names.emplace_back(name.data(), name.size());
  return modules_of_peer(names);
}

ArrivedMetadata metadata_that_came(const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  return read_metadata([&](std::string_view name) -> std::optional<std::string> {
    const auto found = metadata.find(grpc::string_ref(name.data(), name.size()));
    if (found == metadata.end()) return std::nullopt;
    return std::string(found->second.data(), found->second.size());
  });
}

// gRPC sends how long the caller waits and counts it from the arrival, so the clocks of the two need not agree.
UtcTime deadline_of(const grpc::CallbackServerContext& context, UtcTime now, milliseconds longest) {
  const auto came = std::chrono::duration_cast<microseconds>(context.deadline().time_since_epoch());
  return std::min(UtcTime::from_micros(came.count()), now + longest);
}

}  // namespace

ServerCall::ServerCall(Runtime& runtime, const rpc::Operation& operation, grpc::CallbackServerContext& context, const grpc::ByteBuffer& request,
                       grpc::ByteBuffer& answer, bool with_certificates)
    : runtime_(runtime),
      operation_(operation),
      context_(context),
      answer_(answer),
      cancellation_(operation.idempotent ? nullptr : std::make_shared<Cancellation>()),
      arrived_(read(request, with_certificates)) {}

Result<CallContext> ServerCall::read(const grpc::ByteBuffer& request, bool with_certificates) {
  const std::size_t bytes_max = request_bytes_max(operation_.body_max_bytes);
  if (request.Length() > bytes_max) {
    return fail(ErrorKind::payload_too_large, "PAYLOAD_TOO_LARGE",
                text("a request for ", operation_.module, ".", operation_.name, " has at most ", bytes_max, " bytes"));
  }
  auto came = metadata_that_came(context_);
  EMP_ASSIGN(auto principal, who_acts(came.principal, with_certificates ? std::optional(modules_of(context_)) : std::nullopt));
  if (!from_buffer(request, request_)) return fail(ErrorKind::invalid_argument, "REQUEST_UNREADABLE", "the bytes of the request do not read");
  const UtcTime now = SystemClock().now();
  if (came.parent) {
    parent_ = *came.parent;
  } else {
    SystemRandom random;
    parent_.trace = Uuid::v7(now, random);
  }
  CallContext out(deadline_of(context_, now, milliseconds(operation_.deadline_ms)), parent_.trace, std::move(principal));
  out.idempotency_key = std::move(came.idempotency_key);
  out.client = std::move(came.client);
  out.cancellation = cancellation_;
  return out;
}

void ServerCall::OnCancel() {
  if (cancellation_) runtime_.post([cancellation = cancellation_] { cancellation->set(); });
}

void ServerCall::finish(Result<std::string> answer) {
  if (answer && answer->size() > answer_bytes_max) {
    answer = fail(ErrorKind::internal, "ANSWER_TOO_LARGE",
                  text("the answer of ", operation_.module, ".", operation_.name, " has ", answer->size(), " bytes, over ", answer_bytes_max));
  }
  if (!answer) {
    context_.AddTrailingMetadata(error_key, error_json(answer.error()));
    return Finish(status_of(answer.error()));
  }
  answer_ = to_buffer(*answer);
  Finish(grpc::Status::OK);
}

}  // namespace emporion::remote
