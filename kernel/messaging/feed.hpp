#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/messaging/envelope.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::messaging {

struct FeedPage {
  struct Item {
    Position position;
    Envelope event;
  };
  std::vector<Item> items;  ///< In the order of their positions.
  Position next;            ///< Where to read on: after the last item of a full page, else behind everything that was finished at the time of reading.
  std::int64_t begun = 0;   ///< Transactions below this number had begun at the time of reading; once `next.xid` has reached it, all of them were seen.
};

/// Where a consumer pulls a producer's events from: the same in one process (SQL on the producer's database) and across processes (kernel/remote_feed).
class EventFeed {
 public:
  virtual ~EventFeed() = default;
  virtual const std::string& producer() const noexcept = 0;
  /// At most `count` events after `after`, of the topics named. An empty page means: nothing new yet. Errors: EVENTS_GONE (conflict) if events after it were
  /// dropped by the upkeep of the producer; who has read nothing yet begins with what is there.
  virtual Task<Result<FeedPage>> read(Position after, std::vector<std::string> topics, int count) = 0;
  /// Calls `wake` on the consumer's io thread when there may be something new. A hint only; consumers poll as well.
  virtual void on_hint(std::function<void()> wake) = 0;
};

/// The feed over the producer's own database.
std::shared_ptr<EventFeed> local_feed(postgres::Database& producer);

/// An event whose payload was read.
template <typename Event>
struct Heard {
  Envelope envelope;
  Event event;
};

/// What a module does with the topics it hears. Filled in `Module::subscribe`; the effect and its inbox row commit together in `work`.
/// A handler does database work only: what must be called elsewhere is stored and done by a job or a saga.
class Subscriptions {
 public:
  using Handle = std::move_only_function<Task<Result<>>(postgres::UnitOfWork&, const Envelope&)>;
  using HandleMany = std::move_only_function<Task<Result<>>(postgres::UnitOfWork&, std::vector<Envelope>)>;

  /// `subscriptions.on<order::v1::OrderCancelled>(this, &Handler::on_order_cancelled)`; the member is `Task<Result<>> f(postgres::UnitOfWork&, Envelope,
  /// OrderCancelled)`. A payload that does not read as `Event` is a dead letter.
  template <typename Event, typename Owner>
  void on(Owner* owner, Task<Result<>> (Owner::*member)(postgres::UnitOfWork&, Envelope, Event)) {
    add(Event::topic, [owner, member](postgres::UnitOfWork& work, const Envelope& envelope) -> Task<Result<>> {
      return decode_and_call<Event, Owner>(owner, member, work, envelope);
    });
  }
  void add(std::string_view topic, Handle handle);

  /// As `on`, for what comes in numbers: the member is `Task<Result<>> f(postgres::UnitOfWork&, std::vector<Heard<Event>>)` and gets the events of this topic
  /// that follow each other in a page at once, in their order. If it refuses, nothing of the page took effect, and each event is handed to it by itself.
  template <typename Event, typename Owner>
  void on_many(Owner* owner, Task<Result<>> (Owner::*member)(postgres::UnitOfWork&, std::vector<Heard<Event>>)) {
    add_many(Event::topic, [owner, member](postgres::UnitOfWork& work, std::vector<Envelope> envelopes) -> Task<Result<>> {
      return decode_and_call_many<Event, Owner>(owner, member, work, std::move(envelopes));
    });
    add(Event::topic, [owner, member](postgres::UnitOfWork& work, const Envelope& envelope) -> Task<Result<>> {
      return decode_and_call_many<Event, Owner>(owner, member, work, std::vector(1, envelope));
    });
  }
  void add_many(std::string_view topic, HandleMany handle);
  /// Null: this topic is handled event by event.
  HandleMany* many_of(std::string_view topic);
  const std::map<std::string, Handle, std::less<>>& handlers() const noexcept { return handlers_; }
  std::map<std::string, Handle, std::less<>>& handlers() noexcept { return handlers_; }

 private:
  template <typename Event, typename Owner>
  static Task<Result<>> decode_and_call(Owner* owner, Task<Result<>> (Owner::*member)(postgres::UnitOfWork&, Envelope, Event), postgres::UnitOfWork& work,
                                        Envelope envelope) {
    auto event = parse_json<Event>(envelope.data);
    if (!event) co_return fail(event.error());
    co_return co_await (owner->*member)(work, std::move(envelope), std::move(*event));
  }
  template <typename Event, typename Owner>
  static Task<Result<>> decode_and_call_many(Owner* owner, Task<Result<>> (Owner::*member)(postgres::UnitOfWork&, std::vector<Heard<Event>>),
                                             postgres::UnitOfWork& work, std::vector<Envelope> envelopes) {
    std::vector<Heard<Event>> heard;
    heard.reserve(envelopes.size());
    for (Envelope& envelope : envelopes) {
      auto event = parse_json<Event>(envelope.data);
      if (!event) co_return fail(event.error());
      heard.push_back({std::move(envelope), std::move(*event)});
    }
    co_return co_await (owner->*member)(work, std::move(heard));
  }
  std::map<std::string, Handle, std::less<>> handlers_;
  std::map<std::string, HandleMany, std::less<>> many_;
};

struct ConsumerOptions {
  int batch = 100;
  milliseconds poll{200};         ///< Without a hint: where one was lost, or another replica of the producer committed (ADR 0026).
  int tries_max = 10;             ///< Then the event is a dead letter, its aggregate is parked and the others go on.
  milliseconds retry_first{100};  ///< Doubles up to retry_most, with jitter.
  milliseconds retry_most{5'000};
};

/// Pulls every producer's feed for one module and applies the events: position, inbox row and effect in one transaction of the consumer's database.
/// Events of one aggregate are applied in order; replicas of a module share the work by a lease per producer.
class Consumer {
 public:
  Consumer(Runtime& runtime, postgres::Database& database, Subscriptions subscriptions, std::vector<std::shared_ptr<EventFeed>> feeds,
           ConsumerOptions options = {});
  ~Consumer();
  void start();
  Task<void> stop();

  /// Applies what is there now and answers how many events took effect or were parked: for tests and `replay` at the end.
  Task<Result<int>> drain();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// An event that could not be applied. It waits with its aggregate's later events until redelivered or skipped.
struct DeadLetter {
  Uuid event_id;
  std::string producer;
  std::string topic;
  std::string aggregate_id;
  std::string error;
  std::int32_t tries = 0;
  UtcTime parked_at;
};
Task<Result<std::vector<DeadLetter>>> dead_letters(postgres::Database& consumer, int count);
/// Puts the aggregate's parked events back in line. Safe to repeat.
Task<Result<>> redeliver(postgres::Database& consumer, Uuid event_id);
/// Marks the event as skipped, with the reason in its row. Safe to repeat. Errors: DEAD_LETTER_NOT_FOUND.
Task<Result<>> skip(postgres::Database& consumer, Uuid event_id, std::string reason);

}  // namespace emporion::messaging
