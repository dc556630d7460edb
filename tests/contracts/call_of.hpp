#pragma once

#include <string>
#include <utility>

#include "kernel/json/codec.hpp"
#include "tests/contracts/contract_call.hpp"

namespace emporion::contracts {

template <auto method>
struct CallOf;

template <typename Api, typename Request, typename Response, Task<Result<Response>> (Api::*method)(CallContext, Request)>
struct CallOf<method> {
  static Task<Result<std::string>> call(const Calls& calls, CallContext context, std::string request_json) {
    Request request;
    if (!request_json.empty()) {
      EMP_CO_ASSIGN(request, parse_json<Request>(request_json));
    }
    auto answer = co_await (calls.get<Api>().*method)(std::move(context), std::move(request));
    if (!answer) co_return fail(std::move(answer).error());
    co_return to_json(*answer);
  }
};

}  // namespace emporion::contracts
