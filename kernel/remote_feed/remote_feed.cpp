#include "kernel/remote_feed/remote_feed.hpp"

#include <algorithm>
#include <utility>

#include "kernel/base/random.hpp"
#include "kernel/remote/call.hpp"
#include "kernel/remote_feed/messages.hpp"
#include "kernel/remote_feed/operations.hpp"

namespace emporion::remote {
namespace {

constexpr milliseconds gather{10};             // Between two watches: commits that follow each other closely are one hint.
constexpr milliseconds watch_again_most{500};  // After a failure, with jitter; what commits meanwhile is found by polling.

/// What is wrong with an answer; null if it may be applied. A consumer moves to `next` for good, so nothing here may be taken on trust.
const char* problem_of(const messaging::FeedPage& page, const FeedReadRequest& request) {
  if (page.items.size() > static_cast<std::size_t>(request.count)) return "it has more events than were asked for";
  messaging::Position last = request.after;
  for (const auto& item : page.items) {
    if (item.position <= last) return "its events are not in the order of their positions";
    if (item.event.source != request.producer) return "it has an event of another producer";
    if (std::ranges::find(request.topics, item.event.topic) == request.topics.end()) return "it has an event of a topic that was not asked for";
    last = item.position;
  }
  return page.next < last ? "it would be read on before its last event" : nullptr;
}

class PullingFeed final : public RemoteFeed {
 public:
  PullingFeed(Runtime& runtime, std::shared_ptr<Channel> channel, RemoteFeedOptions options)
      : runtime_(runtime), channel_(std::move(channel)), options_(std::move(options)) {}

  const std::string& producer() const noexcept override { return options_.producer; }

  Task<Result<messaging::FeedPage>> read(messaging::Position after, std::vector<std::string> topics, int count) override {
    const FeedReadRequest request{options_.producer, after, std::move(topics), count};
    EMP_CO_ASSIGN(auto page,
                  co_await call<messaging::FeedPage>(*channel_, feed_operations::read, feed_operations::read_path, context(feed_operations::read), request));
    if (const char* problem = problem_of(page, request)) {
      co_return fail(unreadable(feed_operations::read, Error(ErrorKind::internal, "FEED_PAGE_UNSOUND", problem)));
    }
    co_return page;
  }

  void on_hint(std::function<void()> wake) override {
    listeners_.push_back(std::move(wake));
    if (listeners_.size() == 1) scope_.spawn(watch());
  }

  Task<void> close() override {
    closing_ = true;
    co_await scope_.join();
  }

 private:
  CallContext context(const rpc::Operation& operation) {
    const UtcTime now = clock_.now();
    return CallContext(now + milliseconds(operation.deadline_ms), Uuid::v7(now, random_), Principal::of_service(options_.reader));
  }

  Task<void> watch() {
    FeedHint seen;
    while (!closing_) {
      const FeedWatchRequest request{options_.producer, seen};
      const auto hint = co_await call<FeedHint>(*channel_, feed_operations::watch, feed_operations::watch_path, context(feed_operations::watch), request);
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

  Runtime& runtime_;
  std::shared_ptr<Channel> channel_;
  RemoteFeedOptions options_;
  SystemClock clock_;
  SystemRandom random_;
  std::vector<std::function<void()>> listeners_;
  Scope scope_;
  bool closing_ = false;
};

}  // namespace

std::shared_ptr<RemoteFeed> remote_feed(Runtime& runtime, std::shared_ptr<Channel> channel, RemoteFeedOptions options) {
  return std::make_shared<PullingFeed>(runtime, std::move(channel), std::move(options));
}

}  // namespace emporion::remote
