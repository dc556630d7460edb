#include "kernel/http/request_parser.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::http {
namespace {

constexpr ParserLimits limits{.header_bytes_max = 1024, .target_bytes_max = 256, .body_bytes_max = 10'000};

RequestParser a_parser(std::size_t body_limit = 1'000) {
  return RequestParser(limits, [body_limit](const Request& head) { return head.path == "/upload" ? std::size_t{5'000} : body_limit; });
}

std::string described(const Request& request) {
  std::string out = text(to_string(request.method), " ", request.path);
  for (const auto& [name, value] : request.query) out += text(" ?", name, "=", value);
  for (const auto& header : request.headers) out += text(" [", header.name, ": ", header.value, "]");
  return text(out, " <", request.body, ">");
}

struct Outcome {
  std::vector<std::string> requests;
  std::string refusal;  ///< Its reason.
  std::string unused;
};

/// Feeds `bytes` in pieces that end at `cuts`, as a connection would: what is not used comes again with what follows.
Outcome feed(RequestParser& parser, std::string_view bytes, std::vector<std::size_t> cuts = {}) {
  Outcome out;
  cuts.push_back(bytes.size());
  std::string pending;
  std::size_t start = 0;
  for (const auto cut : cuts) {
    pending.append(bytes.substr(start, cut - start));
    start = cut;
    while (!pending.empty()) {
      const auto [state, used] = parser.put(pending);
      pending.erase(0, used);
      if (state == RequestParser::State::refused) {
        out.refusal = parser.refusal().reason();
        out.unused = pending;
        return out;
      }
      if (state == RequestParser::State::need_more) break;
      out.requests.push_back(described(parser.take()));
    }
  }
  out.unused = pending;
  return out;
}

Outcome feed_all(std::string_view bytes) {
  auto parser = a_parser();
  return feed(parser, bytes);
}

TEST(RequestParser, ReadsARequestWithoutABody) {
  const auto outcome = feed_all("GET /a%20b?x=1&y HTTP/1.1\r\nHost: shop\r\nX-Mixed-Case:  v a l \r\n\r\n");
  ASSERT_EQ(outcome.requests.size(), 1u) << outcome.refusal;
  EXPECT_EQ(outcome.requests[0], "GET /a b ?x=1 ?y= [host: shop] [x-mixed-case: v a l] <>");
}

TEST(RequestParser, ReadsBodiesByLengthAndByChunksAndNeverTakesATrailerForAHeader) {
  const auto outcome = feed_all(
      "POST /a HTTP/1.1\r\nHost: s\r\nContent-Length: 5\r\n\r\nhello"
      "\r\nPUT /b HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-User-Id: admin\r\n\r\n"
      "DELETE /c HTTP/1.1\r\nHost: s\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(outcome.refusal, "");
  EXPECT_EQ(outcome.requests,
            (std::vector<std::string>{"POST /a [host: s] [content-length: 5] <hello>", "PUT /b [host: s] [transfer-encoding: chunked] <hello world>",
                                      "DELETE /c [host: s] [content-length: 0] <>"}));
}

TEST(RequestParser, RefusesWhatTwoParsersCouldReadInTwoWays) {
  struct Row {
    std::string_view bytes;
    std::string_view reason;
  };
  const Row rows[] = {
      {"POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "MALFORMED_REQUEST"},
      {"POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "MALFORMED_REQUEST"},
      {"POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 5, 5\r\n\r\nhello", "MALFORMED_REQUEST"},
      {"POST / HTTP/1.1\r\nHost: s\r\nContent-Length: +5\r\n\r\nhello", "MALFORMED_REQUEST"},
      {"POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 0x5\r\n\r\nhello", "MALFORMED_REQUEST"},
      {"POST / HTTP/1.1\r\nHost: s\r\nContent-Length: -1\r\n\r\n", "MALFORMED_REQUEST"},
      {"POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 18446744073709551616\r\n\r\n", "MALFORMED_REQUEST"},
      {"POST / HTTP/1.1\r\nHost: s\r\nContent-Length:\r\n\r\n", "MALFORMED_REQUEST"},
      {"POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "MALFORMED_REQUEST"},
      {"POST / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "MALFORMED_REQUEST"},
      {"POST / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "MALFORMED_REQUEST"},
      {"POST / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "TRANSFER_CODING_UNKNOWN"},
      {"POST / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "TRANSFER_CODING_UNKNOWN"},
      {"POST / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", "TRANSFER_CODING_UNKNOWN"},
      {"POST / HTTP/1.0\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "MALFORMED_REQUEST"},
      {"POST / HTTP/1.1\r\nHost: s\r\nContent-Length : 5\r\n\r\nhello", "MALFORMED_REQUEST"},
      {"POST / HTTP/1.1\r\nHost: s\r\n Content-Length: 5\r\n\r\nhello", ""},  // An obsolete fold: part of Host, in which no client means anything.
      {"GET / HTTP/1.1\nHost: s\n\n", "MALFORMED_REQUEST"},
      {"GET / HTTP/1.1\r\nHost: s\r\nX: a\rb\r\n\r\n", "MALFORMED_REQUEST"},
      {std::string_view("GET / HTTP/1.1\r\nHost: s\r\nX: a\0b\r\n\r\n", 35), "MALFORMED_REQUEST"},
      {"GET / HTTP/1.1\r\n\r\n", "MALFORMED_REQUEST"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "MALFORMED_REQUEST"},
      {"GET / HTTP/2.0\r\nHost: s\r\n\r\n", "MALFORMED_REQUEST"},
      {"GET  / HTTP/1.1\r\nHost: s\r\n\r\n", "MALFORMED_REQUEST"},
      {"GET / x HTTP/1.1\r\nHost: s\r\n\r\n", "MALFORMED_REQUEST"},
      {"POST / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", "MALFORMED_REQUEST"},
      {"POST / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n", "MALFORMED_REQUEST"},
      {"GET /../etc HTTP/1.1\r\nHost: s\r\n\r\n", "INVALID_PATH"},
      {"GET /%2e%2e/etc HTTP/1.1\r\nHost: s\r\n\r\n", "INVALID_PATH"},
      {"TRACE / HTTP/1.1\r\nHost: s\r\n\r\n", "METHOD_NOT_IMPLEMENTED"},
      {"get / HTTP/1.1\r\nHost: s\r\n\r\n", "METHOD_NOT_IMPLEMENTED"},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "MALFORMED_REQUEST"},
  };
  for (const auto& row : rows) EXPECT_EQ(feed_all(row.bytes).refusal, row.reason) << row.bytes;
}

TEST(RequestParser, RefusesBodiesBeforeTheyComeWhenTheirLengthIsKnown) {
  EXPECT_EQ(feed_all("POST /a HTTP/1.1\r\nHost: s\r\nContent-Length: 1001\r\n\r\n").refusal, "PAYLOAD_TOO_LARGE");
  EXPECT_EQ(feed_all("POST /a HTTP/1.1\r\nHost: s\r\nContent-Length: 1000\r\n\r\n").refusal, "");
  EXPECT_EQ(feed_all("POST /upload HTTP/1.1\r\nHost: s\r\nContent-Length: 5000\r\n\r\n").refusal, "");
  EXPECT_EQ(feed_all("POST /upload HTTP/1.1\r\nHost: s\r\nContent-Length: 5001\r\n\r\n").refusal, "PAYLOAD_TOO_LARGE");
  auto generous = a_parser(1'000'000);
  EXPECT_EQ(feed(generous, "POST /a HTTP/1.1\r\nHost: s\r\nContent-Length: 10001\r\n\r\n").refusal, "PAYLOAD_TOO_LARGE");
  EXPECT_EQ(generous.refusal().metadata_json("max_bytes"), "10000");
}

TEST(RequestParser, CountsChunksTogether) {
  const std::string head = "POST /a HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string chunk = text("1f4\r\n", std::string(500, 'x'), "\r\n");
  EXPECT_EQ(feed_all(head + chunk + chunk + "0\r\n\r\n").requests.size(), 1u);
  EXPECT_EQ(feed_all(head + chunk + chunk + "1\r\n").refusal, "PAYLOAD_TOO_LARGE");
  EXPECT_EQ(feed_all(head + "ffffffffffffffff\r\n").refusal, "PAYLOAD_TOO_LARGE");
  EXPECT_EQ(feed_all(head + "1ffffffffffffffff\r\n").refusal, "MALFORMED_REQUEST");
}

TEST(RequestParser, BoundsTheTargetAndTheHeaders) {
  const std::string rest = " HTTP/1.1\r\nHost: s\r\n\r\n";
  EXPECT_EQ(feed_all("GET /" + std::string(255, 'a') + rest).refusal, "");
  EXPECT_EQ(feed_all("GET /" + std::string(256, 'a') + rest).refusal, "URI_TOO_LONG");
  EXPECT_EQ(feed_all("GET /" + std::string(100'000, 'a')).refusal, "URI_TOO_LONG");
  EXPECT_EQ(feed_all("GET / HTTP/1.1\r\nHost: s\r\nX: " + std::string(1'024, 'a') + "\r\n\r\n").refusal, "HEADERS_TOO_LARGE");
  EXPECT_EQ(feed_all("GET / HTTP/1.1\r\nHost: s\r\nX: " + std::string(900, 'a') + "\r\n\r\n").refusal, "");
  EXPECT_EQ(feed_all("GET / HTTP/1.1\r\nHost: s\r\nX: " + std::string(100'000, 'a')).refusal, "HEADERS_TOO_LARGE");
  std::string many = "GET / HTTP/1.1\r\nHost: s\r\n";
  for (int i = 0; i < 10'000; ++i) many += text("x", i, ": y\r\n");
  EXPECT_EQ(feed_all(many).refusal, "HEADERS_TOO_LARGE");
  // A chunk extension or trailers without end
  const std::string chunked = "POST /a HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(feed_all(chunked + "5;" + std::string(100'000, 'a')).refusal, "HEADERS_TOO_LARGE");
  EXPECT_EQ(feed_all(chunked + "0\r\nX: " + std::string(100'000, 'a')).refusal, "HEADERS_TOO_LARGE");
}

TEST(RequestParser, KnowsWhetherTheConnectionStays) {
  const auto keeps = [](std::string_view head) {
    auto parser = a_parser();
    EXPECT_EQ(feed(parser, text(head, "\r\n\r\n")).requests.size(), 1u) << head;
    return parser.keeps_alive();
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: s"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: s\r\nConnection: close"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: s\r\nConnection: x, Close"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive"));
}

TEST(RequestParser, KnowsWhenTheClientWaitsForPermission) {
  auto parser = a_parser();
  (void)feed(parser, "POST / HTTP/1.1\r\nHost: s\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_TRUE(parser.is_head_done());
  EXPECT_TRUE(parser.expects_continue());
  EXPECT_EQ(feed(parser, "ab").requests.size(), 1u);
}

RC_GTEST_PROP(RequestParser, ReadsTheSameHoweverTheBytesAreSplit, (std::vector<std::uint16_t> picks, std::uint8_t order)) {
  // Given some messages in a row, the last of them perhaps refused
  const std::string messages[] = {
      "GET /a?b=c HTTP/1.1\r\nHost: s\r\n\r\n",
      "\r\nPOST /x HTTP/1.1\r\nHost: s\r\nContent-Length: 300\r\n\r\n" + std::string(300, 'z'),
      "POST /y HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0A;e=\"v\"\r\n0123456789\r\n0\r\nT: u\r\n\r\n",
      "POST /z HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /z HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
  };
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += messages[static_cast<std::size_t>(order + i * (order / 4 + 1)) % std::size(messages)];
  auto whole_parser = a_parser();
  const auto whole = feed(whole_parser, bytes);
  // When they come in any pieces
  std::vector<std::size_t> cuts;
  for (const auto pick : picks) cuts.push_back(pick % bytes.size());
  std::ranges::sort(cuts);
  auto split_parser = a_parser();
  const auto split = feed(split_parser, bytes, cuts);
  // Then the same requests come out
  RC_ASSERT(split.requests == whole.requests);
  RC_ASSERT(split.refusal == whole.refusal);
}

TEST(RequestParser, ReadsTheSameByteByByte) {
  const std::string bytes =
      "POST /e HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      "POST /y HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\nGET /a HTTP/1.1\r\nHost: s\r\n\r\nPUT /p "
      "HTTP/1.1\r\nHost: s\r\nContent-Length: 3\r\n\r\nxyz";
  std::vector<std::size_t> cuts(bytes.size());
  for (std::size_t i = 0; i < cuts.size(); ++i) cuts[i] = i;
  auto parser = a_parser();
  EXPECT_EQ(feed(parser, bytes, cuts).requests.size(), 4u);
}

RC_GTEST_PROP(RequestParser, SurvivesAnyBytes, (std::vector<std::uint8_t> noise, std::uint16_t position)) {
  std::string bytes = "POST /y?q=1 HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\nGET /a HTTP/1.1\r\nHost: s\r\n\r\n";
  const std::string inserted(noise.begin(), noise.end());
  bytes.insert(position % bytes.size(), inserted);
  auto parser = a_parser();
  const auto outcome = feed(parser, bytes, {position % bytes.size()});
  RC_ASSERT(outcome.requests.size() <= 3u + noise.size() / 16);
}

}  // namespace
}  // namespace emporion::http
