#pragma once

#include <optional>
#include <string>
#include <utility>

#include "kernel/base/time.hpp"
#include "kernel/http/router.hpp"

namespace emporion::http {

/// The pages of one operation as one body: asks for the next page, with a deadline of its own, each time the one before has left. So a long answer holds
/// neither memory nor a transaction, and in process and across processes it is the same operation. Source: docs/adr/0019.
template <typename Api, typename Request, typename Answer>
class PagedBody final : public BodySource {
 public:
  using Call = Task<Result<Answer>> (Api::*)(CallContext, Request);

  /// `next` is the token of the page that follows the first one, which the caller has. `api` and `operation` outlive it.
  PagedBody(Api& api, Call call, std::string Answer::* bytes, const rpc::Operation& operation, CallContext context, Request request,
            std::optional<std::string> next)
      : api_(api), call_(call), bytes_(bytes), operation_(operation), context_(std::move(context)), request_(std::move(request)), next_(std::move(next)) {}

  Task<Result<std::string>> next() override {
    while (next_) {
      request_.page_token = std::exchange(next_, std::nullopt);
      CallContext call = context_;
      call.deadline = SystemClock().now() + milliseconds(operation_.deadline_ms);
      auto answer = co_await (api_.*call_)(std::move(call), request_);
      if (!answer) co_return fail(std::move(answer).error());
      next_ = std::move(answer->next_page_token);
      if (!((*answer).*bytes_).empty()) co_return std::move((*answer).*bytes_);
    }
    co_return std::string();
  }

 private:
  Api& api_;
  Call call_;
  std::string Answer::* bytes_;
  const rpc::Operation& operation_;
  CallContext context_;
  Request request_;
  std::optional<std::string> next_;
};

}  // namespace emporion::http
