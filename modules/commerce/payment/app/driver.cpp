#include "modules/commerce/payment/app/driver.hpp"

#include <utility>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/fault/fault_points.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::payment {
namespace {

// How often a call that certainly was not executed is tried again within the caller's time.
constexpr int tries_at_once = 3;
constexpr milliseconds pause_between{150};
// How much longer than its caller a first call may live: the longest timeout of a provider, with its repeats.
constexpr seconds drive_on{120};

bool may_try_at_once(const Result<ProviderReport>& answer, int tried) {
  return !answer && tried < tries_at_once && is_certainly_not_executed(answer.error()) && answer.error().reason() != "PROVIDER_REFUSED" &&
         !was_not_made(answer.error());
}

}  // namespace

bool is_certainly_not_executed(const Error& error) {
  return error.reason() == "PROVIDER_UNREACHABLE" || error.reason() == "PROVIDER_REFUSED" || error.reason() == "PROVIDER_BUSY";
}

ProviderGateway& Driver::gateway_of(const Payment& payment) const {
  ProviderGateway* gateway = providers_.find(payment.provider);
  EMP_ASSERT(gateway != nullptr);  // Every payment that owes a call was made with a provider of ours.
  return *gateway;
}

Task<Buyer> Driver::buyer_of(Payment payment) {
  Buyer out;
  out.return_url = payment.return_url.value_or("");
  if (!options_.public_base_url.empty())
    out.return_url = text(options_.public_base_url, "/api/v1/payments/return/", payment.provider, "?payment_id=", payment.id);
  if (gateway_of(payment).offer().wants_address) {
    if (auto address = co_await store_.buyer_address(payment.assessment_id)) out.address = std::move(*address);
  }
  co_return out;
}

Task<Result<Payment>> Driver::begin(CallContext context, Payment payment) {
  ProviderGateway& gateway = gateway_of(payment);
  if (!payment.provider_ref) {
    const Buyer buyer = co_await buyer_of(payment);
    auto made = co_await gateway.create(payment, buyer);
    for (int tried = 1; may_try_at_once(made, tried); ++tried) {
      co_await runtime_.sleep_for(pause_between * tried);
      made = co_await gateway.create(payment, buyer);
    }
    if (!made) {
      // An object that was never made holds no money; one that may have been made holds none before it is confirmed, and the worker goes on with it under the
      // same key.
      if (is_certainly_not_executed(made.error())) co_return co_await book_.mark_failed(context, payment.id, "generic", made.error().reason());
      co_return co_await book_.mark_unknown(context, payment.id, made.error().reason());
    }
    if (made->amount != payment.amount) co_return co_await take(std::move(context), std::move(payment), std::move(*made));
    EMP_CO_ASSIGN(const bool goes_on, co_await store_.store_ref(payment.id, made->ref, clock_.now()));
    if (!goes_on) {
      payment.provider_ref = made->ref;
      (void)co_await gateway.cancel(payment);  // Unconfirmed: it holds no money, so a lost cancel costs nothing.
      co_return co_await store_.find(payment.id);
    }
    payment.provider_ref = made->ref;
    if (made->state != ProviderReport::State::not_confirmed) co_return co_await take(std::move(context), std::move(payment), std::move(*made));
  }
  co_return co_await confirm(std::move(context), std::move(payment));
}

/// Enters what the provider said to the making or confirming. What says nothing that a buyer could act on leaves the outcome open.
Task<Result<Payment>> Driver::take(CallContext context, Payment payment, ProviderReport report) {
  EMP_CO_ASSIGN(auto booked, co_await book_.enter(context, payment.id, std::move(report), Source::answer, "authorize"));
  if (booked.mismatch) co_return co_await book_.mark_unknown(context, payment.id, "AMOUNT_MISMATCH");
  if (booked.payment.status == Status::created) co_return co_await book_.mark_unknown(context, payment.id, "nothing for the buyer to do");
  co_return std::move(booked.payment);
}

Task<Result<Payment>> Driver::confirm(CallContext context, Payment payment) {
  ProviderGateway& gateway = gateway_of(payment);
  const Buyer buyer = co_await buyer_of(payment);
  auto report = co_await gateway.confirm(payment, buyer);
  for (int tried = 1; may_try_at_once(report, tried); ++tried) {
    co_await runtime_.sleep_for(pause_between * tried);
    report = co_await gateway.confirm(payment, buyer);
  }
  if (EMP_FAULT_POINT("payment.after_confirm")) report = fail(ErrorKind::deadline_exceeded, "PROVIDER_OUTCOME_UNKNOWN", "lost on order");
  if (!report) co_return co_await after_lost_answer(std::move(context), std::move(payment), report.error());
  co_return co_await take(std::move(context), std::move(payment), std::move(*report));
}

Task<Result<Payment>> Driver::after_lost_answer(CallContext context, Payment payment, Error error) {
  if (error.reason() == "PROVIDER_REFUSED") {
    // Refused for what it is (a bad token, a stale object): the provider's state says whether anything stands.
    auto report = co_await gateway_of(payment).query(payment);
    if (report && report->state != ProviderReport::State::not_confirmed && report->state != ProviderReport::State::approved) {
      co_return co_await take(std::move(context), std::move(payment), std::move(*report));
    }
    co_return co_await book_.mark_failed(context, payment.id, "generic", error.detail());
  }
  co_return co_await book_.mark_unknown(context, payment.id, error.reason());
}

Task<void> Driver::begin_alone(CallContext context, Payment payment, std::shared_ptr<bool> done) {
  const auto begun = co_await begin(std::move(context), payment);
  if (!begun) observe::warning("a payment's first call stays open", {{"payment_id", payment.id.to_string()}, {"error", begun.error().to_string()}});
  *done = true;
}

Task<Result<Payment>> Driver::begin_within(CallContext context, Payment payment) {
  const UtcTime until = clock_.now() + options_.answer_within;
  CallContext alone(until + drive_on, context.trace, context.principal);
  const auto done = std::make_shared<bool>(false);
  scope_.spawn(begin_alone(std::move(alone), payment, done));
  for (milliseconds pause{5}; !*done && clock_.now() < until; pause = std::min(pause * 2, milliseconds(100))) co_await runtime_.sleep_for(pause);
  if (!*done) co_return co_await book_.mark_begun(std::move(context), payment.id, "the provider has not answered yet");
  co_return co_await store_.find(payment.id);
}

Task<Result<Payment>> Driver::wait_begun(Payment payment) {
  const UtcTime until = clock_.now() + options_.answer_within;
  for (milliseconds pause{10}; payment.status == Status::created && clock_.now() < until; pause = std::min(pause * 2, milliseconds(200))) {
    co_await runtime_.sleep_for(pause);
    EMP_CO_ASSIGN(payment, co_await store_.find(payment.id));
  }
  co_return payment;
}

Task<Result<Payment>> Driver::sync(CallContext context, Payment payment, std::string type) {
  if (!payment.provider_ref || providers_.find(payment.provider) == nullptr) co_return std::move(payment);
  EMP_CO_ASSIGN(auto report, co_await gateway_of(payment).query(payment));
  const bool goes_on = !payment.void_requested_at && !payment.is_window_over(clock_.now());
  if (report.state == ProviderReport::State::approved && goes_on) co_return co_await confirm(std::move(context), std::move(payment));
  EMP_CO_ASSIGN(auto booked, co_await book_.enter(std::move(context), payment.id, std::move(report), Source::answer, std::move(type)));
  co_return std::move(booked.payment);
}

Task<Result<Payment>> Driver::capture(CallContext context, Payment payment) {
  auto report = co_await gateway_of(payment).capture(payment);
  if (EMP_FAULT_POINT("payment.after_capture")) report = fail(ErrorKind::deadline_exceeded, "PROVIDER_OUTCOME_UNKNOWN", "lost on order");
  if (!report) {
    // A refusal means that the authorization is not what we think: its present state decides.
    if (report.error().reason() == "PROVIDER_REFUSED") co_return co_await sync(std::move(context), std::move(payment), "capture");
    co_return fail(report.error());
  }
  EMP_CO_ASSIGN(auto booked, co_await book_.enter(std::move(context), payment.id, std::move(*report), Source::answer, "capture"));
  co_return std::move(booked.payment);
}

Task<Result<Payment>> Driver::cancel(CallContext context, Payment payment, std::string type) {
  auto report = co_await gateway_of(payment).cancel(payment);
  if (!report) {
    if (report.error().reason() == "PROVIDER_REFUSED") co_return co_await sync(std::move(context), std::move(payment), std::move(type));
    co_return fail(report.error());
  }
  EMP_CO_ASSIGN(auto booked, co_await book_.enter(std::move(context), payment.id, std::move(*report), Source::answer, std::move(type)));
  co_return std::move(booked.payment);
}

/// Only we could confirm such an object. The provider may answer its cancelling with one failure for a day, so then what it shows decides (commerce.md §3.7).
Task<Result<Payment>> Driver::give_up_unconfirmed(CallContext context, Payment payment) {
  auto cancelled = co_await cancel(context, payment, "expire");
  if (cancelled || is_certainly_not_executed(cancelled.error())) co_return std::move(cancelled);
  EMP_CO_ASSIGN(auto shown, co_await gateway_of(payment).query(payment));
  if (shown.state == ProviderReport::State::not_confirmed) shown.state = ProviderReport::State::cancelled;
  EMP_CO_ASSIGN(auto booked, co_await book_.enter(std::move(context), payment.id, std::move(shown), Source::answer, "expire"));
  co_return std::move(booked.payment);
}

Task<Result<>> Driver::later(Payment payment, microseconds delay) {
  co_return co_await store_.reschedule(payment.id, payment.next_run_at.value(), clock_.now() + delay, payment.run_tries + 1);
}

/// After an attempt: done when the status moved, else once more after `delay`.
Task<Result<>> Driver::settle(Result<Payment> answer, Payment payment, microseconds delay) {
  if (answer && answer->status != payment.status) co_return Result<>();
  if (!answer) observe::warning("a provider call stays open", {{"payment_id", payment.id.to_string()}, {"error", answer.error().to_string()}});
  co_return co_await later(std::move(payment), delay);
}

Task<Result<>> Driver::resolve(CallContext context, Payment payment) {
  switch (payment.status) {
    case Status::created:
      if (payment.void_requested_at && !payment.provider_ref) {
        EMP_CO_TRY(co_await book_.mark_failed(std::move(context), payment.id, "generic", "given up before the provider was asked"));
        co_return Result<>();
      }
      if (payment.provider_ref) co_return co_await resolve_open_outcome(std::move(context), std::move(payment));
      {
        auto begun = co_await begin(std::move(context), payment);
        co_return co_await settle(std::move(begun), std::move(payment), unknown_outcome_delay(0));
      }
    case Status::requires_action:
    case Status::processing: co_return co_await resolve_open_outcome(std::move(context), std::move(payment));
    case Status::authorized: co_return co_await resolve_authorized(std::move(context), std::move(payment));
    default: co_return Result<>();
  }
}

Task<Result<>> Driver::resolve_open_outcome(CallContext context, Payment payment) {
  const UtcTime now = clock_.now();
  const bool over = payment.void_requested_at || payment.is_window_over(now);
  const microseconds delay = payment.status == Status::requires_action ? microseconds(seconds(60)) : microseconds(unknown_outcome_delay(payment.run_tries + 1));
  if (!payment.provider_ref) {
    // The object's making was not answered. It holds no money, so a payment that is over may end here; otherwise it is made again under the same key.
    if (over) {
      EMP_CO_TRY(co_await book_.mark_failed(std::move(context), payment.id, "generic", "the provider did not answer in time"));
      co_return Result<>();
    }
    auto begun = co_await begin(std::move(context), payment);
    co_return co_await settle(std::move(begun), std::move(payment), delay);
  }
  auto report = co_await gateway_of(payment).query(payment);
  if (!report) co_return co_await settle(fail(report.error()), std::move(payment), delay);
  const auto state = report->state;
  if (state == ProviderReport::State::approved && !over) {
    auto confirmed = co_await confirm(std::move(context), payment);
    co_return co_await settle(std::move(confirmed), std::move(payment), delay);
  }
  if (state == ProviderReport::State::not_confirmed) {
    // Nothing was asked for yet. A first repeat may use the old key; after that a replayed failure would come back for ever, so the object is given up.
    if (over || payment.run_tries > 0) {
      auto cancelled = co_await give_up_unconfirmed(std::move(context), payment);
      co_return co_await settle(std::move(cancelled), std::move(payment), delay);
    }
    auto confirmed = co_await confirm(std::move(context), payment);
    co_return co_await settle(std::move(confirmed), std::move(payment), delay);
  }
  if (over && (state == ProviderReport::State::requires_action || state == ProviderReport::State::approved)) {
    auto cancelled = co_await cancel(std::move(context), payment, payment.void_requested_at ? "void" : "expire");
    co_return co_await settle(std::move(cancelled), std::move(payment), delay);
  }
  if (state == ProviderReport::State::requires_action && !report->next_action && payment.status != Status::requires_action) {
    // The buyer never learned what to do: making the object again tells it, where the provider can say it twice.
    const Buyer buyer = co_await buyer_of(payment);
    auto again = co_await gateway_of(payment).create(payment, buyer);
    if (again && again->next_action) report = std::move(again);
  }
  EMP_CO_ASSIGN(auto booked, co_await book_.enter(std::move(context), payment.id, std::move(*report), Source::answer, "sync"));
  if (booked.verdict == Verdict::apply) co_return Result<>();
  co_return co_await later(std::move(payment), delay);
}

Task<Result<>> Driver::resolve_authorized(CallContext context, Payment payment) {
  const UtcTime now = clock_.now();
  if (payment.void_requested_at) {
    // A capture may be under way: ask first, so that money that was taken is refunded instead.
    if (payment.capture_asked_at) {
      auto synced = co_await sync(context, payment);
      if (!synced || synced->status != Status::authorized) co_return co_await settle(std::move(synced), std::move(payment), seconds(10));
    }
    auto cancelled = co_await cancel(std::move(context), payment, "void");
    co_return co_await settle(std::move(cancelled), std::move(payment), std::min<microseconds>(seconds(10) * (payment.run_tries + 1), seconds(300)));
  }
  const bool near_end = payment.auth_expires_at && now + capture_margin >= *payment.auth_expires_at;
  if (payment.capture_asked_at && !near_end) {
    auto captured = co_await capture(std::move(context), payment);
    co_return co_await settle(std::move(captured), std::move(payment), capture_retry_delay(payment.run_tries));
  }
  // At the end of its life: what the provider says, and if it still holds the money, let it go.
  auto synced = co_await sync(context, payment);
  const bool lapsed = payment.auth_expires_at && now >= *payment.auth_expires_at;
  if (synced && synced->status == Status::authorized && lapsed) {
    auto cancelled = co_await cancel(std::move(context), payment, "expire");
    co_return co_await settle(std::move(cancelled), std::move(payment), minutes(5));
  }
  const microseconds until_end = payment.auth_expires_at && *payment.auth_expires_at > now ? *payment.auth_expires_at - now : microseconds(minutes(5));
  co_return co_await settle(std::move(synced), std::move(payment), until_end);
}

}  // namespace emporion::payment
