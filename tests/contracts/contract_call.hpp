#pragma once

#include <span>
#include <string>
#include <string_view>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/rpc/call_context.hpp"
#include "kernel/rpc/calls.hpp"

namespace emporion::contracts {

/// An operation of a contract, called through its client interface: whoever is bound in `calls` answers.
struct ContractCall {
  std::string_view module;   ///< "warehouse"
  std::string_view name;     ///< "reserve"
  std::string_view path;     ///< "/emporion.warehouse.v1.WarehouseApi/Reserve"
  std::string_view request;  ///< "emporion.warehouse.v1.ReserveRequest"
  /// `request_json` empty: a request in which nothing is said. Answers JSON.
  Task<Result<std::string>> (*call)(const Calls& calls, CallContext context, std::string request_json);
};

/// All operations of all contracts, made of the protos by calls.py.
std::span<const ContractCall> contract_calls();

}  // namespace emporion::contracts
