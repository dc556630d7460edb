#include "modules/commerce/order/app/return_news.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/messaging/outbox.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::order {
namespace {

/// Counts all accepted units, or refuses and counts none.
Result<> count_returned(OrderState& order, const std::vector<ReturnNews::Line>& lines) {
  OrderState counted = order;
  for (const ReturnNews::Line& row : lines) {
    LineState* line = counted.find_line(row.order_line);
    if (line == nullptr) return fail(ErrorKind::rule_violated, "LINE_UNKNOWN", text("line ", row.order_line));
    EMP_TRY(line->counters.take_back(row.qty));
  }
  order = std::move(counted);
  return {};
}

v1::OrderReturnStateChanged event_of(const OrderState& order, ReturnState to) {
  v1::OrderReturnStateChanged event;
  event.order_id = order.id;
  event.from = std::string(to_string(order.return_state));
  event.to = std::string(to_string(to));
  for (const LineState& line : order.lines) {
    if (line.counters.returned == 0) continue;
    v1::OrderReturnedLineFact fact;
    fact.line_no = line.line_no;
    fact.returned_qty = line.counters.returned;
    event.lines.push_back(fact);
  }
  return event;
}

}  // namespace

Task<Result<>> ReturnHandlers::on_requested(postgres::UnitOfWork& work, messaging::Envelope envelope, ReturnNews news) {
  co_return co_await take(work, std::move(envelope), std::move(news), "open");
}
Task<Result<>> ReturnHandlers::on_completed(postgres::UnitOfWork& work, messaging::Envelope envelope, ReturnNews news) {
  co_return co_await take(work, std::move(envelope), std::move(news), "completed");
}
Task<Result<>> ReturnHandlers::on_ended(postgres::UnitOfWork& work, messaging::Envelope envelope, ReturnNews news) {
  co_return co_await take(work, std::move(envelope), std::move(news), "ended");
}

Task<Result<>> ReturnHandlers::take(postgres::UnitOfWork& work, messaging::Envelope envelope, ReturnNews news, std::string status) {
  const auto locked = co_await store_.lock(work, news.order_id);
  if (!locked) {
    if (locked.error().reason() != "ORDER_NOT_FOUND") co_return fail(locked.error());
    observe::warning("a return of an unknown order", {{"order_id", news.order_id.to_string()}, {"topic", envelope.topic}});
    co_return Result<>();
  }
  OrderState order = *locked;
  EMP_CO_ASSIGN(const bool is_news, co_await store_.take_return(work, news.order_id, news.return_id, status));
  std::string reason = is_news ? envelope.topic : text(envelope.topic, ": known");
  if (is_news && status == "completed") {
    if (const auto fits = count_returned(order, news.lines); fits) {
      EMP_CO_TRY(co_await store_.save_lines(work, order));
    } else {
      observe::error("a return's units do not fit its order", {{"order_id", order.id.to_string()}, {"error", fits.error().to_string()}});
      reason += text(": ", fits.error().reason());
    }
  }
  EMP_CO_ASSIGN(const int returns_open, co_await store_.open_returns(work, order.id));
  if (const ReturnState to = return_state_of(returns_open, order.facts()); to != order.return_state) {
    EMP_CO_TRY(co_await store_.set_return_state(work, order, to));
    EMP_CO_TRY(co_await work.run(messaging::outbox_row(event_of(order, to), order.id, order.version + 1, envelope.trace)));
  }
  // O17: also from completed, and only while the order stands there.
  if (is_news && judge(order.status, Status::returned, Actor::returns, order.facts())) {
    Move move{.order_id = order.id, .to = Status::returned, .actor = envelope.source};
    move.reason = std::move(reason);
    move.event_id = envelope.event_id;
    move.trace = envelope.trace;
    co_return co_await store_.move(work, std::move(move));
  }
  co_return co_await store_.note_event(work, order.id, envelope.source, std::nullopt, std::move(reason), envelope.event_id);
}

}  // namespace emporion::order
