#include "kernel/rpc/status.hpp"

#include <gtest/gtest.h>

namespace emporion::rpc {
namespace {

struct Row {
  ErrorKind kind;
  int http;
  int grpc;
};

// The table of the error design, written a second time on purpose: whoever changes one side changes what clients see.
constexpr Row table[] = {
    {ErrorKind::invalid_argument, 400, 3},
    {ErrorKind::unauthenticated, 401, 16},
    {ErrorKind::payment_refused, 402, 9},
    {ErrorKind::permission_denied, 403, 7},
    {ErrorKind::not_found, 404, 5},
    {ErrorKind::method_not_allowed, 405, 12},
    {ErrorKind::conflict, 409, 10},
    {ErrorKind::gone, 410, 5},
    {ErrorKind::precondition_failed, 412, 10},
    {ErrorKind::payload_too_large, 413, 11},
    {ErrorKind::uri_too_long, 414, 11},
    {ErrorKind::rule_violated, 422, 9},
    {ErrorKind::headers_too_large, 431, 11},
    {ErrorKind::resource_exhausted, 429, 8},
    {ErrorKind::internal, 500, 13},
    {ErrorKind::unimplemented, 501, 12},
    {ErrorKind::unavailable, 503, 14},
    {ErrorKind::deadline_exceeded, 504, 4},
};

TEST(Status, OfEveryKindMapsThereAndBack) {
  for (const auto& row : table) {
    EXPECT_EQ(http_status(row.kind), row.http) << to_string(row.kind);
    EXPECT_EQ(grpc_code(row.kind), row.grpc) << to_string(row.kind);
    EXPECT_EQ(kind_of_http_status(row.http), row.kind) << row.http;
    EXPECT_FALSE(title_of(row.kind).empty());
  }
}

TEST(Status, TableHasEveryKindOnce) {
  // Kinds are numbered from 0 without gaps; the one behind the last has no name.
  ASSERT_EQ(std::size(table), 18u);
  for (std::size_t i = 0; i < std::size(table); ++i) EXPECT_NE(to_string(static_cast<ErrorKind>(i)), "unknown") << i;
  EXPECT_EQ(to_string(static_cast<ErrorKind>(std::size(table))), "unknown");
}

TEST(Status, OfNoKindIsNothing) {
  for (const int status : {0, 100, 200, 204, 302, 304, 418, 499, 502, 600}) EXPECT_EQ(kind_of_http_status(status), std::nullopt) << status;
}

}  // namespace
}  // namespace emporion::rpc
