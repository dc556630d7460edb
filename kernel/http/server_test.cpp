#include "kernel/http/server.hpp"

#include <gtest/gtest.h>

#include "kernel/http/test_server.hpp"

// tidy-allow-file(test_sleeps): a handler takes its time while the client's connection is watched.
namespace emporion::http {
namespace {

using Steady = std::chrono::steady_clock;

std::string status_of(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

int count_of(std::string_view needle, std::string_view hay) {
  int count = 0;
  for (auto at = hay.find(needle); at != std::string_view::npos; at = hay.find(needle, at + 1)) ++count;
  return count;
}

TEST(Server, AnswersAndKeepsTheConnection) {
  AServer server;
  RawClient client(server.port());
  client.send("GET /a HTTP/1.1\r\nHost: s\r\n\r\n");
  const auto first = client.receive_until("GET /a ");
  EXPECT_EQ(status_of(first), "HTTP/1.1 200 OK");
  EXPECT_NE(first.find("\r\nContent-Length: 7\r\n"), std::string::npos) << first;
  EXPECT_NE(first.find("\r\nDate: "), std::string::npos);
  EXPECT_NE(first.find("\r\nX-Peer: 127.0.0.1\r\n"), std::string::npos);
  EXPECT_EQ(ascii_lower(first).find("\r\nserver:"), std::string::npos);
  client.send("POST /b HTTP/1.1\r\nHost: s\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_NE(client.receive_until("POST /b hi").find("200 OK"), std::string::npos);
}

TEST(Server, AnswersPipelinedRequestsInTheirOrder) {
  AServer server;
  RawClient client(server.port());
  std::string requests = "GET /slow HTTP/1.1\r\nHost: s\r\n\r\n";
  for (int i = 0; i < 500; ++i) requests += text("GET /n", i, " HTTP/1.1\r\nHost: s\r\n\r\n");
  client.send(requests + "GET /end HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n");
  const auto answers = client.receive_all();
  EXPECT_EQ(count_of("HTTP/1.1 200 OK", answers), 502);
  std::size_t last = answers.find("GET /slow ");
  for (int i = 0; i < 500; ++i) {
    const auto at = answers.find(text("GET /n", i, " "));
    ASSERT_TRUE(at != std::string::npos && at > last) << i;
    last = at;
  }
  EXPECT_TRUE(answers.ends_with("GET /end <CLOSED>"));
}

TEST(Server, ReadsARequestThatComesByteByByte) {
  AServer server;
  RawClient client(server.port());
  for (const char c : std::string_view("POST /split HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"))
    client.send({&c, 1});
  EXPECT_NE(client.receive_until("POST /split abcde").find("200 OK"), std::string::npos);
}

TEST(Server, AnswersHeadWithoutABodyAndNoContentWithoutALength) {
  AServer server;
  RawClient client(server.port());
  client.send("HEAD /large HTTP/1.1\r\nHost: s\r\n\r\nGET /nothing HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n");
  const auto answers = client.receive_all();
  EXPECT_NE(answers.find("Content-Length: 3000000\r\n"), std::string::npos) << answers;
  EXPECT_EQ(count_of("Content-Length", answers), 1);
  EXPECT_TRUE(answers.ends_with("Connection: close\r\n\r\n<CLOSED>"));
}

TEST(Server, SendsLargeAnswersToSlowReadersAndTakesLargeBodies) {
  AServer server;
  RawClient client(server.port());
  client.send("GET /large HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n");
  client.pause(milliseconds(100));
  EXPECT_GT(client.receive_all().size(), 3'000'000u);
  RawClient uploader(server.port());
  uploader.send("POST /upload HTTP/1.1\r\nHost: s\r\nContent-Length: 3000000\r\n\r\n");
  uploader.send(std::string(3'000'000, 'y'));
  EXPECT_NE(uploader.receive_until("took 3000000").find("200 OK"), std::string::npos);
  uploader.send("GET /again HTTP/1.1\r\nHost: s\r\n\r\n");
  EXPECT_NE(uploader.receive_until("GET /again ").find("200 OK"), std::string::npos);
}

TEST(Server, LetsAWaitingClientSendItsBody) {
  AServer server;
  RawClient client(server.port());
  client.send("POST /e HTTP/1.1\r\nHost: s\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  EXPECT_NE(client.receive_until("POST /e body").find("200 OK"), std::string::npos);
  // A body that would be refused is refused instead
  RawClient greedy(server.port());
  greedy.send("POST /e HTTP/1.1\r\nHost: s\r\nExpect: 100-continue\r\nContent-Length: 4000\r\n\r\n");
  EXPECT_EQ(status_of(greedy.receive_all()), "HTTP/1.1 413 Content Too Large");
}

TEST(Server, RefusesAndHangsUpSoThatTheRefusalArrives) {
  AServer server;
  struct Row {
    std::string bytes;
    std::string_view status;
  };
  const Row rows[] = {
      {"POST /a HTTP/1.1\r\nHost: s\r\nContent-Length: 500000\r\n\r\n" + std::string(500'000, 'x'), "HTTP/1.1 413 Content Too Large"},
      {"GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: s\r\n\r\n", "HTTP/1.1 414 URI Too Long"},
      {"GET /a HTTP/1.1\r\nHost: s\r\nX: " + std::string(17'000, 'a') + "\r\n\r\n", "HTTP/1.1 431 Request Header Fields Too Large"},
      {"GET /a HTTP/1.1\r\nHost: s\r\nX: " + std::string(200'000, 'a'), "HTTP/1.1 431 Request Header Fields Too Large"},
      {"garbage\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"GET /%2e%2e/a HTTP/1.1\r\nHost: s\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"TRACE /a HTTP/1.1\r\nHost: s\r\n\r\n", "HTTP/1.1 501 Not Implemented"},
  };
  for (const auto& row : rows) {
    RawClient client(server.port());
    client.send(row.bytes);
    const auto answer = client.receive_all();
    EXPECT_EQ(status_of(answer), row.status);
    EXPECT_NE(answer.find("application/problem+json"), std::string::npos);
    EXPECT_TRUE(answer.ends_with("}<CLOSED>")) << answer.substr(0, 500);
  }
  EXPECT_EQ(server.application.handled, 0);
}

TEST(Server, NeverHandlesWhatIsHiddenBehindARefusedRequest) {
  AServer server;
  RawClient client(server.port());
  client.send("POST /a HTTP/1.1\r\nHost: s\r\nContent-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: s\r\nX: y\r\n\r\n");
  const auto answer = client.receive_all();
  EXPECT_EQ(count_of("HTTP/1.1 ", answer), 1);
  EXPECT_EQ(status_of(answer), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(server.application.handled, 0);
}

TEST(Server, DoesNotWaitLongForASlowBodyOrASlowHead) {
  AServer server(ServerLimits{.body_read_timeout = seconds(1)});
  RawClient slow_body(server.port());
  RawClient slow_head(server.port());
  slow_body.send("POST /a HTTP/1.1\r\nHost: s\r\nContent-Length: 10\r\n\r\n123");
  slow_head.send("POST /a HT");
  for (auto* client : {&slow_body, &slow_head}) {
    const auto answer = client->receive_all();
    EXPECT_EQ(status_of(answer), "HTTP/1.1 400 Bad Request");
    EXPECT_NE(answer.find("REQUEST_TIMEOUT"), std::string::npos);
  }
  EXPECT_EQ(server.application.handled, 0);
}

TEST(Server, HangsUpOnIdleClientsWithoutAWord) {
  AServer server(ServerLimits{.idle_timeout = seconds(1)});
  RawClient client(server.port());
  client.send("GET /slow HTTP/1.1\r\nHost: s\r\n\r\n");
  (void)client.receive_until("GET /slow ");
  EXPECT_EQ(client.receive_all(), "<CLOSED>");
}

TEST(Server, TurnsAwayConnectionsOverItsLimit) {
  AServer server(ServerLimits{.connections_max = 2});
  RawClient first(server.port());
  RawClient second(server.port());
  first.send("GET /a HTTP/1.1\r\nHost: s\r\n\r\n");
  second.send("GET /b HTTP/1.1\r\nHost: s\r\n\r\n");
  (void)first.receive_until("GET /a ");
  (void)second.receive_until("GET /b ");
  RawClient third(server.port());
  EXPECT_EQ(status_of(third.receive_until("}")), "HTTP/1.1 503 Service Unavailable");
}

TEST(Server, ClosesByEndingWhatRunsAndHangingUpOnTheIdle) {
  AServer server;
  RawClient idle(server.port());
  RawClient busy(server.port());
  idle.send("GET /a HTTP/1.1\r\nHost: s\r\n\r\n");
  (void)idle.receive_until("GET /a ");
  busy.send("GET /slow HTTP/1.1\r\nHost: s\r\n\r\n");
  while (server.application.handled < 2) busy.pause(milliseconds(1));
  server.begin_close(seconds(5));
  EXPECT_EQ(idle.receive_all(), "<CLOSED>");
  const auto answer = busy.receive_all();
  EXPECT_EQ(status_of(answer), "HTTP/1.1 200 OK");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
}

TEST(Server, ClosesInTimeEvenIfARequestDoesNotEnd) {
  Runtime runtime;
  AServer server;
  RawClient stuck(server.port());
  stuck.send("POST /a HTTP/1.1\r\nHost: s\r\nContent-Length: 10\r\n\r\n123");
  stuck.pause(milliseconds(50));
  const auto before = Steady::now();
  server.close(milliseconds(100));
  EXPECT_LT(Steady::now() - before, seconds(3));
  EXPECT_TRUE(stuck.receive_all().ends_with(">"));
}

TEST(Server, SaysWhatToDoWhenItCannotListen) {
  AServer running;
  Runtime runtime;
  EchoingApplication application(runtime);
  Server server(runtime, application);
  const auto taken = server.listen("127.0.0.1", running.port());
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().reason(), "ADDRESS_IN_USE");
  EXPECT_NE(taken.error().detail().find("choose another port"), std::string::npos);
  EXPECT_EQ(server.listen("shop.example", 0).error().reason(), "LISTEN_FAILED");
  EXPECT_EQ(server.listen("192.0.2.1", 0).error().reason(), "LISTEN_FAILED");
}

TEST(Server, ServesManyClientsAtOnce) {
  AServer server;
  std::vector<std::thread> threads;
  std::atomic<int> answered = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      RawClient client(server.port());
      for (int i = 0; i < 200; ++i) {
        client.send(text("POST /t", t, " HTTP/1.1\r\nHost: s\r\nContent-Length: 3\r\n\r\n", 100 + i));
        if (client.receive_until(text("POST /t", t, " ", 100 + i)).find("200 OK") != std::string::npos) ++answered;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(answered, 800);
}

}  // namespace
}  // namespace emporion::http
