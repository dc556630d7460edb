#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/remote/channel.hpp"
#include "kernel/remote/services.hpp"

namespace emporion::testing {

/// A channel to services in this process, over nothing but bytes, that goes wrong on order. Its errors are those of remote::Channel.
class UnreliableChannel final : public remote::Channel {
 public:
  enum class Mishap : std::uint8_t {
    none,
    request_lost,  ///< The callee hears nothing, and the caller gives up.
    answer_lost,   ///< It is done, and the caller hears nothing.
    repeated,      ///< It is done twice; the caller gets the second answer.
    late,          ///< The answer takes long, and others overtake it.
  };

  /// The replicas outlive the channel and are asked in turn.
  UnreliableChannel(Runtime& runtime, std::vector<const remote::Services*> replicas) : runtime_(runtime), replicas_(std::move(replicas)) {}

  /// What befalls the next call of that path. Without it, nothing.
  std::function<Mishap(std::string_view path)> plan;

  /// While the network is cut nobody is reached, and answers under way are lost.
  void cut(bool is_cut) { is_cut_ = is_cut; }
  /// Loses a replica for good, with what it was doing.
  void lose(const remote::Services& replica) { std::erase(replicas_, &replica); }
  /// Calls of that path that were made so far, lost ones included.
  int calls(std::string_view path) const {
    const auto found = calls_.find(path);
    return found == calls_.end() ? 0 : found->second;
  }

  Task<Result<std::string>> call(const rpc::Operation&, std::string_view path, CallContext context, std::string request) override {
    const std::string called(path);
    ++calls_[called];
    const Mishap mishap = plan ? plan(called) : Mishap::none;
    if (is_cut_ || replicas_.empty()) co_return fail(ErrorKind::unavailable, "CALLEE_UNREACHABLE", "the network is cut");
    const remote::Services* const replica = replicas_[turn_++ % replicas_.size()];
    if (mishap == Mishap::request_lost) co_return co_await lost();
    const auto& handler = replica->methods().find(called)->second.handler;
    if (mishap == Mishap::repeated) (void)co_await handler(arriving(context), request);
    auto answer = co_await handler(arriving(context), std::move(request));
    if (mishap == Mishap::late) co_await runtime_.sleep_for(long_time);
    if (mishap == Mishap::answer_lost) co_return co_await lost();
    if (is_cut_ || std::ranges::find(replicas_, replica) == replicas_.end()) {
      co_return fail(ErrorKind::unavailable, "CALLEE_UNREACHABLE", "the connection broke");
    }
    co_return answer;
  }

 private:
  static constexpr milliseconds long_time{20};

  /// What is left of a context on the other side: values, and no open transactions of its own.
  static CallContext arriving(const CallContext& sent) {
    CallContext out(sent.deadline, sent.trace, sent.principal);
    out.idempotency_key = sent.idempotency_key;
    out.client = sent.client;
    return out;
  }
  Task<Result<std::string>> lost() {
    co_await runtime_.sleep_for(long_time);
    co_return fail(ErrorKind::deadline_exceeded, "DEADLINE_EXCEEDED", "nobody answered");
  }

  Runtime& runtime_;
  std::vector<const remote::Services*> replicas_;
  std::map<std::string, int, std::less<>> calls_;
  std::size_t turn_ = 0;
  bool is_cut_ = false;
};

}  // namespace emporion::testing
