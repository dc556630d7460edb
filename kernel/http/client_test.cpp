#include "kernel/http/client.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "kernel/http/misbehaving_server.hpp"
#include "kernel/http/test_server.hpp"

namespace emporion::http {
namespace {

Result<Response> send_once(ClientRequest request) {
  Runtime runtime;
  Client client(runtime);
  return run_until_done(runtime, client.send(std::move(request)));
}

std::string url_of(std::uint16_t port, std::string_view target) { return text("http://127.0.0.1:", port, target); }

TEST(Client, SendsEveryMethodWithItsBodyAndReadsTheAnswer) {
  AServer server;
  for (const auto method : {Method::get, Method::post, Method::put, Method::patch, Method::del, Method::options}) {
    const auto response = send_once({.method = method, .url = url_of(server.port(), "/a%20b"), .body = method == Method::get ? "" : "{}"});
    ASSERT_TRUE(response.has_value()) << response.error().to_string();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->content_type, "text/plain");
    EXPECT_EQ(response->body, text(to_string(method), " /a b ", method == Method::get ? "" : "{}"));
    EXPECT_EQ(response->headers.back().name, "x-peer");
    EXPECT_EQ(response->headers.back().value, "127.0.0.1");
  }
}

TEST(Client, ReadsAnswersWithoutBodiesAndLargeOnes) {
  AServer server;
  EXPECT_EQ(send_once({.url = url_of(server.port(), "/nothing")})->status, 204);
  const auto head = send_once({.method = Method::head, .url = url_of(server.port(), "/large")});
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(send_once({.url = url_of(server.port(), "/large")})->body.size(), 3'000'000u);
  EXPECT_EQ(send_once({.method = Method::post, .url = url_of(server.port(), "/empty")})->body, "POST /empty ");
}

TEST(Client, SendsLargeBodies) {
  AServer server;
  const auto response = send_once({.method = Method::post, .url = url_of(server.port(), "/upload"), .body = std::string(3'500'000, 'x')});
  ASSERT_TRUE(response.has_value()) << response.error().to_string();
  EXPECT_EQ(response->body, "took 3500000");
}

TEST(Client, DoesNotFollowRedirects) {
  AServer server;
  EXPECT_EQ(send_once({.url = url_of(server.port(), "/moved")})->status, 302);
}

TEST(Client, HandsRefusalsOnAsAnswers) {
  AServer server;
  EXPECT_EQ(send_once({.method = Method::post, .url = url_of(server.port(), "/a"), .body = std::string(5'000, 'x')})->status, 413);
}

TEST(Client, KnowsThatNothingWasSentWhereNobodyListens) {
  for (const std::string_view url : {"http://127.0.0.1:1/", "http://nobody.invalid/", "ftp://127.0.0.1/", "not a url"}) {
    const auto response = send_once({.url = std::string(url)});
    ASSERT_FALSE(response.has_value()) << url;
    EXPECT_EQ(response.error().kind(), ErrorKind::unavailable) << url;
    EXPECT_EQ(response.error().reason(), "PROVIDER_UNREACHABLE") << url;
  }
}

TEST(Client, DoesNotClaimToKnowWhatHappenedWhenNoAnswerComes) {
  const MisbehavingServer silent([](int listener) {
    const int socket = ::accept(listener, nullptr, nullptr);
    EXPECT_NE(read_request(socket), "");
    EXPECT_EQ(read_request(socket), "");  // Until the client gives up.
    ::close(socket);
  });
  const auto response = send_once({.method = Method::post, .url = url_of(silent.port(), "/pay"), .body = "{}", .timeout = milliseconds(200)});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().kind(), ErrorKind::deadline_exceeded);
  EXPECT_EQ(response.error().reason(), "PROVIDER_TIMEOUT");
}

TEST(Client, DoesNotClaimToKnowWhatHappenedWhenTheConnectionBreaks) {
  for (const std::string_view part : {"", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"}) {
    const MisbehavingServer breaking([part](int listener) {
      const int socket = ::accept(listener, nullptr, nullptr);
      EXPECT_NE(read_request(socket), "");
      answer(socket, part);
      ::close(socket);
    });
    const auto response = send_once({.method = Method::post, .url = url_of(breaking.port(), "/pay"), .body = "{}"});
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().reason(), "PROVIDER_TIMEOUT");
  }
}

Task<std::vector<Result<Response>>> send_in_turn(Client& client, std::vector<ClientRequest> requests) {
  std::vector<Result<Response>> out;
  for (auto& request : requests) out.push_back(co_await client.send(std::move(request)));
  co_return out;
}

/// Sends `request` on a connection that has answered once and now breaks after it took the request. Answers the outcome and how often it was taken.
std::pair<Result<Response>, int> send_on_a_connection_that_dies(ClientRequest request) {
  std::atomic<int> taken = 0;
  const MisbehavingServer dying([&taken](int listener) {
    const std::string_view fine = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    const int first = ::accept(listener, nullptr, nullptr);
    EXPECT_NE(read_request(first), "");
    answer(first, fine);
    if (!read_request(first).empty()) ++taken;
    ::close(first);
    const int second = ::accept(listener, nullptr, nullptr);
    if (second < 0) return;
    if (!read_request(second).empty()) {
      ++taken;
      answer(second, fine);
    }
    ::close(second);
  });
  Runtime runtime;
  Client client(runtime);
  const auto url = url_of(dying.port(), "/");
  request.url = url;
  auto outcomes = run_until_done(runtime, send_in_turn(client, {{.url = url}, std::move(request)}));
  EXPECT_TRUE(outcomes[0].has_value());
  return {std::move(outcomes[1]), taken.load()};
}

TEST(Client, NeverRepeatsByItselfWhatMightTakeEffectTwice) {
  const auto [outcome, taken] = send_on_a_connection_that_dies({.method = Method::post, .body = "{}"});
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().reason(), "PROVIDER_TIMEOUT");
  EXPECT_EQ(taken, 1);
}

TEST(Client, RepeatsOnADeadConnectionWhatIsHarmless) {
  const auto [get, get_taken] = send_on_a_connection_that_dies({.method = Method::get});
  EXPECT_TRUE(get.has_value());
  EXPECT_EQ(get_taken, 2);
  const auto [keyed, keyed_taken] = send_on_a_connection_that_dies({.method = Method::post, .headers = {{"Idempotency-Key", "k1"}}, .body = "{}"});
  EXPECT_TRUE(keyed.has_value());
  EXPECT_EQ(keyed_taken, 2);
}

Task<std::vector<Result<Response>>> send_together(Client& client, std::vector<ClientRequest> requests) {
  std::vector<Task<Result<Response>>> tasks;
  for (auto& request : requests) tasks.push_back(client.send(std::move(request)));
  co_return co_await when_all(std::move(tasks));
}

TEST(Client, SendsManyRequestsOverFewConnections) {
  AServer server(ServerLimits{.connections_max = 8});
  Runtime runtime;
  Client client(runtime, 8);
  std::vector<ClientRequest> requests;
  for (int i = 0; i < 2'000; ++i) requests.push_back({.method = Method::post, .url = url_of(server.port(), text("/n", i)), .body = "{}"});
  const auto responses = run_until_done(runtime, send_together(client, std::move(requests)));
  for (std::size_t i = 0; i < responses.size(); ++i) {
    ASSERT_TRUE(responses[i].has_value()) << responses[i].error().to_string();
    ASSERT_EQ(responses[i]->body, text("POST /n", i, " {}"));
  }
}

TEST(Client, GivesUpUnsentWhatFindsNoConnectionInTime) {
  AServer server;
  Runtime runtime;
  Client client(runtime, 1);
  std::vector<ClientRequest> requests;
  requests.push_back({.url = url_of(server.port(), "/slow")});
  requests.push_back({.url = url_of(server.port(), "/late"), .timeout = milliseconds(50)});
  requests.push_back({.url = url_of(server.port(), "/patient")});
  const auto responses = run_until_done(runtime, send_together(client, std::move(requests)));
  EXPECT_TRUE(responses[0].has_value());
  ASSERT_FALSE(responses[1].has_value());
  EXPECT_EQ(responses[1].error().reason(), "PROVIDER_UNREACHABLE");
  EXPECT_TRUE(responses[2].has_value());
  EXPECT_EQ(server.application.handled, 2);
}

}  // namespace
}  // namespace emporion::http
