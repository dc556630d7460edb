#include "kernel/remote/server.hpp"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <array>

#include "kernel/remote/grpc_bytes.hpp"
#include "kernel/remote/test_peers.hpp"

// tidy-allow-file(test_sleeps): the grace of a server passes in real time.
namespace emporion::remote {
namespace {

/// A stream to a server, as any other client of gRPC would open it.
class ForeignStream {
 public:
  ForeignStream(const std::string& address, const std::string& path, const std::string& request)
      : stub_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())) {
    context_.set_deadline(std::chrono::system_clock::now() + seconds(10));
    stream_ = stub_.Call(&context_, path, &queue_, nullptr);
    EXPECT_TRUE(next());
    stream_->Write(to_buffer(request), nullptr);
    EXPECT_TRUE(next());
  }
  ~ForeignStream() {
    context_.TryCancel();
    queue_.Shutdown();
    while (next().has_value()) {
    }
  }
  /// The next message; "ended" if there is none any more.
  std::string read() {
    grpc::ByteBuffer message;
    stream_->Read(&message, nullptr);
    std::string bytes;
    if (next() != true || !from_buffer(message, bytes)) return "ended";
    return bytes;
  }

 private:
  std::optional<bool> next() {
    void* tag = nullptr;
    bool done = false;
    if (!queue_.Next(&tag, &done)) return std::nullopt;
    return done;
  }
  grpc::CompletionQueue queue_;
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
};

const std::string health_watch = "/grpc.health.v1.Health/Watch";
const std::string serving("\x08\x01");
const std::string not_serving("\x08\x02");
const std::string service_unknown("\x08\x03");
/// HealthCheckRequest of a service.
std::string check_of(std::string_view service) { return text('\x0A', static_cast<char>(service.size()), service); }

class RemoteServer : public ::testing::Test {
 protected:
  Runtime runtime;
};

TEST_F(RemoteServer, ServesOnceItIsReady) {
  Peer peer(runtime);
  Caller caller(runtime, {peer.address()});
  const auto wait = [&](milliseconds patience) { return run(runtime, caller.client().wait_until_serving(SystemClock().now() + patience)); };
  const auto early = wait(milliseconds(200));
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().reason(), "CALLEE_UNREACHABLE");
  EXPECT_NE(early.error().detail().find("does not serve yet"), std::string::npos) << early.error().detail();
  EXPECT_EQ(caller.reason(), "ok") << "calls are answered all the same";
  peer.server().set_ready(true);
  EXPECT_TRUE(wait(seconds(5)));
  peer.server().set_ready(false);
  EXPECT_FALSE(wait(milliseconds(50)));
}

TEST_F(RemoteServer, TellsTheHealthOfEachService) {
  Peer peer(runtime);
  peer.server().set_ready(true);
  const auto check = [&](std::string_view service) {
    constexpr rpc::Operation operation{.module = "health", .name = "check"};
    Caller caller(runtime, {peer.address()});
    const auto answer = run(runtime, caller.client().call(operation, "/grpc.health.v1.Health/Check", guest_context(), check_of(service)));
    return answer ? *answer : answer.error().detail();
  };
  EXPECT_EQ(check(""), serving);
  EXPECT_EQ(check("emporion.sample.v1.SampleApi"), serving);
  EXPECT_NE(check("emporion.other.v1.OtherApi").find("no such service"), std::string::npos);
}

TEST_F(RemoteServer, TellsThoseWhoWatchOfEveryChange) {
  Peer peer(runtime);
  ForeignStream whole(peer.address(), health_watch, check_of(""));
  ForeignStream service(peer.address(), health_watch, check_of("emporion.sample.v1.SampleApi"));
  ForeignStream unknown(peer.address(), health_watch, check_of("nobody"));
  EXPECT_EQ(whole.read(), not_serving);
  EXPECT_EQ(service.read(), not_serving);
  EXPECT_EQ(unknown.read(), service_unknown);
  peer.server().set_ready(true);
  EXPECT_EQ(whole.read(), serving);
  EXPECT_EQ(service.read(), serving);
  peer.server().set_ready(false);
  EXPECT_EQ(whole.read(), not_serving);
  const auto began = std::chrono::steady_clock::now();
  run(runtime, peer.close(seconds(5)));
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(1)) << "who only watches does not hold the end up";
  EXPECT_EQ(whole.read(), "ended");
}

TEST_F(RemoteServer, ListsItsServicesByReflection) {
  Peer peer(runtime);
  // ServerReflectionRequest { string list_services = 7; }
  ForeignStream reflection(peer.address(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", std::string("\x3A\x00", 2));
  const std::string listed = reflection.read();
  for (const char* name : {"emporion.sample.v1.SampleApi", "grpc.health.v1.Health"}) EXPECT_NE(listed.find(name), std::string::npos) << listed;
}

TEST_F(RemoteServer, TellsWhatItsServicesDeclareByReflection) {
  // FileDescriptorProto { name: "sample.proto", package: "told", message_type { name: "Told" } }, and one that imports it.
  static constexpr std::array<std::string_view, 2> files = {"\x0A\x0Csample.proto\x12\x04told\x22\x06\x0A\x04Told",
                                                            "\x0A\x0Bother.proto\x12\x04told\x1A\x0Csample.proto\x22\x07\x0A\x05Other"};
  Peer peer(runtime, {}, 0, files);
  Peer again(runtime, {}, 0, files);  // Two servers of one process tell the same.
  // ServerReflectionRequest { string file_containing_symbol = 4; }
  ForeignStream reflection(peer.address(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "\x22\x0Atold.Other");
  const std::string told = reflection.read();
  for (const char* name : {"other.proto", "sample.proto", "Told"}) EXPECT_NE(told.find(name), std::string::npos) << told;
}

TEST_F(RemoteServer, RefusesAnAddressThatIsTaken) {
  Peer peer(runtime);
  const Services none;
  Server second(runtime, none, {.address = peer.address()});
  const auto listening = second.listen();
  ASSERT_FALSE(listening);
  EXPECT_EQ(listening.error().reason(), "ADDRESS_IN_USE");
}

Task<std::optional<Result<std::string>>> call_while_closing(Runtime& runtime, Caller& caller, Peer& peer, microseconds grace) {
  std::optional<Result<std::string>> answer;
  Scope scope;
  scope.spawn(detail::store_result(caller.begin(), answer));
  while (peer.calls == 0) co_await runtime.sleep_for(milliseconds(1));
  co_await peer.close(grace);
  EXPECT_EQ(peer.finished, peer.calls) << "closed is when nothing runs any more";
  co_await scope.join();
  co_return answer;
}

TEST_F(RemoteServer, EndsWhatItBeganWithinItsGrace) {
  Peer peer(runtime);
  Caller caller(runtime, {peer.address()});
  peer.takes = milliseconds(300);
  const auto answer = run(runtime, call_while_closing(runtime, caller, peer, seconds(5)));
  ASSERT_TRUE(*answer) << answer->error().to_string();
  EXPECT_EQ(**answer, "hello");
  EXPECT_EQ(caller.reason(), "CALLEE_UNREACHABLE");
}

TEST_F(RemoteServer, LetsNobodyWaitBeyondItsGrace) {
  Peer peer(runtime);
  Caller caller(runtime, {peer.address()});
  peer.takes = milliseconds(300);
  const auto answer = run(runtime, call_while_closing(runtime, caller, peer, seconds(0)));
  ASSERT_FALSE(*answer);
  EXPECT_TRUE(answer->error().is_transient()) << answer->error().to_string();
}

TEST_F(RemoteServer, TakesForeignCallersWithoutMetadata) {
  Peer peer(runtime);
  ForeignStream call(peer.address(), std::string(echo_path), "hello");
  // The call is answered on this thread.
  ASSERT_TRUE(testing::eventually(runtime, [&] { return peer.finished == 1; }));
  EXPECT_EQ(call.read(), "hello");
  EXPECT_EQ(peer.last->principal.realm, Realm::guest);
  EXPECT_FALSE(peer.last->trace.is_nil());
  EXPECT_EQ(peer.last->idempotency_key, "");
  EXPECT_FALSE(peer.last->client);
}

}  // namespace
}  // namespace emporion::remote
