#include "kernel/bridge/bridge.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/bridge/cloud_event.hpp"
#include "kernel/messaging/feed_lag.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"

namespace emporion::bridge {
namespace {

using messaging::Position;
using postgres::Effect;
using postgres::Statement;

constexpr Statement take_lease{
    "bridge.lease",
    "INSERT INTO feed_position AS p (producer, lease_owner, lease_until) VALUES ($1, $2, now() + make_interval(secs => $3)) "
    "ON CONFLICT (producer) DO UPDATE SET lease_owner = excluded.lease_owner, lease_until = excluded.lease_until "
    "WHERE p.lease_owner IS NOT DISTINCT FROM excluded.lease_owner OR p.lease_until IS NULL OR p.lease_until < now() RETURNING p.xid, p.id",
    Effect::writes};
constexpr Statement give_lease{"bridge.give_lease", "UPDATE feed_position SET lease_until = NULL WHERE producer = $1 AND lease_owner = $2", Effect::writes};
constexpr Statement move_position{"bridge.move", "UPDATE feed_position SET xid = $3, id = $4 WHERE producer = $1 AND lease_owner = $2", Effect::writes};

constexpr std::int32_t lease_s = 30;  // Longer than a broker may take to confirm, so that two replicas seldom bring the same.
constexpr milliseconds tick{20};
constexpr seconds tell_again{60};
constexpr std::int64_t persist_idle_after = 10'000;  // Transactions.

/// Of all bridges together: how many events, by what became of them.
class Counters {
 public:
  explicit Counters(const std::string& producer)
      : published_(counter("published", "Events sent to the broker, repeats counted.", producer)),
        confirmed_(counter("confirmed", "Events that the broker stored.", producer)),
        unroutable_(counter("unroutable", "Events that no queue was bound for.", producer)),
        refused_(counter("refused", "Events that the broker did not take.", producer)) {}

  void sent(std::size_t count) { published_.increment(count); }
  void answered(const std::vector<amqp::Fate>& fates) {
    confirmed_.increment(static_cast<std::size_t>(std::ranges::count(fates, amqp::Fate::stored)));
    unroutable_.increment(static_cast<std::size_t>(std::ranges::count(fates, amqp::Fate::unroutable)));
    refused_.increment(static_cast<std::size_t>(std::ranges::count(fates, amqp::Fate::refused)));
  }

 private:
  static observe::Counter& counter(std::string_view what, std::string_view help, const std::string& producer) {
    return observe::counter(text("emporion_bridge_", what, "_total"), std::string(help), {{"producer", producer}});
  }
  observe::Counter& published_;
  observe::Counter& confirmed_;
  observe::Counter& unroutable_;
  observe::Counter& refused_;
};

}  // namespace

struct Bridge::Impl {
  Runtime& runtime;
  postgres::Database& store;
  std::shared_ptr<messaging::EventFeed> feed;
  std::vector<std::string> topics;
  BridgeOptions options;
  amqp::Publisher publisher;
  SystemClock clock;
  SystemRandom random;
  const std::string place;  ///< The row's name: no module is called so.
  const std::string owner;
  messaging::FeedLag lag;
  Counters counters;
  Scope scope;
  bool stopping = false;
  bool hinted = false;
  Position at;
  Position persisted;
  UtcTime lease_end;
  std::optional<UtcTime> told_of_failure;

  Impl(Runtime& r, postgres::Database& s, std::shared_ptr<messaging::EventFeed> f, amqp::PublisherOptions broker, BridgeOptions o)
      : runtime(r),
        store(s),
        feed(std::move(f)),
        topics(broker.topics),
        options(o),
        publisher(r, std::move(broker)),
        place(text("bridge.", feed->producer())),
        owner(Uuid::v7(clock.now(), random).to_string()),
        lag("bridge", feed->producer()),
        counters(feed->producer()) {}

  Task<void> follow() {
    milliseconds pause = options.retry_first;
    while (!stopping) {
      hinted = false;
      const auto step = co_await step_once();
      if (!step) {
        lag.blind(clock.now());
        tell_of_failure(step.error());
        co_await rest(pause, false);
        pause = std::min(pause * 2, options.retry_most);
        continue;
      }
      pause = options.retry_first;
      if (std::exchange(told_of_failure, std::nullopt)) observe::info("events are brought to the broker again", {{"producer", feed->producer()}});
      if (*step == 0) co_await rest(options.poll, true);
    }
  }

  /// Until then, or until there may be something new.
  Task<void> rest(microseconds span, bool hints_end_it) {
    const UtcTime end = clock.now() + span;
    while (!stopping && clock.now() < end && !(hints_end_it && hinted)) {
      lag.show(clock.now());
      co_await runtime.sleep_for(tick);
    }
  }

  void tell_of_failure(const Error& error) {
    const UtcTime now = clock.now();
    if (told_of_failure && now < *told_of_failure + tell_again) return;
    told_of_failure = now;
    observe::warning("events could not be brought to the broker; they wait", {{"producer", feed->producer()}, {"error", error.to_string()}});
  }

  Task<Result<bool>> hold_lease() {
    constexpr seconds renew_before{20};
    const UtcTime asked = clock.now();
    if (asked < lease_end - renew_before) co_return true;
    const bool had = asked < lease_end;
    EMP_CO_ASSIGN(const auto rows, co_await store.query(take_lease, place, owner, lease_s));
    if (rows.empty()) co_return false;
    lease_end = asked + seconds(lease_s);
    if (!had) at = persisted = {rows[0].get<std::int64_t>(0), rows[0].get<std::int64_t>(1)};
    co_return true;
  }

  /// Brings one page. Answers how many events are with the broker now.
  Task<Result<int>> step_once() {
    EMP_CO_ASSIGN(const bool leased, co_await hold_lease());
    if (!leased) {
      lag.caught_up();
      co_return 0;
    }
    EMP_CO_ASSIGN(const auto page, co_await feed->read(at, topics, options.batch));
    if (page.items.empty()) {
      at = page.next;
      lag.caught_up();
      if (at.xid - persisted.xid > persist_idle_after) EMP_CO_TRY(co_await move_to(at));
      co_return 0;
    }
    const auto earlier = [](const auto& a, const auto& b) { return a.event.occurred_at < b.event.occurred_at; };
    lag.in_hand(std::ranges::min_element(page.items, earlier)->event.occurred_at);
    lag.show(clock.now());
    EMP_CO_ASSIGN(const auto fates, co_await publish(page));
    const auto stored = static_cast<std::size_t>(std::ranges::find_if(fates, [](amqp::Fate fate) { return fate != amqp::Fate::stored; }) - fates.begin());
    if (stored == page.items.size()) {
      EMP_CO_TRY(co_await move_to(page.next));
    } else if (stored > 0) {
      EMP_CO_TRY(co_await move_to(page.items[stored - 1].position));
    }
    if (stored < page.items.size()) co_return not_taken(page.items[stored].event, fates[stored]);
    lag.applied();
    co_return static_cast<int>(stored);
  }

  Task<Result<std::vector<amqp::Fate>>> publish(const messaging::FeedPage& page) {
    std::vector<amqp::Message> batch;
    for (const auto& item : page.items) {
      batch.push_back(
          {.id = item.event.event_id.to_string(), .topic = item.event.topic, .content_type = std::string(cloud_event_type), .body = cloud_event(item.event)});
    }
    counters.sent(batch.size());
    auto fates = co_await publisher.publish(std::move(batch));
    if (fates) counters.answered(*fates);
    co_return fates;
  }

  static std::unexpected<Error> not_taken(const messaging::Envelope& event, amqp::Fate fate) {
    const std::string which = text("event ", event.event_id, " of ", event.topic);
    if (fate == amqp::Fate::unroutable) return fail(ErrorKind::unavailable, "EVENT_UNROUTABLE", text(which, ": no queue is bound for it"));
    return fail(ErrorKind::unavailable, "EVENT_REFUSED", text(which, ": the broker did not take it"));
  }

  Task<Result<>> move_to(Position to) {
    EMP_CO_ASSIGN(const auto moved, co_await store.query(move_position, place, owner, to.xid, to.id));
    if (moved.affected() != 1) {
      lease_end = UtcTime();
      co_return fail(ErrorKind::conflict, "FEED_LEASE_LOST", place);
    }
    at = persisted = to;
    co_return Result<>();
  }
};

Bridge::Bridge(Runtime& runtime, postgres::Database& store, std::shared_ptr<messaging::EventFeed> feed, amqp::PublisherOptions broker, BridgeOptions options) {
  std::erase_if(broker.topics, [&](const std::string& topic) { return topic.substr(0, topic.find('.')) != feed->producer(); });
  impl_ = std::make_shared<Impl>(runtime, store, std::move(feed), std::move(broker), options);
}
Bridge::~Bridge() = default;

void Bridge::start() {
  if (impl_->topics.empty()) return;
  impl_->feed->on_hint([weak = std::weak_ptr(impl_)] {
    if (const auto impl = weak.lock()) impl->hinted = true;
  });
  impl_->scope.spawn(impl_->follow());
}

Task<void> Bridge::stop() {
  impl_->stopping = true;
  co_await impl_->scope.join();
  (void)co_await impl_->store.query(give_lease, impl_->place, impl_->owner);
}

}  // namespace emporion::bridge
