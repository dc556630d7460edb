#include <gtest/gtest.h>

#include "kernel/http/client.hpp"
#include "kernel/http/test_server.hpp"
#include "kernel/testing/eventually.hpp"

// tidy-allow-file(test_sleeps): a client that does not read is watched.
namespace emporion::http {
namespace {

TEST(Streaming, SendsPartsInChunksAndKeepsTheConnection) {
  AServer server;
  RawClient client(server.port());
  client.send("GET /parts HTTP/1.1\r\nHost: s\r\n\r\n");
  const auto answer = client.receive_until("\r\n0\r\n\r\n");
  EXPECT_NE(answer.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos) << answer;
  EXPECT_EQ(answer.find("Content-Length"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n5\r\nhead;\r\n4\r\nbbbb\r\n4\r\ncccc\r\n4\r\ndddd\r\n0\r\n\r\n")) << answer;
  client.send("GET /next HTTP/1.1\r\nHost: s\r\n\r\n");
  EXPECT_NE(client.receive_until("GET /next ").find("200 OK"), std::string::npos);
}

TEST(Streaming, IsReadAsOneBodyByAClient) {
  AServer server;
  Runtime runtime;
  Client client(runtime);
  const auto answer = run_until_done(runtime, client.send({.url = text("http://127.0.0.1:", server.port(), "/parts")}));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->body, "head;bbbbccccdddd");
}

TEST(Streaming, EndsWithTheConnectionForAnOldClient) {
  AServer server;
  RawClient client(server.port());
  client.send("GET /parts HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto answer = client.receive_all();
  EXPECT_EQ(answer.find("chunked"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nhead;bbbbccccdddd<CLOSED>")) << answer;
}

TEST(Streaming, MakesNothingForAHead) {
  AServer server;
  RawClient client(server.port());
  client.send("HEAD /parts HTTP/1.1\r\nHost: s\r\n\r\nGET /next HTTP/1.1\r\nHost: s\r\n\r\n");
  EXPECT_NE(client.receive_until("GET /next ").find("chunked"), std::string::npos);
  EXPECT_EQ(server.application.parts_made, 0);
}

TEST(Streaming, ThatBreaksOffIsNeverTakenForWhole) {
  AServer server;
  RawClient raw(server.port());
  raw.send("GET /broken HTTP/1.1\r\nHost: s\r\n\r\n");
  const auto cut = raw.receive_all();
  EXPECT_EQ(cut.find("\r\n0\r\n"), std::string::npos) << cut;
  EXPECT_NE(cut.find("cccc"), std::string::npos) << cut;
  server.application.parts_made = 0;
  Runtime runtime;
  Client client(runtime);
  EXPECT_FALSE(run_until_done(runtime, client.send({.url = text("http://127.0.0.1:", server.port(), "/broken")})));
}

// 256 MiB that nobody reads: what is made is what the sockets hold, a few MiB, however long the client waits.
TEST(Streaming, IsHeldBackByAClientThatDoesNotRead) {
  AServer server;
  RawClient client(server.port());
  client.send("GET /endless HTTP/1.1\r\nHost: s\r\n\r\n");
  int seen = -1;
  for (int i = 0; i < 100 && (seen != server.application.parts_made || seen < 1); ++i) {
    seen = server.application.parts_made;
    client.pause(milliseconds(100));
  }
  EXPECT_GT(seen, 0);
  EXPECT_LT(seen, 400) << "of 4,000 parts of 64 KiB";
  ASSERT_TRUE(client.skip(std::size_t{3'900} * 65'536));
  EXPECT_TRUE(client.receive_until("\r\n0\r\n\r\n").ends_with("\r\n0\r\n\r\n"));
  EXPECT_EQ(server.application.parts_made, 4'000);
}

TEST(Streaming, EndsWhenItsClientGoes) {
  AServer server;
  {
    RawClient client(server.port());
    client.send("GET /endless HTTP/1.1\r\nHost: s\r\n\r\n");
    (void)client.receive_until("chunked");
  }
  server.close(seconds(5));  // Returns once all connections have ended.
  EXPECT_LT(server.application.parts_made, 4'000);
}

TEST(Streaming, IsCutByAServerThatCloses) {
  AServer server;
  RawClient client(server.port());
  client.send("GET /endless HTTP/1.1\r\nHost: s\r\n\r\n");
  (void)client.receive_until("chunked");
  server.close(milliseconds(100));
  EXPECT_LT(server.application.parts_made, 4'000);
}

}  // namespace
}  // namespace emporion::http
