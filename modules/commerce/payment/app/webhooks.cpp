#include "modules/commerce/payment/app/webhooks.hpp"

#include <algorithm>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::payment {
namespace {

constexpr int tries_max = 10;
constexpr seconds lease{30};

std::string headers_json(const std::map<std::string, std::string>& headers) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  for (const auto& [name, value] : headers) writer.key_escaped(name).string(value);
  writer.end_object();
  return out;
}

/// What is verified and cannot be read is the sender's mistake (400), though in an answer to our own call the same text would leave its outcome open.
Result<ProviderEvent> read_message(const ProviderGateway& gateway, std::string_view text) {
  auto event = gateway.read_event(text);
  if (!event && event.error().kind() != ErrorKind::invalid_argument) return fail(ErrorKind::invalid_argument, "MALFORMED_MESSAGE", event.error().detail());
  return event;
}

}  // namespace

Task<Result<>> Webhooks::receive(std::string provider, ProviderMessage message) {
  const UtcTime now = clock_.now();
  ProviderGateway* gateway = providers_.find(provider);
  if (gateway == nullptr || !gateway->is_enabled()) co_return fail(ErrorKind::not_found, "ROUTE_NOT_FOUND", "this shop does not use the provider");
  EMP_CO_TRY(co_await gateway->verify(message, now));
  EMP_CO_ASSIGN(const auto event, read_message(*gateway, message.text));
  EMP_CO_TRY(co_await store_.insert_webhook(row_of(std::move(provider), event.id, std::move(message), now), now));
  co_return Result<>();
}

NewWebhook Webhooks::row_of(std::string provider, std::string dedup_key, ProviderMessage message, UtcTime now) {
  std::string headers = headers_json(message.headers);
  return NewWebhook{Uuid::v7(now, random_), std::move(provider), std::move(dedup_key), std::move(headers), std::move(message.text)};
}

Task<Result<Recorded>> Webhooks::record(CallContext context, std::string provider, ProviderMessage message) {
  const UtcTime now = clock_.now();
  ProviderGateway* gateway = providers_.find(provider);
  if (gateway == nullptr || !gateway->is_enabled()) co_return fail(ErrorKind::not_found, "ROUTE_NOT_FOUND", "this shop does not use the provider");
  EMP_CO_TRY(co_await gateway->verify(message, now));
  EMP_CO_ASSIGN(auto event, read_message(*gateway, message.text));
  if (!event.payment || !event.payment->payment_id) co_return Recorded::unknown_reference;
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  auto locked = co_await store_.lock(work, *event.payment->payment_id);
  if (!locked && locked.error().kind() == ErrorKind::not_found) co_return Recorded::unknown_reference;
  if (!locked) co_return fail(locked.error());
  if (locked->payment.provider != provider) co_return Recorded::unknown_reference;
  EMP_CO_ASSIGN(const auto booked, co_await book_.enter_locked(work, std::move(*locked), std::move(*event.payment), Source::webhook, "webhook", context.trace));
  if (booked.mismatch) {
    EMP_CO_TRY(co_await work.commit());
    co_return Recorded::amount_differs;
  }
  // What only the provider's present state settles is asked for by the job.
  const auto next = booked.verdict == Verdict::query ? std::optional(now) : std::nullopt;
  EMP_CO_ASSIGN(const bool is_first, co_await store_.record_webhook(work, row_of(std::move(provider), event.id, std::move(message), now), next, now));
  if (!is_first) co_return Recorded::before;  // Rolls back the second note of it.
  EMP_CO_TRY(co_await work.commit());
  co_return Recorded::now;
}

Task<Result<int>> Webhooks::process(CallContext context, int count) {
  EMP_CO_ASSIGN(auto rows, co_await store_.claim_webhooks(clock_.now(), lease, count));
  for (WebhookRow& row : rows) EMP_CO_TRY(co_await apply(context, std::move(row)));
  co_return static_cast<int>(rows.size());
}

Task<Result<>> Webhooks::apply(CallContext context, WebhookRow row) {
  const UtcTime now = clock_.now();
  const ProviderGateway* gateway = providers_.find(row.provider);
  if (gateway == nullptr) co_return co_await store_.finish_webhook(row.id, "dead", "an unknown provider", std::nullopt, now);
  auto event = gateway->read_event(row.body);
  if (!event) co_return co_await store_.finish_webhook(row.id, "dead", event.error().to_string(), std::nullopt, now);
  const auto outcome = co_await take_effect(std::move(context), row.provider, std::move(*event));
  if (outcome) co_return co_await store_.finish_webhook(row.id, outcome->starts_with("ignored") ? "ignored" : "applied", *outcome, std::nullopt, now);
  if (row.tries + 1 >= tries_max) {
    observe::error("a provider's message could not be applied and waits for staff", {{"webhook", row.id.to_string()}, {"error", outcome.error().to_string()}});
    co_return co_await store_.finish_webhook(row.id, "dead", outcome.error().to_string(), std::nullopt, now);
  }
  co_return co_await store_.finish_webhook(row.id, "received", outcome.error().to_string(), now + seconds(1) * (1 << std::min(row.tries, 8)), now);
}

Task<Result<std::string>> Webhooks::take_effect(CallContext context, std::string provider, ProviderEvent event) {
  if (event.dispute) co_return co_await disputes_.hear(std::move(context), std::move(provider), std::move(*event.dispute));
  if (event.credit) co_return co_await credits_.enter(std::move(context), std::move(*event.credit));
  if (event.refund) {
    EMP_CO_ASSIGN(auto refund, co_await store_.find_refund_by_ref(event.refund->ref));
    // The message may overtake the answer to our own call: then the id that we gave the provider names the refund.
    const std::optional<Uuid> id = refund ? std::optional(refund->id) : event.refund->refund_id;
    if (!id) co_return std::string("ignored: not our refund");
    const auto known = co_await store_.find_refund(*id);
    if (!known) co_return std::string("ignored: not our refund");
    // Refund messages carry a state of their time; a final one is taken, the others only make us ask.
    RefundReport report = std::move(*event.refund);
    if (report.state == RefundReport::State::pending) co_return std::string("ignored: still pending");
    EMP_CO_TRY(co_await refunds_.enter(std::move(context), *id, std::move(report)));
    co_return text("refund ", *id);
  }
  if (!event.payment) co_return text("ignored: ", event.type);

  EMP_CO_ASSIGN(auto payment, co_await store_.find_by_ref(provider, event.payment->ref));
  if (!payment && event.payment->payment_id) {
    auto named = co_await store_.find(*event.payment->payment_id);
    if (named && named->provider == provider) payment = std::move(*named);
  }
  if (!payment) co_return std::string("ignored: not our payment");
  // Some messages name only the payment that we told the provider of.
  if (event.payment->ref.empty()) event.payment->ref = payment->provider_ref.value_or("");
  const bool is_approved = event.payment->state == ProviderReport::State::approved;
  EMP_CO_ASSIGN(auto booked, co_await book_.enter(context, payment->id, std::move(*event.payment), Source::webhook, "webhook"));
  if (booked.mismatch) co_return std::string("ignored: AMOUNT_MISMATCH");
  if (booked.verdict == Verdict::query || (is_approved && is_live(booked.payment.status))) {
    EMP_CO_TRY(co_await driver_.sync(std::move(context), booked.payment, "webhook"));
    co_return text("asked for ", payment->id);
  }
  if (booked.verdict == Verdict::ignore) co_return std::string("ignored: known or overtaken");
  co_return text("payment ", payment->id, " ", to_string(booked.payment.status));
}

}  // namespace emporion::payment
