#include "kernel/messaging/feed.hpp"

#include "kernel/base/text.hpp"
#include "kernel/trace/tracer.hpp"

namespace emporion::messaging {
namespace {

// Rows of transactions below the snapshot's xmin are final: none can appear behind a place already read (ADR 0006). `begun` is the snapshot's xmax. Both are
// counted as the outbox counts, which goes on from the last place of another server after the database has moved (ADR 0034). Whoever has read something, but
// not up to the last place that was dropped, has missed something.
constexpr postgres::Statement read_page{
    "feed.read",
    "WITH horizon AS (SELECT (pg_snapshot_xmin(s)::text::bigint + p.shift)::text::xid8 AS done, pg_snapshot_xmax(s)::text::bigint + p.shift AS begun FROM "
    "pg_current_snapshot() AS s, module_place AS p) "
    "SELECT horizon.done::text::bigint, horizon.begun, o.xid::text::bigint, o.id, o.event_id, o.topic, "
    "o.occurred_at, o.aggregate_id, o.aggregate_version, o.trace, o.data, "
    "(SELECT $1::bigint > 0 AND ($1::bigint, $2) < (g.xid, g.id) FROM outbox_gone AS g) "
    "FROM horizon LEFT JOIN LATERAL (SELECT * FROM outbox WHERE (xid, id) > ($1::bigint::text::xid8, $2) AND xid < "
    "horizon.done AND topic = ANY ($3) ORDER BY xid, id LIMIT $4) AS o ON true"};

class LocalFeed final : public EventFeed {
 public:
  explicit LocalFeed(postgres::Database& producer) : producer_(producer) {}

  const std::string& producer() const noexcept override { return producer_.module(); }

  Task<Result<FeedPage>> read(Position after, std::vector<std::string> topics, int count) override {
    EMP_CO_ASSIGN(const auto rows, co_await producer_.query(read_page, after.xid, after.id, topics, static_cast<std::int64_t>(count)));
    FeedPage page;
    if (rows[0].get<bool>(11)) {
      co_return fail(ErrorKind::conflict, "EVENTS_GONE",
                     text("the consumer was away for so long that events of ", producer(), " it has not read were dropped; see operating.md, Upkeep"));
    }
    for (const auto row : rows) {
      page.next = {row.get<std::int64_t>(0), 0};
      page.begun = row.get<std::int64_t>(1);
      if (row.is_null(2)) continue;
      Envelope event;
      event.event_id = row.get<Uuid>(4);
      event.topic = row.get<std::string>(5);
      event.occurred_at = row.get<UtcTime>(6);
      event.source = producer_.module();
      event.aggregate_id = row.get<std::string>(7);
      event.aggregate_version = row.get<std::int64_t>(8);
      event.trace = row.get<std::optional<Uuid>>(9).value_or(Uuid());
      event.traced = trace::is_sampled(event.trace);
      event.data = row.get<std::string>(10);
      page.items.push_back({{row.get<std::int64_t>(2), row.get<std::int64_t>(3)}, std::move(event)});
    }
    if (page.items.size() == static_cast<std::size_t>(count)) page.next = page.items.back().position;
    if (page.next < after) page.next = after;  // An old snapshot never moves a consumer back.
    co_return page;
  }

  void on_hint(std::function<void()> wake) override { producer_.on_committed_write(std::move(wake)); }

 private:
  postgres::Database& producer_;
};

}  // namespace

std::shared_ptr<EventFeed> local_feed(postgres::Database& producer) { return std::make_shared<LocalFeed>(producer); }

void Subscriptions::add(std::string_view topic, Handle handle) {
  const bool is_first = handlers_.emplace(topic, std::move(handle)).second;
  EMP_ASSERT(is_first);  // One handler per topic and module.
}
void Subscriptions::add_many(std::string_view topic, HandleMany handle) {
  const bool is_first = many_.emplace(topic, std::move(handle)).second;
  EMP_ASSERT(is_first);
}
Subscriptions::HandleMany* Subscriptions::many_of(std::string_view topic) {
  const auto found = many_.find(topic);
  return found == many_.end() ? nullptr : &found->second;
}

}  // namespace emporion::messaging
