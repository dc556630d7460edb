#include "modules/commerce/payment/domain/payment.hpp"

#include <algorithm>
#include <array>

#include "kernel/base/assert.hpp"

namespace emporion::payment {
namespace {

constexpr std::array unknown_delays{seconds(5), seconds(15), seconds(30), seconds(60), seconds(120), seconds(300)};
constexpr std::array capture_delays{seconds(5), seconds(15), seconds(60), seconds(300), seconds(900)};
// Webhooks bring the news of a buyer's action; this finds what they lost.
constexpr seconds action_poll{60};

template <std::size_t Count>
seconds delay_of(const std::array<seconds, Count>& delays, int tries) noexcept {
  return delays[std::min(static_cast<std::size_t>(std::max(tries, 0)), Count - 1)];
}

bool ended(Status status) noexcept { return status == Status::failed || status == Status::expired || status == Status::voided; }

}  // namespace

seconds unknown_outcome_delay(int tries) noexcept { return delay_of(unknown_delays, tries); }
seconds capture_retry_delay(int tries) noexcept { return delay_of(capture_delays, tries); }

void advance(Payment& payment, Status to, std::int64_t taken, bool order_waits, UtcTime now, Effects& effects) {
  EMP_ASSERT(has_edge(payment.status, to));
  const Status from = payment.status;
  payment.status = to;
  payment.run_tries = 0;
  payment.next_run_at.reset();
  if (to != Status::requires_action) payment.next_action.reset();
  if (ended(from) && !order_waits) payment.superseded = true;
  const bool unwanted = payment.superseded || payment.void_requested_at.has_value() || !order_waits;

  switch (to) {
    case Status::processing: payment.next_run_at = now + unknown_outcome_delay(0); return;
    case Status::requires_action:
      payment.next_run_at = now + action_poll;
      if (payment.window_ends_at) payment.next_run_at = std::min(*payment.next_run_at, *payment.window_ends_at);
      break;
    case Status::authorized:
      payment.decline_category.reset();
      payment.decline_code.reset();
      if (!payment.auth_expires_at) payment.auth_expires_at = now + authorization_life;
      payment.next_run_at = payment.auth_expires_at;
      if (unwanted) {
        if (!payment.void_requested_at) payment.void_requested_at = now;
        payment.next_run_at = now;
      } else if (payment.capture_asked_at) {
        payment.next_run_at = now;
      }
      break;
    case Status::captured:
      payment.decline_category.reset();
      payment.decline_code.reset();
      payment.captured_amount = taken;
      payment.captured_at = now;
      effects.posting = posting_of_capture(Money(taken, payment.amount.currency()), payment.method);
      effects.return_money = unwanted;
      break;
    case Status::created:
    case Status::pending_collection:
    case Status::partially_refunded:
    case Status::refunded:
    case Status::failed:
    case Status::expired:
    case Status::voided: break;
  }
  if (to == Status::partially_refunded || to == Status::refunded || to == Status::pending_collection) return;  // Refunds have events of their own.
  effects.announced.push_back(to);
}

}  // namespace emporion::payment
