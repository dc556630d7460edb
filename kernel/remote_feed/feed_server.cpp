#include "kernel/remote_feed/feed_server.hpp"

#include <algorithm>
#include <utility>

#include "kernel/base/assert.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/remote_feed/messages.hpp"
#include "kernel/remote_feed/operations.hpp"

namespace emporion::remote {
namespace {

constexpr seconds watch_most{10};   // Routers and NATs forget a connection that is silent for longer than some minutes; this is well below.
constexpr seconds watch_margin{1};  // The answer is under way before the caller gives up.
constexpr milliseconds tick{250};
constexpr int count_most = 1'000;
// With one event of at most 2 MiB (outbox) always below 4 MiB, the most that a gRPC client takes unless it is told otherwise.
constexpr std::size_t page_bytes_most = 1u << 20;
constexpr std::size_t event_bytes_beside = 160;  // Ids, time and position, with their tags.

std::size_t bytes_of(const messaging::Envelope& event) {
  return event.data.size() + event.topic.size() + event.source.size() + event.aggregate_id.size() + event_bytes_beside;
}

/// Ends the page before it gets too large; then it reads on after its last item, as a full page does. The first item stays whatever its size.
void bound(messaging::FeedPage& page) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    bytes += bytes_of(page.items[i].event);
    if (i == 0 || bytes <= page_bytes_most) continue;
    page.items.resize(i);
    page.next = page.items.back().position;
  }
}

}  // namespace

struct FeedServer::Impl : std::enable_shared_from_this<FeedServer::Impl> {
  struct Watcher {
    OneShot<bool> answered;
    UtcTime until;
  };
  struct Producer {
    std::shared_ptr<messaging::EventFeed> feed;
    std::int64_t writes = 0;
    std::vector<Watcher*> watchers;
    bool rings = false;
  };

  explicit Impl(Runtime& r) : runtime(r) {
    SystemRandom random;
    process = 1 + static_cast<std::int64_t>(random.below(1ull << 62));
  }

  void add(std::shared_ptr<messaging::EventFeed> feed) {
    const std::string name = feed->producer();
    const auto added = producers.emplace(name, std::make_unique<Producer>());
    EMP_ASSERT(added.second);  // One feed for each module.
    Producer* const producer = added.first->second.get();
    producer->feed = std::move(feed);
    producer->feed->on_hint([weak = weak_from_this(), producer] {
      if (const auto self = weak.lock()) self->written(*producer);
    });
  }

  void written(Producer& producer) {
    ++producer.writes;
    if (producer.watchers.empty() || producer.rings) return;
    producer.rings = true;
    // Not inline: the committer's own caller is answered first.
    runtime.post([weak = weak_from_this(), &producer] {
      const auto self = weak.lock();
      if (!self) return;
      producer.rings = false;
      self->answer(producer, UtcTime::from_micros(std::numeric_limits<std::int64_t>::max()));
    });
  }

  /// Answers those whose time is up at `now`.
  void answer(Producer& producer, UtcTime now) {
    const auto first = std::ranges::partition(producer.watchers, [&](const Watcher* each) { return each->until > now; }).begin();
    const std::vector<Watcher*> due(first, producer.watchers.end());
    producer.watchers.erase(first, producer.watchers.end());
    for (Watcher* each : due) each->answered.set(true);
  }

  bool is_watched() const {
    return std::ranges::any_of(producers, [](const auto& each) { return !each.second->watchers.empty(); });
  }

  Task<void> keep_time() {
    while (!closed && is_watched()) {
      co_await runtime.sleep_for(tick);
      for (auto& [name, producer] : producers) answer(*producer, clock.now());
    }
  }

  Result<Producer*> find(const std::string& name) {
    const auto found = producers.find(name);
    if (found == producers.end()) {
      return fail(
          Error(ErrorKind::not_found, "PRODUCER_NOT_HERE", text("this process has no module ", name, "; check that all processes have the same placement")));
    }
    return found->second.get();
  }

  Task<Result<std::string>> read(CallContext context, std::string bytes) {
    EMP_CO_TRY(rpc::admit(feed_operations::read, context, clock.now()));
    EMP_CO_ASSIGN(auto request, wire::from_bytes<FeedReadRequest>(bytes));
    if (request.count < 1 || request.count > count_most) {
      co_return fail(ErrorKind::invalid_argument, "FEED_COUNT_INVALID", text("asked for ", request.count, " events; ask for 1 to ", count_most));
    }
    EMP_CO_ASSIGN(Producer* const producer, find(request.producer));
    EMP_CO_ASSIGN(auto page, co_await producer->feed->read(request.after, std::move(request.topics), request.count));
    bound(page);
    co_return wire::to_bytes(page);
  }

  Task<Result<std::string>> read_and_record(CallContext context, std::string bytes) {
    const UtcTime began = clock.now();
    auto answer = co_await read(std::move(context), std::move(bytes));
    rpc::record_call(feed_operations::read, answer ? nullptr : &answer.error(), clock.now() - began);
    co_return answer;
  }

  /// Not recorded as a call: how long it took says only how long nothing happened.
  Task<Result<std::string>> watch(CallContext context, std::string bytes) {
    EMP_CO_TRY(rpc::admit(feed_operations::watch, context, clock.now()));
    EMP_CO_ASSIGN(const auto request, wire::from_bytes<FeedWatchRequest>(bytes));
    EMP_CO_ASSIGN(Producer* const producer, find(request.producer));
    const bool has_news = request.seen.process == process && request.seen.writes != producer->writes;
    Watcher watcher;
    watcher.until = std::min(clock.now() + watch_most, context.deadline - watch_margin);
    if (!closed && !has_news && clock.now() < watcher.until) {
      producer->watchers.push_back(&watcher);
      if (scope.running() == 0) scope.spawn(keep_time());
      co_await watcher.answered;
    }
    co_return wire::to_bytes(FeedHint{process, producer->writes});
  }

  static Task<Result<std::string>> run(std::shared_ptr<Impl> self, Task<Result<std::string>> (Impl::*method)(CallContext, std::string), CallContext context,
                                       std::string bytes) {
    co_return co_await ((*self).*method)(std::move(context), std::move(bytes));
  }

  Runtime& runtime;
  SystemClock clock;
  std::int64_t process = 0;
  std::map<std::string, std::unique_ptr<Producer>, std::less<>> producers;
  Scope scope;
  bool closed = false;
};

FeedServer::FeedServer(Runtime& runtime, std::vector<std::shared_ptr<messaging::EventFeed>> local) : impl_(std::make_shared<Impl>(runtime)) {
  for (auto& feed : local) impl_->add(std::move(feed));
}
FeedServer::~FeedServer() = default;

void FeedServer::serve(Services& services) {
  const auto impl = impl_;
  services.add(std::string(feed_operations::read_path), feed_operations::read,
               [impl](CallContext context, std::string bytes) { return Impl::run(impl, &Impl::read_and_record, std::move(context), std::move(bytes)); });
  services.add(std::string(feed_operations::watch_path), feed_operations::watch,
               [impl](CallContext context, std::string bytes) { return Impl::run(impl, &Impl::watch, std::move(context), std::move(bytes)); });
}

Task<void> FeedServer::close() {
  const auto impl = impl_;
  impl->closed = true;
  for (auto& [name, producer] : impl->producers) impl->answer(*producer, UtcTime::from_micros(std::numeric_limits<std::int64_t>::max()));
  co_await impl->scope.join();
}

}  // namespace emporion::remote
