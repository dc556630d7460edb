#include "kernel/remote/grpc_process.hpp"

#include <google/protobuf/descriptor.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <openssl/crypto.h>

#include <mutex>

#include "kernel/base/assert.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/wire/reader.hpp"

namespace emporion::remote {
namespace {

// gRPC's threads may connect by TLS until the process is gone, past the end of main, so OpenSSL is not taken down there. Said before main: whoever uses OpenSSL
// first decides.
[[maybe_unused]] const int keeps_openssl = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);

void log_of_grpc(gpr_log_func_args* line) { observe::warning("gRPC tells", {{"what", line->message}, {"at", line->file}}); }

// FileDescriptorProto { string name = 1; }
std::string name_of(std::string_view file) {
  std::string name;
  wire::Reader reader(file);
  while (reader.next()) {
    if (reader.number() == 1) reader.read(name);
  }
  EMP_ASSERT(reader.problem() == nullptr && !name.empty());
  return name;
}

}  // namespace

void prepare_grpc() {
  static const bool prepared = [] {
    gpr_set_log_function(log_of_grpc);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  static_cast<void>(prepared);
}

void register_descriptors(std::span<const std::string_view> files) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  for (const std::string_view bytes : files) {
    if (google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name_of(bytes)) != nullptr) continue;
    google::protobuf::DescriptorPool::InternalAddGeneratedFile(bytes.data(), static_cast<int>(bytes.size()));
  }
}

}  // namespace emporion::remote
