#pragma once

#include <utility>

#include "kernel/remote/channel.hpp"
#include "kernel/remote/services.hpp"
#include "kernel/wire/reader.hpp"
#include "kernel/wire/writer.hpp"

namespace emporion::remote {

/// The bytes of one call, sent. No transaction may be open (asserted, wall 3).
Task<Result<std::string>> send(Channel& channel, const rpc::Operation& operation, std::string_view path, CallContext context, std::string request);
/// What an answer that does not read is to the caller: the callee's fault, so its outcome is unknown.
Error unreadable(const rpc::Operation& operation, const Error& why);

template <typename Response>
Task<Result<Response>> read_answer(const rpc::Operation& operation, Task<Result<std::string>> sent) {
  auto bytes = co_await std::move(sent);
  if (!bytes) co_return fail(std::move(bytes).error());
  auto answer = wire::from_bytes<Response>(*bytes);
  if (!answer) co_return fail(unreadable(operation, answer.error()));
  co_return answer;
}

/// Calls an operation in another process. The request is written before this returns, so it need not live on.
template <typename Response, typename Request>
Task<Result<Response>> call(Channel& channel, const rpc::Operation& operation, std::string_view path, CallContext context, const Request& request) {
  return read_answer<Response>(operation, send(channel, operation, path, std::move(context), wire::to_bytes(request)));
}

template <typename Api, typename Request, typename Response>
Task<Result<std::string>> answer(Api& api, Task<Result<Response>> (Api::*method)(CallContext, Request), CallContext context, std::string bytes) {
  auto request = wire::from_bytes<Request>(bytes);
  if (!request) co_return fail(std::move(request).error());
  auto response = co_await (api.*method)(std::move(context), std::move(*request));
  if (!response) co_return fail(std::move(response).error());
  co_return wire::to_bytes(*response);
}

/// Offers one operation of `api` to other processes.
template <typename Api, typename Request, typename Response>
void offer(Services& services, const rpc::Operation& operation, std::string path, Api& api, Task<Result<Response>> (Api::*method)(CallContext, Request)) {
  services.add(std::move(path), operation,
               [&api, method](CallContext context, std::string bytes) { return answer(api, method, std::move(context), std::move(bytes)); });
}

}  // namespace emporion::remote
