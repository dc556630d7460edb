#include <algorithm>
#include <set>
#include <unordered_set>

#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/messaging/event_spans.hpp"
#include "kernel/messaging/feed.hpp"
#include "kernel/messaging/feed_lag.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"

namespace emporion::messaging {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement take_lease{
    "feed.lease",
    // Who holds it writes down how far it has read, also where nothing of it was to be heard: $4 and $5, null for who does not hold it.
    "INSERT INTO feed_position AS p (producer, lease_owner, lease_until) VALUES ($1, $2, now() + make_interval(secs => $3)) "
    "ON CONFLICT (producer) DO UPDATE SET lease_owner = excluded.lease_owner, lease_until = excluded.lease_until, xid = coalesce($4, p.xid), id = coalesce($5, "
    "p.id) "
    "WHERE p.lease_owner IS NOT DISTINCT FROM excluded.lease_owner OR p.lease_until IS NULL OR p.lease_until < now() RETURNING p.xid, p.id",
    Effect::writes};
constexpr Statement give_lease{"feed.give_lease", "UPDATE feed_position SET lease_until = NULL WHERE lease_owner = $1", Effect::writes};
constexpr Statement move_position{"feed.move", "UPDATE feed_position SET xid = $3, id = $4 WHERE producer = $1 AND lease_owner = $2", Effect::writes};
constexpr Statement insert_inbox{
    "feed.inbox", "INSERT INTO inbox (event_id, topic) SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT DO NOTHING RETURNING event_id", Effect::writes};
constexpr Statement select_parked{
    "feed.parked", "SELECT DISTINCT aggregate_id FROM dead_letter WHERE producer = $1 AND aggregate_id = ANY ($2) AND state IN ('parked', 'waiting', 'due')"};
constexpr Statement park_event{
    "feed.park",
    "INSERT INTO dead_letter (event_id, producer, topic, aggregate_id, aggregate_version, occurred_at, trace, data, error, tries, state) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (event_id) DO NOTHING",
    Effect::writes};
constexpr Statement select_due{"feed.due",
                               "SELECT event_id, producer, topic, aggregate_id, aggregate_version, occurred_at, trace, data, tries FROM dead_letter WHERE "
                               "state = 'due' ORDER BY seq LIMIT 100"};
constexpr Statement mark_letter{"feed.mark", "UPDATE dead_letter SET state = $2, error = coalesce($3, error), tries = $4 WHERE event_id = $1", Effect::writes};
constexpr Statement take_letter{"feed.take", "UPDATE dead_letter SET state = 'redelivered', tries = $2 WHERE event_id = $1 AND state = 'due'", Effect::writes};
constexpr Statement hold_aggregate{"feed.hold", "UPDATE dead_letter SET state = 'waiting' WHERE producer = $1 AND aggregate_id = $2 AND state = 'due'",
                                   Effect::writes};

constexpr std::int32_t lease_s = 6;  // A crashed replica holds up its feeds for this long.
constexpr seconds lease_renew{2};
constexpr milliseconds lease_retry{250};  // While another replica holds it, whatever commits meanwhile.
constexpr milliseconds read_pause{10};    // Lets commits gather, so a busy producer is not read once per commit.
constexpr int reads_in_vain_free = 4;     // Then they come further apart, up to:
constexpr milliseconds read_apart_max{50};
constexpr milliseconds tick{50};
constexpr seconds tell_again{60};  // A producer that is away does not fill the log.
constexpr seconds redelivery_period{1};
constexpr int refused_tries_max = 2;

/// How far apart two reads are. Each commit of a producer is a hint, and a busy one may commit hundreds of times a second and tell this module nothing.
milliseconds apart_after(int reads_in_vain) {
  milliseconds out{0};
  for (int i = reads_in_vain_free; i <= reads_in_vain && out < read_apart_max; ++i)
    out = out == milliseconds(0) ? read_pause : std::min(out * 2, read_apart_max);
  return out;
}

}  // namespace

struct Consumer::Impl {
  Runtime& runtime;
  postgres::Database& database;
  Subscriptions subscriptions;
  std::vector<std::shared_ptr<EventFeed>> feeds;
  ConsumerOptions options;
  SystemClock clock;
  SystemRandom random;
  std::string owner;
  Scope scope;
  bool stopping = false;

  struct Follower {
    std::shared_ptr<EventFeed> feed;
    std::vector<std::string> topics;
    FeedLag lag;
    Position at;
    UtcTime lease_end;
    bool leased = false;                     ///< As the last step found it.
    std::optional<UtcTime> told_of_failure;  ///< Last; empty while it can be read.
    std::int64_t wanted = 0;                 ///< Transactions below this one are to be seen before resting.
    bool hinted = false;
    std::unique_ptr<OneShot<bool>> rest;
    UtcTime rest_until;
  };
  std::vector<std::unique_ptr<Follower>> followers;

  Impl(Runtime& r, postgres::Database& db, Subscriptions s, std::vector<std::shared_ptr<EventFeed>> f, ConsumerOptions o)
      : runtime(r), database(db), subscriptions(std::move(s)), feeds(std::move(f)), options(o), owner(Uuid::v7(clock.now(), random).to_string()) {
    for (auto& feed : feeds) {
      std::vector<std::string> topics;
      for (const auto& [topic, handle] : subscriptions.handlers()) {
        if (std::string_view(topic).substr(0, topic.find('.')) == feed->producer()) topics.push_back(topic);
      }
      if (topics.empty()) continue;
      followers.push_back(std::make_unique<Follower>(feed, std::move(topics), FeedLag(database.module(), feed->producer())));
    }
  }

  CallContext context() { return CallContext(clock.now() + seconds(30), Uuid::v7(clock.now(), random), Principal::of_service(database.module())); }

  void wake(Follower& follower) {
    if (follower.rest) std::exchange(follower.rest, nullptr)->set(true);
  }

  Task<void> rest(Follower& follower, microseconds span) {
    if (stopping) co_return;
    OneShot<bool>* const shot = (follower.rest = std::make_unique<OneShot<bool>>()).get();
    follower.rest_until = clock.now() + span;
    // `wake` moves the shot out and sets it, so it is kept alive by the mover until this coroutine has left the await.
    (void)co_await *shot;
  }

  Task<Result<bool>> hold_lease(Follower& follower) {
    if (clock.now() < follower.lease_end - (seconds(lease_s) - lease_renew)) co_return true;
    const bool had = clock.now() < follower.lease_end;
    const UtcTime asked = clock.now();
    const auto xid = had ? std::optional(follower.at.xid) : std::nullopt;
    const auto id = had ? std::optional(follower.at.id) : std::nullopt;
    EMP_CO_ASSIGN(const auto rows, co_await database.query(take_lease, follower.feed->producer(), owner, lease_s, xid, id));
    if (rows.empty()) co_return false;
    follower.lease_end = asked + seconds(lease_s);
    follower.at = {rows[0].get<std::int64_t>(0), rows[0].get<std::int64_t>(1)};
    co_return true;
  }

  void tell_of_failure(Follower& follower, const Error& error) {
    const UtcTime now = clock.now();
    if (follower.told_of_failure && now < *follower.told_of_failure + tell_again) return;
    follower.told_of_failure = now;
    observe::warning("feed could not be read", {{"consumer", database.module()}, {"producer", follower.feed->producer()}, {"error", error.to_string()}});
  }

  Task<void> follow(Follower& follower) {
    milliseconds quick{2};
    int in_vain = 0;  // Reads in a row that found nothing, though the producer wrote something.
    UtcTime read_at;
    while (!stopping) {
      const auto apart = apart_after(in_vain) - (clock.now() - read_at);
      if (apart > microseconds(0)) co_await runtime.sleep_for(std::chrono::duration_cast<microseconds>(apart));
      read_at = clock.now();
      follower.hinted = false;
      const auto step = co_await step_once(follower);
      if (!step) {
        follower.lag.blind(clock.now());
        tell_of_failure(follower, step.error());
        co_await rest(follower, seconds(1));
        continue;
      }
      if (follower.told_of_failure) {
        observe::info("feed is read again", {{"consumer", database.module()}, {"producer", follower.feed->producer()}});
        follower.told_of_failure.reset();
      }
      if (!follower.leased) {
        // Asking is a write of its own, which hints the feeds of this module: without a pause, followers that wait for a dead replica's leases wake each other.
        co_await runtime.sleep_for(lease_retry);
      } else if (*step > 0) {
        quick = milliseconds(2);
        in_vain = 0;
        co_await runtime.sleep_for(read_pause);
      } else if (++in_vain; follower.hinted) {
        co_await runtime.sleep_for(read_pause);
      } else if (follower.at.xid < follower.wanted) {
        // Something committed, but an older transaction still runs: what it may yet write comes first.
        co_await runtime.sleep_for(quick);
        quick = std::min(quick * 2, milliseconds(50));
      } else {
        quick = milliseconds(2);
        const UtcTime until = clock.now() + options.poll;
        co_await rest(follower, options.poll);
        if (clock.now() >= until) in_vain = 0;
      }
    }
  }

  /// Reads and applies one page. Answers the number of events taken care of.
  Task<Result<int>> step_once(Follower& follower) {
    EMP_CO_ASSIGN(follower.leased, co_await hold_lease(follower));
    if (!follower.leased) {
      observe::counter("emporion_feed_leases_refused_total", "Feeds that another replica read just then.",
                       {{"consumer", database.module()}, {"producer", follower.feed->producer()}})
          .increment();
      follower.wanted = 0;
      follower.lag.caught_up();
      co_return 0;
    }
    EMP_CO_ASSIGN(auto page, co_await read(follower));
    if (follower.wanted <= follower.at.xid) follower.wanted = page.begun;
    if (page.items.empty()) {
      follower.at = page.next;
      if (follower.at.xid < follower.wanted) {
        follower.lag.blind(clock.now());
      } else {
        follower.lag.caught_up();
      }
      co_return 0;
    }
    const int count = static_cast<int>(page.items.size());
    auto applied = co_await apply(follower, page.items, page.next);
    if (!applied) {
      for (auto& item : page.items) {
        std::vector<FeedPage::Item> one;
        one.push_back(item);
        EMP_CO_TRY(co_await apply_or_park(follower, std::move(one)));
      }
    }
    follower.at = page.next;
    follower.lag.applied();
    co_return count;
  }

  Task<Result<FeedPage>> read(Follower& follower) {
    auto page = co_await follower.feed->read(follower.at, follower.topics, options.batch);
    // Somebody has to say where to go on (operating.md, Upkeep): it is read from the table again, and what is in memory forgotten.
    if (!page && page.error().reason() == "EVENTS_GONE") follower.lease_end = UtcTime();
    if (page && !page->items.empty()) {
      const auto earlier = [](const FeedPage::Item& a, const FeedPage::Item& b) { return a.event.occurred_at < b.event.occurred_at; };
      follower.lag.in_hand(std::ranges::min_element(page->items, earlier)->event.occurred_at);
      follower.lag.show(clock.now());
      note_arrival(database.module(), page->items);
    }
    co_return page;
  }

  Task<Result<>> apply(Follower& follower, std::vector<FeedPage::Item> items, Position next) {
    const EventSpans spans(database.module(), items);
    auto applied = co_await apply_together(follower, std::move(items), next);
    spans.ended(applied ? nullptr : &applied.error());
    co_return applied;
  }

  /// Position, inbox rows and effects of these events, in one transaction.
  Task<Result<>> apply_together(Follower& follower, std::vector<FeedPage::Item> items, Position next) {
    EMP_CO_ASSIGN(auto work, co_await database.begin(context()));
    std::vector<Uuid> ids;
    std::vector<std::string> topics, aggregates;
    for (const auto& item : items) {
      ids.push_back(item.event.event_id);
      topics.push_back(item.event.topic);
      aggregates.push_back(item.event.aggregate_id);
    }
    std::vector<postgres::Bound> unit;
    unit.push_back(postgres::bind(insert_inbox, ids, topics));
    unit.push_back(postgres::bind(select_parked, follower.feed->producer(), aggregates));
    EMP_CO_ASSIGN(const auto answers, co_await work.run_together(std::move(unit)));
    std::unordered_set<Uuid> fresh;
    for (const auto row : answers[0]) fresh.insert(row.get<Uuid>(0));
    std::set<std::string, std::less<>> parked;
    for (const auto row : answers[1]) parked.insert(row.get<std::string>(0));
    std::vector<Envelope> together;  // Events of one topic that follow each other, for a handler that takes many.
    for (auto& item : items) {
      if (!EMP_GUARD("messaging.inbox_is_asked", fresh.contains(item.event.event_id))) continue;
      if (!EMP_GUARD("messaging.parked_aggregate_waits", !parked.contains(item.event.aggregate_id))) {
        EMP_CO_TRY(co_await work.run(letter(item.event, "an earlier event of this aggregate is parked", 0, "waiting")));
        continue;
      }
      if (!together.empty() && together.front().topic != item.event.topic) EMP_CO_TRY(co_await handle_many(work, std::exchange(together, {})));
      if (subscriptions.many_of(item.event.topic) != nullptr) {
        together.push_back(std::move(item.event));
      } else {
        EMP_CO_TRY(co_await handle(work, item.event));
      }
    }
    if (!together.empty()) EMP_CO_TRY(co_await handle_many(work, std::move(together)));
    EMP_CO_ASSIGN(const auto moved, co_await work.query(move_position, follower.feed->producer(), owner, next.xid, next.id));
    if (!EMP_GUARD("messaging.lease_fences", moved.affected() == 1)) {
      follower.lease_end = UtcTime();
      co_return fail(ErrorKind::conflict, "FEED_LEASE_LOST", follower.feed->producer());
    }
    EMP_CO_TRY(co_await work.commit());
    observe::counter("emporion_events_applied_total", "Events applied.", {{"consumer", database.module()}, {"producer", follower.feed->producer()}})
        .increment(fresh.size());
    co_return Result<>();
  }

  Task<Result<>> handle(postgres::UnitOfWork& work, const Envelope& event) {
    const auto handler = subscriptions.handlers().find(event.topic);
    EMP_ASSERT(handler != subscriptions.handlers().end());
    co_return co_await handler->second(work, event);
  }

  Task<Result<>> handle_many(postgres::UnitOfWork& work, std::vector<Envelope> events) {
    auto* const handler = subscriptions.many_of(events.front().topic);
    EMP_ASSERT(handler != nullptr);
    co_return co_await (*handler)(work, std::move(events));
  }

  static postgres::Bound letter(const Envelope& event, const std::string& error, std::int32_t tries, std::string_view state) {
    return postgres::bind(park_event, event.event_id, event.source, event.topic, event.aggregate_id, event.aggregate_version, event.occurred_at, event.trace,
                          event.data, error, tries, state);
  }

  Task<Result<>> apply_or_park(Follower& follower, std::vector<FeedPage::Item> one) {
    const Position next = one.front().position;
    milliseconds pause = options.retry_first;
    for (int tried = 1;; ++tried) {
      auto applied = co_await apply(follower, one, next);
      if (applied) co_return applied;
      if (applied.error().reason() == "FEED_LEASE_LOST" || stopping) co_return applied;
      const bool transient = applied.error().is_transient() && applied.error().kind() != ErrorKind::internal;
      if (tried >= (transient ? options.tries_max : refused_tries_max)) {
        co_return co_await park(follower, one.front(), applied.error(), tried);
      }
      co_await runtime.sleep_for(pause);
      pause = std::min(pause * 2, options.retry_most);
    }
  }

  Task<Result<>> park(Follower& follower, const FeedPage::Item& item, Error error, std::int32_t tries) {
    observe::error("event parked",
                   {{"consumer", database.module()}, {"topic", item.event.topic}, {"event", item.event.event_id.to_string()}, {"error", error.to_string()}});
    observe::counter("emporion_dead_letters_total", "Events parked.", {{"consumer", database.module()}}).increment();
    std::vector<postgres::Bound> unit;
    unit.push_back(letter(item.event, error.to_string(), tries, "parked"));
    unit.push_back(postgres::bind(move_position, follower.feed->producer(), owner, item.position.xid, item.position.id));
    EMP_CO_TRY(co_await database.run_together(std::move(unit)));
    co_return Result<>();
  }

  /// Applies letters that staff put back in line, in their order; one that fails again parks its aggregate again.
  Task<Result<int>> redeliver_due() {
    EMP_CO_ASSIGN(const auto rows, co_await database.query(select_due));
    int done = 0;
    std::set<std::string> held;
    for (const auto row : rows) {
      Envelope event;
      event.event_id = row.get<Uuid>(0);
      event.source = row.get<std::string>(1);
      event.topic = row.get<std::string>(2);
      event.aggregate_id = row.get<std::string>(3);
      event.aggregate_version = row.get<std::int64_t>(4);
      event.occurred_at = row.get<UtcTime>(5);
      event.trace = row.get<std::optional<Uuid>>(6).value_or(Uuid());
      event.data = row.get<std::string>(7);
      const auto tries = row.get<std::int32_t>(8);
      if (held.contains(event.source + event.aggregate_id)) continue;
      auto applied = co_await apply_letter(event, tries);
      if (applied) {
        ++done;
        continue;
      }
      held.insert(event.source + event.aggregate_id);
      std::vector<postgres::Bound> unit;
      unit.push_back(postgres::bind(hold_aggregate, event.source, event.aggregate_id));
      unit.push_back(postgres::bind(mark_letter, event.event_id, "parked", std::optional(applied.error().to_string()), tries + 1));
      EMP_CO_TRY(co_await database.run_together(std::move(unit)));
    }
    co_return done;
  }

  Task<Result<>> apply_letter(const Envelope& event, std::int32_t tries) {
    if (!subscriptions.handlers().contains(event.topic)) co_return fail(ErrorKind::unimplemented, "TOPIC_NOT_HANDLED", event.topic);
    EMP_CO_ASSIGN(auto work, co_await database.begin(context()));
    // The letter's own state decides who applies it, once: a waiting letter's inbox row was written when it was set aside, its effect is still owed.
    EMP_CO_ASSIGN(const auto taken, co_await work.query(take_letter, event.event_id, tries + 1));
    if (!EMP_GUARD("messaging.letter_is_taken_once", taken.affected() != 0)) co_return Result<>();
    EMP_CO_TRY(co_await work.query(insert_inbox, std::vector{event.event_id}, std::vector{event.topic}));
    EMP_CO_TRY(co_await handle(work, event));
    co_return co_await work.commit();
  }

  Task<void> keep_time() {
    UtcTime redelivery_at = clock.now() + redelivery_period;
    while (!stopping) {
      co_await runtime.sleep_for(tick);
      const UtcTime now = clock.now();
      for (auto& follower : followers) {
        follower->lag.show(now);
        if (follower->rest && now >= follower->rest_until) wake(*follower);
      }
      if (now < redelivery_at) continue;
      redelivery_at = now + redelivery_period;
      const auto done = co_await redeliver_due();
      if (!done) observe::warning("redelivery failed", {{"consumer", database.module()}, {"error", done.error().to_string()}});
    }
    for (auto& follower : followers) wake(*follower);
  }
};

Consumer::Consumer(Runtime& runtime, postgres::Database& database, Subscriptions subscriptions, std::vector<std::shared_ptr<EventFeed>> feeds,
                   ConsumerOptions options)
    : impl_(std::make_shared<Impl>(runtime, database, std::move(subscriptions), std::move(feeds), options)) {}
Consumer::~Consumer() = default;

void Consumer::start() {
  for (auto& follower : impl_->followers) {
    follower->feed->on_hint([weak = std::weak_ptr(impl_), raw = follower.get()] {
      const auto impl = weak.lock();
      if (!impl || impl->stopping || raw->hinted) return;
      raw->hinted = true;
      // Not inline: the committer's own caller is answered first.
      if (raw->rest) {
        impl->runtime.post([weak, raw] {
          if (const auto alive = weak.lock()) alive->wake(*raw);
        });
      }
    });
    impl_->scope.spawn(impl_->follow(*follower));
  }
  impl_->scope.spawn(impl_->keep_time());
}

Task<void> Consumer::stop() {
  impl_->stopping = true;
  co_await impl_->scope.join();
  (void)co_await impl_->database.query(give_lease, impl_->owner);
}

Task<Result<int>> Consumer::drain() {
  int total = 0;
  for (auto& follower : impl_->followers) {
    for (;;) {
      EMP_CO_ASSIGN(const int count, co_await impl_->step_once(*follower));
      total += count;
      if (count == 0 && follower->at.xid >= follower->wanted) break;
      if (count == 0) co_await impl_->runtime.sleep_for(milliseconds(2));
    }
  }
  EMP_CO_ASSIGN(const int redelivered, co_await impl_->redeliver_due());
  co_return total + redelivered;
}

}  // namespace emporion::messaging
