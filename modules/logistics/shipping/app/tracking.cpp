#include "modules/logistics/shipping/app/tracking.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/logistics/shipping/app/events.hpp"

namespace emporion::shipping {
namespace {

constexpr std::int32_t batch = 256;
constexpr std::int64_t age_s_max = 300;  // Source: logistics.md §3.7, webhook intake.

void count_refused(std::string_view why) {
  observe::counter("emporion_shipping_webhooks_refused_total", "Webhooks whose signature was not good.", {{"why", std::string(why)}}).increment();
}

Task<Result<std::vector<Result<bool>>>> store_all(ShipmentStore& store, std::vector<Receipt> receipts) {
  const std::size_t count = receipts.size();
  EMP_CO_TRY(co_await store.store_receipts(std::move(receipts)));
  co_return std::vector<Result<bool>>(count, true);
}

// The demo carrier's words are ours. An unknown one stays on the timeline, never a guess.
std::optional<Status> normalised(std::string_view raw) {
  const auto status = status_from(raw);
  return status && !is_before_pickup(*status) ? status : std::nullopt;
}

void collect_cash(Shipment& shipment, const v1::DemoCarrierEvent& event, EventWriter& events) {
  if (shipment.progress.status != Status::delivered || !shipment.cod_minor || shipment.cod_collected_minor || !event.cod_collected) return;
  const Money amount = *event.cod_collected;
  if (amount.currency() != shipment.currency || amount.is_negative() || amount.amount() > *shipment.cod_minor) {
    observe::error("shipping: cash reported that was not asked for", {{"shipment", shipment.id.to_string()}, {"amount", amount.to_string()}});
    return;
  }
  shipment.cod_collected_minor = amount.amount();
  events.cod_collected(shipment, amount);
}

}  // namespace

std::string signature_of(std::string_view body, std::string_view secret, UtcTime now) {
  const std::string time = text(now.micros_since_epoch() / 1'000'000);
  return text("t=", time, ",v1=", security::hex(security::hmac_sha256(secret, text(time, ".", body))));
}

bool is_signed(std::string_view header, std::string_view body, const std::vector<std::string>& secrets, UtcTime now) {
  const std::size_t comma = header.find(',');
  if (comma == std::string_view::npos || !header.starts_with("t=") || !header.substr(comma + 1).starts_with("v1=")) return false;
  const std::string_view time = header.substr(2, comma - 2);
  const auto given = security::from_hex(header.substr(comma + 4));
  std::int64_t seconds_given = 0;
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), seconds_given);
  if (error != std::errc() || end != time.data() + time.size() || !given) return false;
  bool is_good = false;
  for (const std::string& secret : secrets) is_good |= security::constant_time_equal(*given, security::hmac_sha256(secret, text(time, ".", body)));
  const std::int64_t now_s = now.micros_since_epoch() / 1'000'000;
  return EMP_GUARD("shipping.webhook_signature", is_good) &&
         EMP_GUARD("shipping.signature_age", seconds_given <= now_s + age_s_max && seconds_given >= now_s - age_s_max);
}

Tracking::Tracking(ShipmentStore& store, postgres::Database& database, Runtime& runtime, Jobs& jobs, const Clock& clock, std::vector<std::string> secrets)
    : store_(store),
      database_(database),
      jobs_(jobs),
      clock_(clock),
      secrets_(std::move(secrets)),
      receipts_(runtime, {.name = "shipping.webhook"}, [this](std::vector<Receipt> receipts) { return store_all(store_, std::move(receipts)); }) {}

Task<Result<v1::DemoCarrierWebhookResponse>> Tracking::receive(v1::DemoCarrierWebhookRequest request) {
  const auto signature = request.headers.find("x-signature");
  if (signature == request.headers.end() || !is_signed(signature->second, request.body, secrets_, clock_.now())) {
    count_refused(signature == request.headers.end() ? "missing" : "wrong");
    co_return fail(ErrorKind::unauthenticated, "INVALID_SIGNATURE", "X-Signature does not sign this body, or is too old");
  }
  EMP_CO_ASSIGN(const auto event, parse_json<v1::DemoCarrierEvent>(request.body));
  Receipt receipt{.id = 0,
                  .carrier = "demo",
                  .dedupe_key = event.event_id,
                  .tracking_number = event.tracking_number,
                  .body = std::move(request.body),
                  .signature = signature->second,
                  .received_at = clock_.now()};
  EMP_CO_TRY(co_await receipts_.submit(std::move(receipt)));
  jobs_.wake(job_name);
  co_return v1::DemoCarrierWebhookResponse{.received = true};
}

Task<Result<>> Tracking::process(CallContext context) {
  for (;;) {
    EMP_CO_ASSIGN(const std::size_t done, co_await process_some(context));
    if (done < static_cast<std::size_t>(batch)) co_return Result<>();
  }
}

Task<Result<std::size_t>> Tracking::process_some(CallContext context) {
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(const auto receipts, co_await store_.lock_receipts(work, batch));
  if (receipts.empty()) co_return std::size_t{0};
  std::vector<std::string> numbers;
  std::vector<std::string> keys;
  for (const Receipt& receipt : receipts) {
    numbers.push_back(receipt.tracking_number);
    keys.push_back(receipt.dedupe_key);
  }
  EMP_CO_ASSIGN(auto shipments, co_await store_.lock_tracked(work, "demo", std::move(numbers)));
  EMP_CO_ASSIGN(const auto known_list, co_await store_.known_keys(work, "demo", std::move(keys)));
  std::set<std::string> known(known_list.begin(), known_list.end());
  std::map<std::string, Shipment*> by_number;
  for (Shipment& shipment : shipments) by_number.emplace(*shipment.tracking_number, &shipment);

  EventWriter events;
  std::vector<TimelineRow> timeline;
  std::vector<std::int64_t> done;
  std::vector<std::int64_t> without_parcel;
  for (const Receipt& receipt : receipts) {
    const auto found = by_number.find(receipt.tracking_number);
    if (found == by_number.end()) {
      without_parcel.push_back(receipt.id);
      continue;
    }
    done.push_back(receipt.id);
    if (!known.insert(receipt.dedupe_key).second) continue;
    const auto event = parse_json<v1::DemoCarrierEvent>(receipt.body);
    if (!event) continue;  // It was readable when it was taken in.
    Shipment& shipment = *found->second;
    const auto status = normalised(event->status);
    const bool was_dispatched = shipment.progress.dispatched_at.has_value();
    const bool has_moved = status && apply(shipment.progress, {*status, event->at});
    if (has_moved) {
      events.moved(shipment, was_dispatched, event->place, event->reason);
      collect_cash(shipment, *event, events);
    }
    if (!status) observe::warning("shipping: unknown carrier status", {{"status", event->status}, {"shipment", shipment.id.to_string()}});
    timeline.push_back(
        {shipment.id, "demo", receipt.dedupe_key, event->status, status, event->at, receipt.received_at, event->place, event->reason, has_moved});
  }
  EMP_CO_TRY(co_await store_.add_to_timeline(work, std::move(timeline)));
  EMP_CO_TRY(co_await store_.save(work, std::move(shipments)));
  EMP_CO_TRY(co_await store_.finish_receipts(work, std::move(done), std::move(without_parcel)));
  if (auto rows = events.take(); !rows.empty()) EMP_CO_TRY(co_await work.run_together(std::move(rows)));
  EMP_CO_TRY(co_await work.commit());
  co_return receipts.size();
}

}  // namespace emporion::shipping
