#include "modules/product/promotion/app/reserving.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"

namespace emporion::promotion {
namespace {

constexpr int rounds_max = 4;

Error changed(std::string_view promotion) {
  Error error(ErrorKind::conflict, "EVALUATION_CHANGED", "the promotions are not those of the evaluation any more");
  return promotion.empty() ? error : std::move(error).with("promotion_id", promotion);
}

Error refusal_of(const ReserveAnswer& answer, const Uuid& checkout) {
  switch (answer.outcome) {
    case ReserveAnswer::Outcome::differs: return Error(ErrorKind::rule_violated, "IDEMPOTENCY_KEY_REUSED", "this checkout reserved something else");
    case ReserveAnswer::Outcome::released:
      return Error(ErrorKind::conflict, "RELEASED", "released before it was reserved").with("checkout_id", checkout.to_string());
    case ReserveAnswer::Outcome::limit: return Error(ErrorKind::conflict, "LIMIT_REACHED").with("promotion_id", answer.promotion).with("limit", answer.limit);
    case ReserveAnswer::Outcome::budget: return Error(ErrorKind::conflict, "BUDGET_EXHAUSTED").with("promotion_id", answer.promotion);
    default: return changed(answer.promotion);
  }
}

v1::Redemption answer_of(const Reserve& command, UtcTime created_at) {
  v1::Redemption out{.id = command.id,
                     .checkout_id = command.checkout,
                     .order_id = {},
                     .currency = std::string(command.currency.code()),
                     .lines = {},
                     .evaluation_hash = command.evaluation_hash,
                     .status = v1::RedemptionStatus::reserved,
                     .expires_at = created_at + reservation_life,
                     .created_at = created_at,
                     .version = 1};
  for (const auto& use : command.uses) out.lines.push_back({use.promotion, use.revision, use.coupon, Money(use.discount, command.currency), use.units});
  return out;
}

}  // namespace

Reserving::Reserving(Runtime& runtime, Evaluating& evaluating, PromotionBook& book, RedemptionStore& store, const Clock& clock, Random& random)
    : evaluating_(evaluating),
      book_(book),
      store_(store),
      clock_(clock),
      random_(random),
      reserve_lane_(runtime, {.name = "promotion.reserve", .queue_max = 10'000},
                    [this](std::vector<std::shared_ptr<const Reserve>> batch) { return store_.reserve(std::move(batch)); }),
      commit_lane_(runtime, {.name = "promotion.commit"}, [this](std::vector<Commit> batch) { return store_.commit(std::move(batch)); }),
      release_lane_(runtime, {.name = "promotion.release"}, [this](std::vector<Release> batch) { return store_.release(std::move(batch)); }) {}

Task<void> Reserving::close() {
  co_await reserve_lane_.close();
  co_await commit_lane_.close();
  co_await release_lane_.close();
}

Task<Result<Evaluated>> Reserving::evaluate_again(EvaluationInput input, std::string hash) {
  // What was free when it was evaluated may be used up by now: then the reservation says so, not the hash.
  for (const bool asks_limits : {true, false}) {
    EMP_CO_ASSIGN(auto again, co_await evaluating_.evaluate_input(input, asks_limits));
    if (again.answer.evaluation_hash == hash) co_return again;
  }
  co_return fail(changed({}));
}

Task<Result<v1::Redemption>> Reserving::reserve(CallContext context, v1::ReserveRequest request) {
  const Uuid body = Uuid::from_name(to_json(request));
  if (!request.input.priced_at) co_return fail(ErrorKind::invalid_argument, "PRICED_AT_REQUIRED", "a preview cannot be reserved");
  auto read = evaluating_.read(request.input, context);
  // A repeat is answered from the store even if the same request would be refused by now.
  if (!read) co_return co_await stored_or(request.checkout_id, body, read.error());
  auto command = std::make_shared<Reserve>(Reserve{.id = Uuid::v7(clock_.now(), random_),
                                                   .checkout = request.checkout_id,
                                                   .body = body,
                                                   .customer_key = read->customer_key,
                                                   .currency = read->cart.currency,
                                                   .evaluation_hash = request.evaluation_hash,
                                                   .uses = {},
                                                   .at = clock_.now(),
                                                   .trace = context.trace});
  for (int round = 1;; ++round) {
    auto again = co_await evaluate_again(*read, request.evaluation_hash);
    if (!again) co_return co_await stored_or(request.checkout_id, body, again.error());
    if (again->uses.empty()) co_return fail(ErrorKind::rule_violated, "NOTHING_TO_RESERVE", "no promotion applies");
    auto tried = std::make_shared<Reserve>(*command);
    tried->uses = std::move(again->uses);
    tried->set_revision = again->set_revision;
    EMP_CO_ASSIGN(const auto answer, co_await reserve_lane_.submit(tried));
    if (answer.outcome == ReserveAnswer::Outcome::accepted) co_return answer_of(*tried, answer.created_at);
    if (answer.outcome == ReserveAnswer::Outcome::stored) co_return co_await stored_or(request.checkout_id, body, refusal_of(answer, request.checkout_id));
    if (answer.outcome != ReserveAnswer::Outcome::stale || round == rounds_max) co_return fail(refusal_of(answer, request.checkout_id));
    book_.look_again();
  }
}

Task<Result<v1::Redemption>> Reserving::stored_or(Uuid checkout, Uuid body, Error refusal) {
  EMP_CO_ASSIGN(auto found, co_await store_.find(checkout));
  if (!found || found->body != body) co_return fail(std::move(refusal));
  if (found->redemption.status == v1::RedemptionStatus::released)
    co_return fail(refusal_of({.outcome = ReserveAnswer::Outcome::released, .promotion = {}, .limit = {}}, checkout));
  co_return std::move(found->redemption);
}

Task<Result<v1::Redemption>> Reserving::commit(CallContext context, v1::CommitRequest request) {
  return commit_lane_.submit({.checkout = request.id, .order = request.order_id, .trace = context.trace, .at = clock_.now()});
}

Task<Result<v1::ReleaseResponse>> Reserving::release(CallContext context, v1::ReleaseRequest request) {
  EMP_CO_ASSIGN(const auto status,
                co_await release_lane_.submit({.checkout = request.id, .new_id = Uuid::v7(clock_.now(), random_), .trace = context.trace, .at = clock_.now()}));
  co_return v1::ReleaseResponse{status};
}

Task<Result<v1::Redemption>> Reserving::get(CallContext context, v1::GetRedemptionRequest request) {
  static_cast<void>(context);
  EMP_CO_ASSIGN(auto found, co_await store_.find(request.id));
  if (!found) co_return fail(Error(ErrorKind::not_found, "REDEMPTION_NOT_FOUND").with("id", request.id.to_string()));
  co_return std::move(found->redemption);
}

}  // namespace emporion::promotion
