#include "kernel/remote/call.hpp"

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"

namespace emporion::remote {

Task<Result<std::string>> send(Channel& channel, const rpc::Operation& operation, std::string_view path, CallContext context, std::string request) {
  EMP_ASSERT(context.open_transactions() == 0);
  return channel.call(operation, path, std::move(context), std::move(request));
}

Error unreadable(const rpc::Operation& operation, const Error& why) {
  return Error(ErrorKind::internal, "CALLEE_UNREADABLE", text("the answer of ", operation.module, ".", operation.name, " does not read: ", why.detail()));
}

}  // namespace emporion::remote
