#include "modules/logistics/warehouse/app/reserve_stock.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"

namespace emporion::warehouse {
namespace {

/// Each lost round means that somebody else won one, so a buyer is refused for want of stock, not for want of luck. Buyers who come at once go from warehouse
/// to warehouse together and then divide what is left: a few rounds more than there are warehouses. Source: ADR 0011.
constexpr int rounds_max = 32;

std::vector<std::string> all_of(const std::vector<std::shared_ptr<const std::vector<std::string>>>& batch) {
  std::set<std::string> skus;
  for (const auto& wanted : batch) skus.insert(wanted->begin(), wanted->end());
  return {skus.begin(), skus.end()};
}

/// The lines without their warehouses: a line that was divided is one again.
std::vector<WantedLine> wanted_lines(const v1::ReserveRequest& request) {
  std::map<std::int32_t, WantedLine> lines;
  for (const auto& line : request.lines) {
    auto& wanted = lines.try_emplace(line.line_no, WantedLine{line.line_no, line.sku, 0, 0}).first->second;
    wanted.qty += line.qty;
  }
  std::vector<WantedLine> out;
  out.reserve(lines.size());
  for (auto& [line_no, line] : lines) out.push_back(std::move(line));
  return out;
}

PlacementQuestion question_of(const v1::ReserveRequest& request) {
  return {wanted_lines(request), request.plan->destination, request.plan->service_level.value_or(v1::ServiceLevel::standard),
          request.plan->profile.value_or(v1::PlanProfile::fewest_parcels)};
}

v1::Reservation answer_of(const Hold& hold, const HoldAnswer& answer) {
  v1::Reservation out;
  out.id = hold.id;
  out.reference = hold.reference;
  out.reference_id = hold.reference_id;
  out.attempt = hold.attempt;
  out.customer_id = hold.customer;
  out.status = v1::ReservationStatus::active;
  out.expires_at = answer.expires_at;
  out.version = 1;
  out.created_at = answer.created_at;
  out.lines.reserve(hold.lines.size());
  for (const auto& line : hold.lines) out.lines.push_back({line.line_no, line.sku, line.warehouse, static_cast<std::int32_t>(line.qty), 0, 0, 0});
  std::ranges::sort(out.lines, {}, [](const v1::ReservationLine& line) { return std::pair(line.line_no, line.warehouse_id); });
  return out;
}

Error refusal_of(const HoldAnswer& answer, const Hold& hold, const Options& options) {
  switch (answer.outcome) {
    case HoldAnswer::Outcome::differs: return Error(ErrorKind::rule_violated, "IDEMPOTENCY_KEY_REUSED", "this reservation id was used for another request");
    case HoldAnswer::Outcome::tombstone:
      return Error(ErrorKind::conflict, "RESERVATION_STATE", "released before it was reserved")
          .with("status", "released")
          .with("reservation_id", hold.id.to_string());
    case HoldAnswer::Outcome::taken:
      return Error(ErrorKind::conflict, "RESERVATION_STATE", "another reservation holds for this reference and attempt")
          .with("reference_id", hold.reference_id.to_string());
    case HoldAnswer::Outcome::limit: return Error(ErrorKind::rule_violated, "TOO_MANY_RESERVATIONS").with("max", options.active_reservations_max);
    case HoldAnswer::Outcome::inactive: return Error(ErrorKind::conflict, "WAREHOUSE_NOT_ACTIVE").with_json("items", answer.detail);
    default: return Error(ErrorKind::conflict, "INSUFFICIENT_STOCK").with_json("items", answer.detail.empty() ? "[]" : answer.detail);
  }
}

}  // namespace

ReserveStock::ReserveStock(Runtime& runtime, StockStore& stock, ReservationStore& reservations, TopologyCache& topology, MomentaryGate& gate, Options options)
    : stock_(stock),
      reservations_(reservations),
      topology_(topology),
      gate_(gate),
      options_(options),
      reserve_lane_(runtime, LaneOptions{.name = "warehouse.reserve"},
                    [this](std::vector<std::shared_ptr<const Hold>> batch) {
                      return reservations_.reserve(std::move(batch), HoldLimits{options_.active_reservations_max, options_.hold.ceiling_hot});
                    }),
      snapshot_lane_(runtime, LaneOptions{.name = "warehouse.snapshot", .queue_max = 20'000},
                     [this](std::vector<Skus> batch) { return read_snapshots(std::move(batch)); }),
      free_lane_(runtime, LaneOptions{.name = "warehouse.free_overdue", .queue_max = 20'000},
                 [this](std::vector<Skus> batch) { return free_and_read(std::move(batch)); }) {}

Task<Result<std::vector<Result<ReserveStock::Snapshot>>>> ReserveStock::read_snapshots(std::vector<Skus> batch) {
  EMP_CO_ASSIGN(auto availability, co_await stock_.available(all_of(batch)));
  const Snapshot snapshot = std::make_shared<const Availability>(std::move(availability));
  co_return std::vector<Result<Snapshot>>(batch.size(), Result<Snapshot>(snapshot));
}

Task<Result<std::vector<Result<ReserveStock::Snapshot>>>> ReserveStock::free_and_read(std::vector<Skus> batch) {
  auto skus = all_of(batch);
  EMP_CO_TRY(co_await reservations_.expire(200, skus, Uuid()));
  EMP_CO_ASSIGN(auto availability, co_await stock_.available(std::move(skus)));
  const Snapshot snapshot = std::make_shared<const Availability>(std::move(availability));
  co_return std::vector<Result<Snapshot>>(batch.size(), Result<Snapshot>(snapshot));
}

Result<> ReserveStock::check(const v1::ReserveRequest& request) const {
  if (static_cast<std::int32_t>(request.lines.size()) > options_.lines_max)
    return fail(Error(ErrorKind::rule_violated, "LINES_LIMIT", "too many lines").with("max", options_.lines_max));
  if (request.customer_id && request.guest_key) return fail(ErrorKind::invalid_argument, "HOLDER_AMBIGUOUS", "give customer_id or guest_key, not both");
  std::set<std::pair<std::int32_t, Uuid>> keys;
  std::map<std::int32_t, std::string_view> skus;
  for (const auto& line : request.lines) {
    if (line.qty > options_.qty_max)
      return fail(Error(ErrorKind::rule_violated, "QTY_LIMIT", text("too many of ", line.sku)).with("max", options_.qty_max).with("sku", line.sku));
    if (line.warehouse_id ? line.warehouse_id->is_nil() : !request.plan)
      return fail(ErrorKind::invalid_argument, "WAREHOUSE_REQUIRED", text("line ", line.line_no, " has no warehouse, and there is no plan request"));
    const bool is_other_sku = skus.try_emplace(line.line_no, line.sku).first->second != line.sku;
    if (is_other_sku || !keys.emplace(line.line_no, line.warehouse_id.value_or(Uuid())).second)
      return fail(ErrorKind::invalid_argument, "DUPLICATE_LINE", text("line ", line.line_no, " is named twice"));
  }
  return {};
}

Task<Result<v1::Reservation>> ReserveStock::reserve(CallContext context, v1::ReserveRequest request) {
  EMP_CO_TRY(check(request));
  auto hold = std::make_shared<Hold>();
  hold->id = request.reservation_id;
  hold->body = Uuid::from_name(to_json(request));
  hold->reference = request.reference;
  hold->reference_id = request.reference_id;
  hold->attempt = request.attempt;
  hold->customer = request.customer_id;
  hold->guest = request.guest_key;
  hold->payment_method = request.payment_method;
  const auto asked = request.ttl_seconds ? std::optional(seconds(*request.ttl_seconds)) : std::nullopt;
  hold->ttl = options_.hold.grant(asked, request.payment_method == v1::ReservationPaymentMethod::bank_transfer);
  hold->trace = context.trace;

  std::vector<ShortLine> gated;
  for (const auto& line : request.lines) {
    if (gate_.is_closed(line.sku)) gated.push_back({line.line_no, line.sku, line.qty, 0});
  }
  if (!gated.empty()) co_return co_await refuse(hold->id, hold->body, insufficient_stock(gated));

  bool is_placed = std::ranges::all_of(request.lines, [](const v1::ReserveLine& line) { return line.warehouse_id.has_value(); });
  if (is_placed) {
    for (const auto& line : request.lines) hold->lines.push_back({line.line_no, *line.warehouse_id, line.sku, line.qty});
  }
  for (int round = 1;; ++round) {
    if (!is_placed) {
      auto placed = co_await place_lines(question_of(request), round > 1);
      if (!placed && placed.error().reason() == "INSUFFICIENT_STOCK" && round == 1) continue;
      if (!placed) co_return co_await refuse(hold->id, hold->body, placed.error());
      hold->lines = std::move(*placed);
    }
    EMP_CO_ASSIGN(const auto answer, co_await reserve_lane_.submit(std::make_shared<const Hold>(*hold)));
    if (answer.outcome == HoldAnswer::Outcome::accepted) co_return answer_of(*hold, answer);
    if (answer.outcome == HoldAnswer::Outcome::stored) co_return co_await stored(hold->id, hold->body);
    const bool is_misplaced = answer.outcome == HoldAnswer::Outcome::inactive || answer.outcome == HoldAnswer::Outcome::short_of_stock;
    if (!is_misplaced || round == rounds_max) co_return fail(refusal_of(answer, *hold, options_));
    if (answer.outcome == HoldAnswer::Outcome::inactive) topology_.forget();
    if (request.plan) {
      is_placed = false;
    } else {
      // The warehouses are given: only units held by overdue reservations can help.
      EMP_CO_ASSIGN(const auto freed, co_await reservations_.expire(200, skus_of(wanted_lines(request)), context.trace));
      if (freed == 0) co_return fail(refusal_of(answer, *hold, options_));
    }
  }
}

Task<Result<std::vector<PlacedLine>>> ReserveStock::place_lines(PlacementQuestion question, bool frees_overdue) {
  EMP_CO_ASSIGN(const auto topology, co_await topology_.now());
  auto skus = std::make_shared<const std::vector<std::string>>(skus_of(question.lines));
  EMP_CO_ASSIGN(const auto snapshot, co_await (frees_overdue ? free_lane_ : snapshot_lane_).submit(skus));
  auto made = choose(*topology, *snapshot, question, options_);
  if (made) co_return std::move(made->lines);
  if (frees_overdue && made.error().reason() == "INSUFFICIENT_STOCK") {
    for (const auto& sku : *skus) {
      if (!snapshot->contains(sku)) gate_.close(sku);
    }
  }
  co_return fail(made.error());
}

Task<Result<v1::Reservation>> ReserveStock::stored(Uuid id, Uuid body) {
  return refuse(id, body, Error(ErrorKind::conflict, "RESERVATION_STATE").with("reservation_id", id.to_string()));
}

Task<Result<v1::Reservation>> ReserveStock::refuse(Uuid id, Uuid body, Error refusal) {
  EMP_CO_ASSIGN(auto found, co_await reservations_.find(id));
  if (found && found->body == body) co_return std::move(found->reservation);
  co_return fail(std::move(refusal));
}

Task<Result<v1::AllocationPlan>> ReserveStock::plan(CallContext context, v1::PlanAllocationRequest request) {
  (void)context;
  PlacementQuestion question{
      {}, request.destination, request.service_level.value_or(v1::ServiceLevel::standard), request.profile.value_or(v1::PlanProfile::fewest_parcels)};
  std::set<std::int32_t> numbers;
  for (const auto& line : request.lines) {
    if (!numbers.insert(line.line_no).second) co_return fail(ErrorKind::invalid_argument, "DUPLICATE_LINE", text("line ", line.line_no, " is named twice"));
    question.lines.push_back({line.line_no, line.sku, line.qty, line.weight_g.value_or(0)});
  }
  EMP_CO_ASSIGN(const auto topology, co_await topology_.now());
  EMP_CO_ASSIGN(const auto snapshot, co_await snapshot_lane_.submit(std::make_shared<const std::vector<std::string>>(skus_of(question.lines))));
  auto made = choose(*topology, *snapshot, question, options_);
  if (!made) co_return fail(made.error());
  co_return std::move(made->plan);
}

Task<void> ReserveStock::close() {
  co_await reserve_lane_.close();
  co_await snapshot_lane_.close();
  co_await free_lane_.close();
}

}  // namespace emporion::warehouse
