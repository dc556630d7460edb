#include "kernel/remote/grpc_process.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>

#include <mutex>

#include "kernel/base/assert.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::remote {
namespace {

void log_of_grpc(gpr_log_func_args* line) { observe::warning("gRPC tells", {{"what", line->message}, {"at", line->file}}); }

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
    google::protobuf::FileDescriptorProto file;
    EMP_ASSERT(file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    if (google::protobuf::DescriptorPool::generated_pool()->FindFileByName(file.name()) != nullptr) continue;
    google::protobuf::DescriptorPool::InternalAddGeneratedFile(bytes.data(), static_cast<int>(bytes.size()));
  }
}

}  // namespace emporion::remote
