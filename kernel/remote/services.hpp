#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/rpc/binding.hpp"
#include "kernel/rpc/call_context.hpp"

namespace emporion::remote {

/// Answers one call; request and answer are protobuf. Runs on the io thread.
using Handler = std::function<Task<Result<std::string>>(CallContext context, std::string request)>;

/// What this process offers to others: a handler for each path, "/emporion.warehouse.v1.WarehouseApi/ReserveStock".
class Services {
 public:
  struct Method {
    const rpc::Operation* operation;
    Handler handler;
  };
  /// `operation` names the module and bounds the request's size. A path is offered once.
  void add(std::string path, const rpc::Operation& operation, Handler handler);
  const std::map<std::string, Method, std::less<>>& methods() const noexcept { return methods_; }

 private:
  std::map<std::string, Method, std::less<>> methods_;
};

}  // namespace emporion::remote
