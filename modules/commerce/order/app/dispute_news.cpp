#include "modules/commerce/order/app/dispute_news.hpp"

#include <utility>

#include "kernel/base/text.hpp"

namespace emporion::order {

void DisputeNews::subscribe(messaging::Subscriptions& subscriptions) {
  subscriptions.on<payment::v1::DisputeOpened>(this, &DisputeNews::on_opened);
  subscriptions.on<payment::v1::DisputeClosed>(this, &DisputeNews::on_closed);
}

Task<Result<>> DisputeNews::on_opened(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::DisputeOpened event) {
  EMP_CO_TRY(co_await store_.set_dispute_open(work, event.order_id, true));
  co_return co_await store_.note_event(work, event.order_id, envelope.source, std::nullopt, text(envelope.topic, ": ", event.reason_code), envelope.event_id);
}

Task<Result<>> DisputeNews::on_closed(postgres::UnitOfWork& work, messaging::Envelope envelope, payment::v1::DisputeClosed event) {
  EMP_CO_TRY(co_await store_.set_dispute_open(work, event.order_id, event.order_disputed));
  co_return co_await store_.note_event(work, event.order_id, envelope.source, std::nullopt, text(envelope.topic, ": ", event.result), envelope.event_id);
}

}  // namespace emporion::order
