#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "kernel/remote/grpc_bytes.hpp"
#include "kernel/remote/test_peers.hpp"
#include "kernel/security/authority.hpp"
#include "kernel/testing/temporary_folder.hpp"

namespace emporion::remote {
namespace {

/// Files of one process, in a folder that goes with them.
class ProcessFiles {
 public:
  Credentials credentials() const { return {.authority_file = path("authority.pem"), .certificate_file = path("own.pem"), .key_file = path("own.key")}; }
  void write(const std::string& name, std::string_view text) const {
    // As `emporion pki` does it: whoever reads meanwhile has the old or the new.
    std::ofstream(path("new")) << text;
    std::filesystem::rename(path("new"), path(name));
  }

 private:
  std::string path(const std::string& name) const { return folder_ / name; }
  testing::TemporaryFolder temporary_{"tls"};
  const std::filesystem::path& folder_ = temporary_.path();
};

class TestAuthority {
 public:
  explicit TestAuthority(std::string_view name) {
    auto key = security::make_private_key();
    auto certificate = security::Authority::sign_own(name, now - hours(1), now + hours(24), key);
    authority_.emplace(*security::Authority::of(std::move(certificate), std::move(key)));
  }
  const std::string& pem() const { return authority_->certificate().pem; }
  /// Gives the process a certificate for `modules`, to be believed by those who trust this authority; itself it trusts `trusted`.
  void vouch(const ProcessFiles& process, std::vector<std::string> modules, std::string_view trusted) const {
    const auto key = security::make_private_key();
    for (auto& module : modules) module += ".emporion";
    const auto certificate =
        authority_->issue({.name = "process", .dns_names = std::move(modules), .valid_from = now - minutes(5), .valid_until = now + hours(12)}, key.public_key);
    ASSERT_TRUE(certificate) << certificate.error().to_string();
    process.write("own.key", key.pem.reveal());
    process.write("own.pem", certificate->pem);
    process.write("authority.pem", trusted);
  }
  void vouch(const ProcessFiles& process, std::vector<std::string> modules) const { vouch(process, std::move(modules), pem()); }

 private:
  UtcTime now = SystemClock().now();
  std::optional<security::Authority> authority_;
};

CallContext context_of(Principal principal) {
  auto context = guest_context();
  context.principal = std::move(principal);
  return context;
}

class Tls : public ::testing::Test {
 protected:
  Runtime runtime;
  TestAuthority shop{"shop"};
  TestAuthority stranger{"shop"};
  ProcessFiles server_files;
  ProcessFiles client_files;

  void SetUp() override {
    shop.vouch(server_files, {"catalog", "sample"});
    shop.vouch(client_files, {"order", "payment"});
  }
};

TEST_F(Tls, LetsProcessesOfOneShopTalk) {
  Peer peer(runtime, server_files.credentials());
  Caller caller(runtime, {peer.address()}, client_files.credentials());
  peer.server().set_ready(true);
  const auto waited = run(runtime, caller.client().wait_until_serving(SystemClock().now() + seconds(5)));
  ASSERT_TRUE(waited) << waited.error().to_string();
  const auto answer = caller.call(context_of(Principal::of_service("payment")));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(peer.last->principal.service, "payment");
}

TEST_F(Tls, RefusesAProcessOfAnotherModule) {
  Peer peer(runtime, server_files.credentials());
  Caller caller(runtime, {peer.address()}, client_files.credentials(), "order");
  EXPECT_EQ(caller.reason(), "CALLEE_UNREACHABLE");
  EXPECT_EQ(peer.calls, 0);
}

TEST_F(Tls, RefusesAServerOfAForeignAuthority) {
  stranger.vouch(server_files, {"sample"}, shop.pem());
  Peer peer(runtime, server_files.credentials());
  Caller caller(runtime, {peer.address()}, client_files.credentials());
  EXPECT_EQ(caller.reason(), "CALLEE_UNREACHABLE");
  EXPECT_EQ(peer.calls, 0);
}

TEST_F(Tls, RefusesACallerOfAForeignAuthority) {
  stranger.vouch(client_files, {"order"}, shop.pem());
  Peer peer(runtime, server_files.credentials());
  Caller caller(runtime, {peer.address()}, client_files.credentials());
  EXPECT_EQ(caller.reason(), "CALLEE_UNREACHABLE");
  EXPECT_EQ(peer.calls, 0);
}

TEST_F(Tls, RefusesACallerWithoutACertificate) {
  Peer peer(runtime, server_files.credentials());
  Caller in_the_clear(runtime, {peer.address()});
  EXPECT_EQ(in_the_clear.reason(), "CALLEE_UNREACHABLE");
  // And one who trusts our authority, but shows nothing itself.
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("sample.emporion");
  grpc::GenericStub stub(
      grpc::CreateCustomChannel(peer.address(), grpc::SslCredentials({.pem_root_certs = shop.pem(), .pem_private_key = "", .pem_cert_chain = ""}), arguments));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + seconds(5));
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(&context, std::string(echo_path), to_buffer("hello"), &queue);
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->StartCall();
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool done = false;
  ASSERT_TRUE(queue.Next(&tag, &done));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  EXPECT_EQ(peer.calls, 0);
}

TEST_F(Tls, RefusesAModuleThatSpeaksAsAnother) {
  Peer peer(runtime, server_files.credentials());
  Caller caller(runtime, {peer.address()}, client_files.credentials());
  const auto answer = caller.call(context_of(Principal::of_service("gateway")));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), ErrorKind::permission_denied);
  EXPECT_EQ(answer.error().reason(), "PRINCIPAL_NOT_BELIEVED");
  EXPECT_EQ(peer.calls, 0);
  EXPECT_EQ(caller.reason(context_of(Principal::guest())), "ok") << "a guest is passed on by any module";
}

TEST_F(Tls, RefusesOneOfOurAuthorityThatIsNoModule) {
  shop.vouch(client_files, {"order.example"});
  Peer peer(runtime, server_files.credentials());
  Caller caller(runtime, {peer.address()}, client_files.credentials());
  EXPECT_EQ(caller.reason(), "PEER_UNKNOWN");
  EXPECT_EQ(peer.calls, 0);
}

TEST_F(Tls, SaysWhatIsWrongWithItsFiles) {
  const Services none;
  const auto refused = [&](const Credentials& credentials) {
    Server server(runtime, none, {.address = "127.0.0.1:0", .credentials = credentials});
    const auto listening = server.listen();
    EXPECT_FALSE(listening);
    EXPECT_EQ(listening.error().reason(), "CREDENTIALS_UNREADABLE");
    Caller caller(runtime, {"127.0.0.1:1"}, credentials);
    EXPECT_EQ(run(runtime, caller.client().wait_until_serving(SystemClock().now() + seconds(1))).error().reason(), "CREDENTIALS_UNREADABLE");
    return listening.error().detail();
  };
  auto missing = server_files.credentials();
  missing.authority_file = "/nowhere";
  EXPECT_NE(refused(missing).find("/nowhere"), std::string::npos);
  auto foreign_key = server_files.credentials();
  foreign_key.key_file = client_files.credentials().key_file;
  EXPECT_NE(refused(foreign_key).find("is not the key of"), std::string::npos);
  server_files.write("own.pem", "no certificate");
  EXPECT_NE(refused(server_files.credentials()).find("own.pem"), std::string::npos);
}

TEST_F(Tls, TakesNewFilesWithoutARestart) {
  Peer peer(runtime, server_files.credentials());
  ProcessFiles old_files;
  shop.vouch(old_files, {"order"});
  Caller long_lived(runtime, {peer.address()}, client_files.credentials());
  ASSERT_EQ(long_lived.reason(), "ok");
  // When the server's certificate comes from a new authority, which alone it trusts
  const TestAuthority& next = stranger;
  next.vouch(server_files, {"sample"});
  // Then who has files of the old one is refused, and who has new ones is not
  ProcessFiles new_files;
  next.vouch(new_files, {"order"});
  const auto reason_of = [&](const ProcessFiles& files) { return Caller(runtime, {peer.address()}, files.credentials()).reason(); };
  EXPECT_TRUE(testing::eventually(runtime, [&] { return reason_of(new_files) == "ok"; }, [&] { return reason_of(new_files); }, seconds(10)));
  EXPECT_EQ(reason_of(old_files), "CALLEE_UNREACHABLE");
  EXPECT_EQ(long_lived.reason(), "ok") << "a connection that stands lasts";
  // And when the server starts again, a caller who got new files meanwhile connects anew with them.
  next.vouch(client_files, {"order"});
  const int port = peer.port();
  run(runtime, peer.close());
  Peer again(runtime, server_files.credentials(), port);
  EXPECT_TRUE(testing::eventually(runtime, [&] { return long_lived.reason() == "ok"; }, [&] { return long_lived.reason(); }, seconds(10)));
}

}  // namespace
}  // namespace emporion::remote
