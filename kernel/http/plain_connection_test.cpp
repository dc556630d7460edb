#include "kernel/http/plain_connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/http/misbehaving_server.hpp"
#include "kernel/http/test_server.hpp"

namespace emporion::http {
namespace {

struct PlainConnectionTest : ::testing::Test {
  Result<Response> send(PlainConnection& connection, PlainRequest request) { return run_until_done(runtime, connection.send(std::move(request))); }
  Runtime runtime;
};

constexpr std::string_view answer_ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_F(PlainConnectionTest, SendsEveryMethodWithItsBodyOverOneConnection) {
  AServer server;
  PlainConnection connection(runtime, "127.0.0.1", server.port(), "shop.example");
  for (const auto method : {Method::get, Method::post, Method::put, Method::patch, Method::del, Method::options}) {
    const auto response = send(connection, {.method = method, .target = "/a%20b", .body = method == Method::get ? "" : "{}"});
    ASSERT_TRUE(response.has_value()) << response.error().to_string();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->content_type, "text/plain");
    EXPECT_EQ(response->body, text(to_string(method), " /a b ", method == Method::get ? "" : "{}"));
    EXPECT_THAT(response->headers, ::testing::Contains(::testing::Field(&Header::name, "x-peer")));
  }
}

TEST_F(PlainConnectionTest, ReadsAnswersWithoutBodiesLargeOnesAndThoseInParts) {
  AServer server;
  PlainConnection connection(runtime, "127.0.0.1", server.port(), "localhost");
  EXPECT_EQ(send(connection, {.target = "/nothing"})->status, 204);
  const auto head = send(connection, {.method = Method::head, .target = "/large"});
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(send(connection, {.target = "/large"})->body.size(), 3'000'000u);
  EXPECT_EQ(send(connection, {.target = "/parts"})->body, "head;bbbbccccdddd");
  const auto upload = send(connection, {.method = Method::post, .target = "/upload", .body = std::string(3'500'000, 'x')});
  EXPECT_EQ(upload->body, "took 3500000");
}

TEST_F(PlainConnectionTest, AnAnswerThatBreaksOffIsNoAnswer) {
  AServer server;
  PlainConnection connection(runtime, "127.0.0.1", server.port(), "localhost");
  EXPECT_EQ(send(connection, {.target = "/nothing"})->status, 204);
  const auto broken = send(connection, {.target = "/broken"});
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().reason(), "PROVIDER_TIMEOUT");
  EXPECT_EQ(server.application.handled, 2) << "what was answered in part is not sent again";
  EXPECT_EQ(send(connection, {.target = "/nothing"})->status, 204) << "it connects again";
}

TEST_F(PlainConnectionTest, AnswersThatComeByteByByteAreReadToo) {
  MisbehavingServer server([](int listener) {
    const int socket = ::accept(listener, nullptr, nullptr);
    (void)read_request(socket);
    for (const char byte : std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")) answer(socket, {&byte, 1});
    (void)read_request(socket);
    answer(socket, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end");
    ::close(socket);
  });
  PlainConnection connection(runtime, "127.0.0.1", server.port(), "localhost");
  EXPECT_EQ(send(connection, {.target = "/"})->body, "ok");
  EXPECT_EQ(send(connection, {.target = "/"})->body, "until the end");
}

/// Answers one request on each connection, and hangs up when the second comes.
void hang_up_on_the_second(int listener) {
  for (int i = 0; i < 2; ++i) {
    const int socket = ::accept(listener, nullptr, nullptr);
    if (socket < 0) return;
    if (!read_request(socket).empty()) answer(socket, answer_ok);
    (void)read_request(socket);
    ::close(socket);
  }
}

TEST_F(PlainConnectionTest, AKeptConnectionThatDiedIsReplacedIfARepeatIsHarmless) {
  for (const bool with_key : {false, true}) {
    MisbehavingServer server(hang_up_on_the_second);
    PlainConnection connection(runtime, "127.0.0.1", server.port(), "localhost");
    ASSERT_TRUE(send(connection, {.target = "/"}).has_value());
    PlainRequest post{.method = Method::post, .target = "/", .body = "{}"};
    if (with_key) post.headers.push_back({"Idempotency-Key", "k"});
    const auto response = send(connection, std::move(post));
    EXPECT_EQ(response.has_value(), with_key) << (response ? "" : response.error().to_string());
    if (!response) EXPECT_EQ(response.error().reason(), "PROVIDER_TIMEOUT") << "it may have taken effect";
  }
}

TEST_F(PlainConnectionTest, WhatWasNotSentAndWhatIsUnknownAreTwoErrors) {
  const std::uint16_t closed = [] {
    AServer gone;
    return gone.port();
  }();
  PlainConnection nobody(runtime, "127.0.0.1", closed, "localhost");
  EXPECT_EQ(send(nobody, {.target = "/"}).error().reason(), "PROVIDER_UNREACHABLE");
  PlainConnection nameless(runtime, "localhost", closed, "localhost");
  EXPECT_EQ(send(nameless, {.target = "/"}).error().reason(), "PROVIDER_UNREACHABLE");
  AServer server;
  PlainConnection connection(runtime, "127.0.0.1", server.port(), "localhost");
  EXPECT_EQ(send(connection, {.target = "/nothing", .timeout = milliseconds(60'000)})->status, 204);
  const auto late = send(connection, {.target = "/slow", .timeout = milliseconds(30)});  // Shorter than what the timer was set for.
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().reason(), "PROVIDER_TIMEOUT");
  EXPECT_NE(late.error().detail().find("no answer in time"), std::string::npos);
  MisbehavingServer babbling([](int listener) {
    const int socket = ::accept(listener, nullptr, nullptr);
    (void)read_request(socket);
    answer(socket, "SMTP ready\r\n\r\n");
    ::close(socket);
  });
  PlainConnection other(runtime, "127.0.0.1", babbling.port(), "localhost");
  EXPECT_EQ(send(other, {.target = "/"}).error().reason(), "MALFORMED_RESPONSE");
}

TEST_F(PlainConnectionTest, WhoIsCutOffDoesNotKnow) {
  AServer server;
  PlainConnection connection(runtime, "127.0.0.1", server.port(), "localhost");
  connection.cut();  // Nothing is under way.
  start_detached([](Runtime& loop, AServer& slow, PlainConnection& cut) -> Task<void> {
    while (slow.application.handled == 0) co_await loop.yield();
    cut.cut();
  }(runtime, server, connection));
  const auto response = send(connection, {.target = "/slow"});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().reason(), "PROVIDER_TIMEOUT");
  EXPECT_EQ(send(connection, {.target = "/nothing"})->status, 204);
}

}  // namespace
}  // namespace emporion::http
