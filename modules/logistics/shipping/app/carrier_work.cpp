#include "modules/logistics/shipping/app/carrier_work.hpp"

#include <map>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "modules/logistics/shipping/app/events.hpp"

namespace emporion::shipping {
namespace {

constexpr std::int32_t batch = 64;
constexpr std::int32_t tries_max = 4;  // At once, then after 2 s, 8 s and 30 s. Source: logistics.md §3.6.
constexpr minutes rest_after_failure{5};
constexpr seconds call_budget{5};

}  // namespace

Task<Result<Booking>> CarrierWork::book_one(CallContext context, Shipment shipment) {
  const auto carrier = carriers_.find(shipment.carrier);
  if (carrier == carriers_.end()) co_return fail(ErrorKind::rule_violated, "CARRIER_NOT_FOUND", text("no carrier ", shipment.carrier));
  if (shipment.tries > 1) {
    // An earlier try may have been accepted although its answer never came.
    EMP_CO_ASSIGN(auto found, co_await carrier->second->find(context, shipment.id));
    if (found) co_return std::move(*found);
  }
  BookingRequest request{.reference = shipment.id,
                         .to = shipment.to,
                         .weight_g = shipment.billed_weight_g,
                         .service_level = shipment.service_level,
                         .cod = shipment.cod(),
                         .currency = shipment.currency.to_string()};
  co_return co_await carrier->second->book(context, std::move(request));
}

Task<Result<>> CarrierWork::book(CallContext context) {
  for (;;) {
    EMP_CO_ASSIGN(auto claimed, co_await store_.claim_bookings(batch, dormant_));
    if (claimed.empty()) co_return Result<>();
    const CallContext each = context.until(clock_.now() + call_budget);
    std::vector<Task<Result<Booking>>> calls;
    calls.reserve(claimed.size());
    for (const Shipment& shipment : claimed) calls.push_back(book_one(each, shipment));
    auto answers = co_await when_all(std::move(calls));
    EMP_CO_TRY(co_await record(context, std::move(claimed), std::move(answers)));
  }
}

Task<Result<>> CarrierWork::record(CallContext context, std::vector<Shipment> claimed, std::vector<Result<Booking>> answers) {
  std::map<Uuid, const Result<Booking>*> by_id;
  std::vector<Uuid> ids;
  for (std::size_t i = 0; i < claimed.size(); ++i) {
    by_id.emplace(claimed[i].id, &answers[i]);
    ids.push_back(claimed[i].id);
  }
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(auto shipments, co_await store_.lock(work, std::move(ids)));
  EventWriter events;
  for (Shipment& shipment : shipments) {
    const Result<Booking>& answer = *by_id.at(shipment.id);
    if (answer) {
      shipment.tracking_number = answer->tracking_number;
      shipment.due_at.reset();
      if (shipment.progress.status == Status::cancelled) {
        shipment.cancel_wanted = true;  // It was cancelled while the carrier said yes.
        ++shipment.version;
      } else if (shipment.progress.status == Status::booking) {
        shipment.progress.status = Status::booked;
        shipment.progress.status_at = answer->at;
        events.booked(shipment);
      }
      continue;
    }
    observe::warning("shipping: booking failed", {{"shipment", shipment.id.to_string()}, {"error", answer.error().to_string()}, {"try", text(shipment.tries)}});
    if (shipment.progress.status == Status::booking && (shipment.tries >= tries_max || !answer.error().is_transient())) {
      shipment.progress.status = Status::booking_failed;
      shipment.due_at = clock_.now() + rest_after_failure;
      events.booking_failed(shipment, answer.error().reason());
    }
  }
  EMP_CO_TRY(co_await store_.save(work, std::move(shipments)));
  if (auto rows = events.take(); !rows.empty()) EMP_CO_TRY(co_await work.run_together(std::move(rows)));
  co_return co_await work.commit();
}

Task<Result<>> CarrierWork::tell_one(CallContext context, Shipment shipment) {
  const auto carrier = carriers_.find(shipment.carrier);
  if (carrier == carriers_.end()) co_return fail(ErrorKind::rule_violated, "CARRIER_NOT_FOUND", text("no carrier ", shipment.carrier));
  if (shipment.cancel_wanted) co_return co_await carrier->second->cancel(std::move(context), *shipment.tracking_number);
  co_return co_await carrier->second->hand_over(std::move(context), *shipment.tracking_number);
}

Task<Result<>> CarrierWork::tell(CallContext context) {
  for (;;) {
    EMP_CO_ASSIGN(const auto waiting, co_await store_.to_tell(batch));
    if (waiting.empty()) co_return Result<>();
    const CallContext each = context.until(clock_.now() + call_budget);
    std::vector<Task<Result<>>> calls;
    calls.reserve(waiting.size());
    for (const Shipment& shipment : waiting) calls.push_back(tell_one(each, shipment));
    const auto answers = co_await when_all(std::move(calls));
    std::vector<Uuid> handed_over;
    std::vector<Uuid> cancelled;
    bool is_any_refused = false;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (answers[i]) {
        (waiting[i].cancel_wanted ? cancelled : handed_over).push_back(waiting[i].id);
      } else {
        is_any_refused = true;
        observe::warning("shipping: carrier not told", {{"shipment", waiting[i].id.to_string()}, {"error", answers[i].error().to_string()}});
      }
    }
    EMP_CO_TRY(co_await store_.told(std::move(handed_over), std::move(cancelled)));
    if (is_any_refused) co_return Result<>();  // Again at the next period, not at once.
  }
}

}  // namespace emporion::shipping
