#pragma once

#include <string_view>

#include "kernel/base/error.hpp"
#include "kernel/rpc/binding.hpp"
#include "kernel/trace/parent.hpp"
#include "kernel/trace/span.hpp"

namespace emporion::rpc {

/// The span of a call while it lasts, named after its operation; one branch where the flow is not traced. Attributes: rpc.system, rpc.service, rpc.method.
class CallSpan {
 public:
  /// In one process. Where the call has just come in from another one, its span there is the one.
  explicit CallSpan(const Operation& operation) {
    if (trace::is_traced()) [[unlikely]]
      begin(operation);
  }
  /// To another process.
  CallSpan(const Operation& operation, std::string_view system) {
    if (trace::is_traced()) [[unlikely]]
      begin_to(operation, system);
  }
  /// From another process.
  CallSpan(const Operation& operation, std::string_view system, const trace::Parent& caller);

  void ended(const Error* error) const {
    if (active_) [[unlikely]]
      tell(error);
  }

 private:
  void begin(const Operation& operation);
  void begin_to(const Operation& operation, std::string_view system);
  void describe(const Operation& operation, std::string_view system) const;
  void tell(const Error* error) const;

  trace::Active active_;
};

}  // namespace emporion::rpc
