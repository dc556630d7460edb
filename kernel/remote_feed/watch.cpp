#include "kernel/remote_feed/watch.hpp"

#include "kernel/remote/call.hpp"
#include "kernel/remote_feed/messages.hpp"
#include "kernel/remote_feed/operations.hpp"

namespace emporion::remote {
namespace {

constexpr milliseconds gather{10};             // Between two watches: commits that follow each other closely are one hint.
constexpr milliseconds watch_again_most{500};  // After a failure, with jitter; what commits meanwhile is found by polling.

}  // namespace

void Watch::on_hint(std::function<void()> wake) {
  listeners_.push_back(std::move(wake));
  if (listeners_.size() > 1) return;
  for (const auto& place : places_) scope_.spawn(watch(place));
}

Task<void> Watch::close() {
  closing_ = true;
  co_await scope_.join();
}

Task<void> Watch::watch(std::shared_ptr<Channel> place) {
  FeedHint seen;
  while (!closing_) {
    const UtcTime now = clock_.now();
    const CallContext context(now + milliseconds(feed_operations::watch.deadline_ms), Uuid::v7(now, random_), Principal::of_service(reader_));
    const FeedWatchRequest request{producer_, seen};
    const auto hint = co_await call<FeedHint>(*place, feed_operations::watch, feed_operations::watch_path, context, request);
    if (closing_) break;
    if (!hint) {
      co_await runtime_.sleep_for(watch_again_most / 2 + milliseconds(random_.below(watch_again_most.count() / 2)));
      continue;
    }
    if (*hint != seen) {
      for (const auto& listener : listeners_) listener();
    }
    seen = *hint;
    co_await runtime_.sleep_for(gather);
  }
}

}  // namespace emporion::remote
