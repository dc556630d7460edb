#include "kernel/rpc/status.hpp"

#include <array>

namespace emporion::rpc {
namespace {

struct StatusRow {
  ErrorKind kind;
  int http;
  int grpc;
  std::string_view title;
};

// The one table of statuses. gRPC codes: https://grpc.github.io/grpc/core/md_doc_statuscodes.html; HTTP: RFC 9110 and RFC 6585.
constexpr auto rows = std::to_array<StatusRow>({
    {ErrorKind::invalid_argument, 400, 3, "Bad Request"},
    {ErrorKind::unauthenticated, 401, 16, "Unauthorized"},
    {ErrorKind::payment_refused, 402, 9, "Payment Required"},
    {ErrorKind::permission_denied, 403, 7, "Forbidden"},
    {ErrorKind::not_found, 404, 5, "Not Found"},
    {ErrorKind::method_not_allowed, 405, 12, "Method Not Allowed"},
    {ErrorKind::conflict, 409, 10, "Conflict"},
    {ErrorKind::gone, 410, 5, "Gone"},
    {ErrorKind::precondition_failed, 412, 10, "Precondition Failed"},
    {ErrorKind::payload_too_large, 413, 11, "Content Too Large"},
    {ErrorKind::uri_too_long, 414, 11, "URI Too Long"},
    {ErrorKind::rule_violated, 422, 9, "Unprocessable Content"},
    {ErrorKind::resource_exhausted, 429, 8, "Too Many Requests"},
    {ErrorKind::headers_too_large, 431, 11, "Request Header Fields Too Large"},
    {ErrorKind::internal, 500, 13, "Internal Server Error"},
    {ErrorKind::unimplemented, 501, 12, "Not Implemented"},
    {ErrorKind::unavailable, 503, 14, "Service Unavailable"},
    {ErrorKind::deadline_exceeded, 504, 4, "Gateway Timeout"},
});

const StatusRow& row_of(ErrorKind kind) noexcept {
  for (const auto& row : rows) {
    if (row.kind == kind) return row;
  }
  return row_of(ErrorKind::internal);
}

}  // namespace

int http_status(ErrorKind kind) noexcept { return row_of(kind).http; }
int grpc_code(ErrorKind kind) noexcept { return row_of(kind).grpc; }
std::string_view title_of(ErrorKind kind) noexcept { return row_of(kind).title; }

std::optional<ErrorKind> kind_of_http_status(int status) noexcept {
  for (const auto& row : rows) {
    if (row.http == status) return row.kind;
  }
  return std::nullopt;
}

}  // namespace emporion::rpc
