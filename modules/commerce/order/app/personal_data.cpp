#include "modules/commerce/order/app/personal_data.hpp"

#include "contracts/commerce/order/v1/order_events.hpp"
#include "kernel/base/text.hpp"
#include "kernel/messaging/outbox.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::order {
namespace {

constexpr hours kept_for{24 * 365 * 2};
constexpr std::int32_t rows_per_page = 500;

}  // namespace

Task<Result<>> PersonalData::on_customer_erased(postgres::UnitOfWork& work, messaging::Envelope envelope, ErasureNews news) {
  EMP_CO_ASSIGN(const auto ids, co_await store_.orders_of(work, news.customer_id));
  EMP_CO_TRY(co_await store_.mask(work, ids, news.pseudonym));
  v1::OrderErasureApplied event;
  event.erasure_id = news.erasure_id;
  event.pseudonym = news.pseudonym;
  EMP_CO_TRY(co_await work.run(messaging::outbox_row(event, news.erasure_id, 1, envelope.trace)));
  co_return Result<>();
}

Task<Result<>> PersonalData::mask_guests(CallContext context) {
  const UtcTime placed_before = clock_.now() - kept_for;
  std::int64_t masked = 0;
  for (bool more = true; more;) {
    EMP_CO_ASSIGN(const auto ids, co_await store_.guests_to_mask(placed_before, rows_per_page));
    if (ids.empty()) break;
    EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
    EMP_CO_ASSIGN(const std::int64_t count, co_await store_.mask(work, ids, std::nullopt));
    EMP_CO_TRY(co_await work.commit());
    masked += count;
    more = count > 0;  // A page that masks nothing would come again for ever.
  }
  if (masked > 0) observe::info("guests' personal data was masked", {{"orders", text(masked)}});
  co_return Result<>();
}

}  // namespace emporion::order
