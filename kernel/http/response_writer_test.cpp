#include "kernel/http/response_writer.hpp"

#include <gtest/gtest.h>

namespace emporion::http {
namespace {

std::string head_of(const Response& response, ResponseForm form = {}) {
  std::string out;
  append_head(out, response, form);
  return out;
}

TEST(ResponseWriter, WritesStatusLengthAndHeaders) {
  EXPECT_EQ(head_of({.status = 201, .body = "{}", .headers = {{"ETag", "\"1\""}}}, {.date = "D"}),
            "HTTP/1.1 201 Created\r\nDate: D\r\nContent-Type: application/json\r\nContent-Length: 2\r\nETag: \"1\"\r\n\r\n");
  EXPECT_EQ(head_of({.status = 299}), "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n");
}

TEST(ResponseWriter, SaysNothingOfABodyThatCannotBe) {
  EXPECT_EQ(head_of({.status = 204, .body = "x"}), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(head_of({.status = 304}), "HTTP/1.1 304 Not Modified\r\n\r\n");
  EXPECT_FALSE(has_body({.status = 204, .body = "x"}, {}));
  EXPECT_FALSE(has_body({.body = "x"}, {.is_head = true}));
  EXPECT_TRUE(has_body({.body = "x"}, {}));
}

TEST(ResponseWriter, WritesABodyOfUnknownLengthInChunks) {
  struct Nothing final : BodySource {
    Task<Result<std::string>> next() override { co_return std::string(); }
  };
  const Response response{.content_type = "text/csv", .rest = std::make_shared<Nothing>()};
  EXPECT_EQ(head_of(response), "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(head_of(response, {.keeps_alive = false, .is_http_1_0 = true}), "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(has_body(response, {}));
  EXPECT_FALSE(has_body(response, {.is_head = true}));
  std::string out;
  append_chunk(out, std::string(26, 'x'));
  EXPECT_EQ(out, "1a\r\nxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n");
}

TEST(ResponseWriter, SaysWhetherTheConnectionStays) {
  EXPECT_EQ(head_of({}, {.keeps_alive = false}), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(head_of({}, {.is_http_1_0 = true}), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST(ResponseWriterDeathTest, TakesALineBreakInAHeaderForABug) {
  EXPECT_DEATH(head_of({.headers = {{"X", "a\r\nSet-Cookie: b"}}}), "is_header_value");
  EXPECT_DEATH(head_of({.headers = {{"X Y", "a"}}}), "is_token");
  EXPECT_DEATH(head_of({.content_type = "a\nb", .body = "x"}), "is_header_value");
  EXPECT_DEATH(head_of({.status = 100}), "status");
}

TEST(HttpDate, HasTheFormOfRfc9110) {
  EXPECT_EQ(http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(1'709'164'800), "Thu, 29 Feb 2024 00:00:00 GMT");
}

}  // namespace
}  // namespace emporion::http
