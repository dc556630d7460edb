#include "kernel/remote/grpc_status.hpp"

#include "kernel/base/text.hpp"
#include "kernel/rpc/error_codec.hpp"
#include "kernel/rpc/status.hpp"

namespace emporion::remote {
namespace {

constexpr std::size_t message_bytes_max = 1024;  // As percent-encoded text it may get three times as long.
constexpr std::size_t detail_bytes_max = 4 << 10;
constexpr std::size_t error_json_bytes_max = 32 << 10;  // Of metadata_bytes_max, which counts all names and values.

}  // namespace

grpc::Status status_of(const Error& error) {
  return {static_cast<grpc::StatusCode>(rpc::grpc_code(error.kind())), error.detail().substr(0, message_bytes_max)};
}

std::string error_json(const Error& error) {
  auto whole = rpc::to_json(error);
  if (whole.size() <= error_json_bytes_max) return whole;
  return rpc::to_json(Error(error.kind(), error.reason(), error.detail().substr(0, detail_bytes_max)));
}

Error error_of(const grpc::Status& status, const std::optional<std::string>& json, std::string_view module) {
  if (json) return rpc::error_from_json(*json);
  const std::string& said = status.error_message();
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE: return {ErrorKind::unavailable, "CALLEE_UNREACHABLE", text(module, " cannot be reached: ", said)};
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
      return {ErrorKind::deadline_exceeded, "DEADLINE_EXCEEDED", text(module, " did not answer in time; ask again with the same key: ", said)};
    case grpc::StatusCode::UNIMPLEMENTED:
      return {ErrorKind::unimplemented, "CALLEE_UNIMPLEMENTED",
              text("what answers for ", module, " does not offer this operation; check the placement: ", said)};
    case grpc::StatusCode::RESOURCE_EXHAUSTED: return {ErrorKind::resource_exhausted, "CALLEE_EXHAUSTED", text(module, " took no more: ", said)};
    default: return {ErrorKind::internal, "CALLEE_FAILED", text(module, " failed with gRPC code ", static_cast<int>(status.error_code()), ": ", said)};
  }
}

}  // namespace emporion::remote
