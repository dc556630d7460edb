#include "kernel/remote_feed/remote_feed.hpp"

#include <algorithm>
#include <utility>

#include "kernel/base/random.hpp"
#include "kernel/remote/call.hpp"
#include "kernel/remote_feed/messages.hpp"
#include "kernel/remote_feed/operations.hpp"
#include "kernel/remote_feed/watch.hpp"

namespace emporion::remote {
namespace {

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
      : channel_(std::move(channel)),
        options_(std::move(options)),
        watch_(runtime, options_.watched.empty() ? std::vector{channel_} : options_.watched, options_.producer, options_.reader) {}

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

  void on_hint(std::function<void()> wake) override { watch_.on_hint(std::move(wake)); }
  Task<void> close() override { return watch_.close(); }

 private:
  CallContext context(const rpc::Operation& operation) {
    const UtcTime now = clock_.now();
    return CallContext(now + milliseconds(operation.deadline_ms), Uuid::v7(now, random_), Principal::of_service(options_.reader));
  }

  std::shared_ptr<Channel> channel_;
  RemoteFeedOptions options_;
  SystemClock clock_;
  SystemRandom random_;
  Watch watch_;
};

class ReplicatedFeed final : public RemoteFeed {
 public:
  ReplicatedFeed(Runtime& runtime, std::shared_ptr<messaging::EventFeed> here, RemoteFeedOptions options)
      : here_(std::move(here)), watch_(runtime, std::move(options.watched), std::move(options.producer), std::move(options.reader)) {}

  const std::string& producer() const noexcept override { return here_->producer(); }
  Task<Result<messaging::FeedPage>> read(messaging::Position after, std::vector<std::string> topics, int count) override {
    return here_->read(after, std::move(topics), count);
  }
  void on_hint(std::function<void()> wake) override {
    here_->on_hint(wake);
    watch_.on_hint(std::move(wake));
  }
  Task<void> close() override { return watch_.close(); }

 private:
  std::shared_ptr<messaging::EventFeed> here_;
  Watch watch_;
};

}  // namespace

std::shared_ptr<RemoteFeed> remote_feed(Runtime& runtime, std::shared_ptr<Channel> channel, RemoteFeedOptions options) {
  return std::make_shared<PullingFeed>(runtime, std::move(channel), std::move(options));
}

std::shared_ptr<RemoteFeed> replicated_feed(Runtime& runtime, std::shared_ptr<messaging::EventFeed> here, RemoteFeedOptions options) {
  return std::make_shared<ReplicatedFeed>(runtime, std::move(here), std::move(options));
}

}  // namespace emporion::remote
