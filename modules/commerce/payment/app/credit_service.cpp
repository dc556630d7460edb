#include "modules/commerce/payment/app/credit_service.hpp"

#include <algorithm>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/postgres/answer_once.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/payment/app/page_token.hpp"
#include "modules/commerce/payment/domain/gift_card_code.hpp"

namespace emporion::payment {
namespace {

constexpr std::int32_t wrong_codes_max = 10;  // In a minute and per asker. A code has 80 bits; this is against those who try lists of stolen ones.
constexpr std::int32_t expired_per_run = 500;

Error credit_not_found() { return Error(ErrorKind::not_found, "CREDIT_NOT_FOUND", "no such gift card or store credit"); }
Error card_not_found() { return Error(ErrorKind::not_found, "GIFT_CARD_NOT_FOUND", "no gift card that can be used has this code"); }
Error too_many_tries() { return Error(ErrorKind::resource_exhausted, "RATE_LIMITED", "too many wrong codes; wait a minute").with("retry_after", 60); }

Result<> check_amount(const Money& amount) {
  if (amount.amount() <= 0) return fail(Error(ErrorKind::rule_violated, "AMOUNT_OUT_OF_RANGE", "an amount above 0").with("amount", amount.amount()));
  return {};
}

Result<> check_expiry(const std::optional<UtcTime>& expires_at, UtcTime now) {
  if (expires_at && *expires_at <= now) return fail(ErrorKind::rule_violated, "EXPIRY_IN_PAST", "the card would be over before it began");
  return {};
}

postgres::IdempotencyScope scope_of(const CallContext& context, std::string operation, std::string request) {
  return {postgres::caller_of(context.principal), std::move(operation), context.idempotency_key, std::move(request)};
}

/// Who tries codes over HTTP: a customer from everywhere they are, a guest from their address.
std::string asker_of(const CallContext& context, const std::string& address) {
  return context.principal.realm == Realm::customer ? text("customer:", context.principal.id, " ", address) : text("guest ", address);
}

bool sees_customer(const CallContext& context, const Uuid& customer) { return context.principal.realm == Realm::staff || context.principal.id == customer; }

NewGiftCard card_of(const std::string& code, Money amount, std::optional<UtcTime> expires_at, std::optional<std::string> note, const CallContext& context,
                    Uuid id) {
  return NewGiftCard{.id = id,
                     .code_sha256 = security::sha256(code),
                     .last4 = code.substr(code.size() - 4),
                     .amount = amount,
                     .expires_at = expires_at,
                     .recipient_email = std::nullopt,
                     .note = std::move(note),
                     .actor = context.principal.id};
}

}  // namespace

// --- Staff ---

Task<Result<v1::IssuedGiftCard>> CreditService::issue_gift_card(CallContext context, v1::IssueGiftCardRequest request) {
  const UtcTime now = clock_.now();
  EMP_CO_TRY(check_amount(request.amount));
  EMP_CO_TRY(check_expiry(request.expires_at, now));
  std::string code = make_gift_card_code(random_);
  if (request.code) {
    const auto given = canonical_gift_card_code(*request.code);
    if (!given) co_return fail(ErrorKind::rule_violated, "GIFT_CARD_CODE_INVALID", "16 to 40 characters of 0-9 and A-Z without I, L, O, U");
    code = *given;
  }
  auto scope = scope_of(context, "payment.issue_gift_card", to_json(request));
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(const auto first, co_await postgres::claim_key(work, scope));
  if (first) co_return parse_json<v1::IssuedGiftCard>(first->body);
  NewGiftCard card = card_of(code, request.amount, request.expires_at, request.note, context, Uuid::v7(now, random_));
  card.recipient_email = request.recipient_email;
  std::vector<NewGiftCard> cards;
  cards.push_back(std::move(card));
  EMP_CO_ASSIGN(auto issued, co_await store_.issue(work, std::move(cards), now, context.trace));
  if (!issued.front()) co_return fail(ErrorKind::conflict, "GIFT_CARD_EXISTS", "another card has this code");
  v1::IssuedGiftCard out;
  out.card = std::move(*issued.front());
  EMP_CO_TRY(co_await postgres::remember_answer(work, std::move(scope), {201, to_json(out)}));  // Without the code: nothing of ours keeps it.
  EMP_CO_TRY(co_await work.commit());
  out.code = grouped_gift_card_code(code);
  co_return out;
}

Task<Result<v1::IssueGiftCardsResponse>> CreditService::issue_gift_cards(CallContext context, v1::IssueGiftCardsRequest request) {
  const UtcTime now = clock_.now();
  EMP_CO_TRY(check_amount(request.amount));
  EMP_CO_TRY(check_expiry(request.expires_at, now));
  auto scope = scope_of(context, "payment.issue_gift_cards", to_json(request));
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(const auto first, co_await postgres::claim_key(work, scope));
  if (first) co_return parse_json<v1::IssueGiftCardsResponse>(first->body);
  std::vector<std::string> codes;
  std::vector<NewGiftCard> cards;
  for (std::int32_t i = 0; i < request.count; ++i) {
    codes.push_back(make_gift_card_code(random_));
    cards.push_back(card_of(codes.back(), request.amount, request.expires_at, request.note, context, Uuid::v7(now, random_)));
  }
  EMP_CO_ASSIGN(auto issued, co_await store_.issue(work, std::move(cards), now, context.trace));
  v1::IssueGiftCardsResponse out;
  for (auto& card : issued) {
    if (!card) co_return fail(ErrorKind::unavailable, "GIFT_CARD_EXISTS", "a code came out twice; send it again");
    out.cards.push_back({.card = std::move(*card), .code = std::nullopt});
  }
  EMP_CO_TRY(co_await postgres::remember_answer(work, std::move(scope), {201, to_json(out)}));
  EMP_CO_TRY(co_await work.commit());
  for (std::size_t i = 0; i < codes.size(); ++i) out.cards[i].code = grouped_gift_card_code(codes[i]);
  co_return out;
}

Task<Result<v1::CreditAccount>> CreditService::grant_store_credit(CallContext context, v1::GrantStoreCreditRequest request) {
  const UtcTime now = clock_.now();
  EMP_CO_TRY(check_amount(request.amount));
  auto scope = scope_of(context, "payment.grant_store_credit", to_json(request));
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(const auto first, co_await postgres::claim_key(work, scope));
  if (first) co_return parse_json<v1::CreditAccount>(first->body);
  CreditGrant grant{.posting = Uuid::v7(now, random_),
                    .customer = request.customer_id,
                    .amount = request.amount,
                    .cause = "issued",
                    .order = std::nullopt,
                    .reason = request.reason,
                    .actor = context.principal.id};
  EMP_CO_ASSIGN(auto account, co_await store_.grant(work, std::move(grant), Uuid::v7(now, random_), now, context.trace));
  EMP_CO_TRY(co_await postgres::remember_answer(work, std::move(scope), {201, to_json(account)}));
  EMP_CO_TRY(co_await work.commit());
  co_return account;
}

Task<Result<v1::CreditAccount>> CreditService::adjust_credit(CallContext context, v1::AdjustCreditRequest request) {
  const UtcTime now = clock_.now();
  if (request.amount.is_zero()) co_return fail(Error(ErrorKind::rule_violated, "AMOUNT_OUT_OF_RANGE", "an amount other than 0").with("amount", 0));
  auto scope = scope_of(context, "payment.adjust_credit", to_json(request));
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(const auto first, co_await postgres::claim_key(work, scope));
  if (first) co_return parse_json<v1::CreditAccount>(first->body);
  EMP_CO_ASSIGN(auto account, co_await store_.adjust(work, request.id, request.amount, Uuid::v7(now, random_), request.reason, context.principal.id, now));
  EMP_CO_TRY(co_await postgres::remember_answer(work, std::move(scope), {200, to_json(account)}));
  EMP_CO_TRY(co_await work.commit());
  co_return account;
}

Task<Result<v1::CreditAccount>> CreditService::disable_credit(CallContext context, v1::ChangeCreditStatusRequest request) {
  observe::info("credit disabled", {{"account_id", request.id.to_string()}, {"staff_id", context.principal.id.to_string()}, {"reason", request.reason}});
  co_return co_await store_.set_status(request.id, "disabled");
}

Task<Result<v1::CreditAccount>> CreditService::enable_credit(CallContext context, v1::ChangeCreditStatusRequest request) {
  observe::info("credit enabled", {{"account_id", request.id.to_string()}, {"staff_id", context.principal.id.to_string()}, {"reason", request.reason}});
  co_return co_await store_.set_status(request.id, "active");
}

Task<Result<v1::ListCreditAccountsResponse>> CreditService::list_credit_accounts(CallContext, v1::ListCreditAccountsRequest request) {
  CreditFilter filter{.kind = std::nullopt,
                      .status = std::nullopt,
                      .customer = request.customer_id,
                      .last4 = std::nullopt,
                      .before_at = std::nullopt,
                      .before_id = std::nullopt,
                      .count = request.page_size.value_or(20)};
  if (request.kind) filter.kind = std::string(to_string(*request.kind));
  if (request.status) filter.status = std::string(to_string(*request.status));
  if (request.last4) filter.last4 = ascii_upper(*request.last4);
  if (request.page_token) {
    EMP_CO_ASSIGN(const auto token, PageToken::parse(*request.page_token));
    filter.before_at = token.at;
    filter.before_id = token.id;
  }
  v1::ListCreditAccountsResponse out;
  EMP_CO_ASSIGN(out.accounts, co_await store_.list(filter));
  if (static_cast<std::int32_t>(out.accounts.size()) == filter.count)
    out.next_page_token = PageToken{out.accounts.back().created_at, out.accounts.back().id, 0}.to_string();
  co_return out;
}

Task<Result<v1::CreditAccount>> CreditService::get_credit_account(CallContext, v1::GetCreditAccountRequest request) {
  co_return co_await store_.find(request.id);
}

Task<Result<v1::ListCreditPostingsResponse>> CreditService::page_of(Uuid account, std::optional<std::int32_t> page_size, std::optional<std::string> page_token,
                                                                    bool with_reasons) {
  std::optional<UtcTime> before_at;
  std::optional<Uuid> before_id;
  if (page_token) {
    EMP_CO_ASSIGN(const auto token, PageToken::parse(*page_token));
    before_at = token.at;
    before_id = token.id;
  }
  const std::int32_t count = page_size.value_or(20);
  v1::ListCreditPostingsResponse out;
  EMP_CO_ASSIGN(out.postings, co_await store_.postings(account, before_at, before_id, count));
  if (static_cast<std::int32_t>(out.postings.size()) == count) out.next_page_token = PageToken{out.postings.back().at, out.postings.back().id, 0}.to_string();
  if (!with_reasons) {
    for (v1::CreditPosting& posting : out.postings) posting.reason.reset();
  }
  co_return out;
}

Task<Result<v1::ListCreditPostingsResponse>> CreditService::list_credit_postings(CallContext, v1::ListCreditPostingsRequest request) {
  EMP_CO_TRY(co_await store_.find(request.id));
  co_return co_await page_of(request.id, request.page_size, request.page_token, true);
}

Task<Result<v1::RefundOrderResponse>> CreditService::refund_order(CallContext context, v1::RefundOrderRequest request) {
  EMP_CO_TRY(check_amount(request.amount));
  auto scope = scope_of(context, "payment.refund_order", to_json(request));
  const std::string caller = scope.caller;
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(const auto first, co_await postgres::claim_key(work, scope));
  if (first) co_return parse_json<v1::RefundOrderResponse>(first->body);
  OrderRefunds::Ask ask{.order = request.order_id,
                        .amount = request.amount,
                        .source = context.principal.realm == Realm::staff ? "manual" : "return",
                        .reason = request.reason,
                        .key = text("order-refund:", caller, ":", context.idempotency_key)};
  EMP_CO_ASSIGN(const auto refunded, co_await refunds_.refund(work, std::move(ask), context.trace));
  v1::RefundOrderResponse out;
  if (refunded.refund) out.refund_id = refunded.refund->id;
  out.from_payment = Money(refunded.split.from_payment, refunded.currency);
  out.to_credit = Money(refunded.split.to_credit, refunded.currency);
  EMP_CO_TRY(co_await postgres::remember_answer(work, std::move(scope), {201, to_json(out)}));
  EMP_CO_TRY(co_await work.commit());
  if (on_work) on_work();
  co_return out;
}

// --- Customers and guests ---

Task<Result<v1::StoreCredit>> CreditService::get_store_credit(CallContext context, v1::GetStoreCreditRequest request) {
  if (!sees_customer(context, request.customer_id)) co_return fail(credit_not_found());
  v1::StoreCredit out;
  EMP_CO_ASSIGN(out.accounts, co_await store_.own(request.customer_id));
  co_return out;
}

Task<Result<v1::ListCreditPostingsResponse>> CreditService::list_store_credit_postings(CallContext context, v1::ListStoreCreditPostingsRequest request) {
  if (!sees_customer(context, request.customer_id)) co_return fail(credit_not_found());
  EMP_CO_ASSIGN(const auto accounts, co_await store_.own(request.customer_id));
  for (const v1::CreditAccount& account : accounts) {
    if (account.balance.currency().code() == ascii_upper(request.currency))
      co_return co_await page_of(account.id, request.page_size, request.page_token, context.principal.realm == Realm::staff);
  }
  co_return fail(credit_not_found());
}

Task<Result<v1::CheckGiftCardResponse>> CreditService::check_gift_card(CallContext context, v1::CheckGiftCardRequest request) {
  const UtcTime now = clock_.now();
  const std::string asker = asker_of(context, request.client_address);
  EMP_CO_ASSIGN(const bool may_try, co_await store_.take_tries(asker, 1, wrong_codes_max, now));
  if (!may_try) co_return fail(too_many_tries());
  const auto code = canonical_gift_card_code(request.code);
  if (!code) co_return fail(card_not_found());
  EMP_CO_ASSIGN(auto found, co_await store_.check(security::sha256(*code), now));
  if (!found) co_return fail(card_not_found());
  EMP_CO_TRY(co_await store_.return_tries(asker, 1));
  co_return std::move(*found);
}

// --- For checkout ---

Task<Result<v1::ResolveCreditsResponse>> CreditService::resolve_credits(CallContext, v1::ResolveCreditsRequest request) {
  const UtcTime now = clock_.now();
  EMP_CO_ASSIGN(const Currency currency, Currency::parse(request.currency));
  const auto code_count = static_cast<std::int32_t>(request.codes.size());
  if (code_count > 0) {
    EMP_CO_ASSIGN(const bool may_try, co_await store_.take_tries(request.asked_by, code_count, wrong_codes_max, now));
    if (!may_try) co_return fail(too_many_tries());
  }
  std::vector<std::string> hashes;
  // What cannot be a code has a hash that no code has, so that each keeps its place.
  for (const std::string& typed : request.codes) hashes.push_back(security::sha256(canonical_gift_card_code(typed).value_or("no code")));
  EMP_CO_ASSIGN(const auto found, co_await store_.resolve(std::move(hashes), request.customer_id, currency.to_string(), now));
  v1::ResolveCreditsResponse out;
  std::vector<bool> is_known(request.codes.size());
  for (const ResolvedCredit& one : found) {
    if (!one.is_usable) continue;
    if (one.credit.code_index) is_known[static_cast<std::size_t>(*one.credit.code_index)] = true;
    if (std::ranges::find(out.credits, one.credit.account_id, &v1::UsableCredit::account_id) == out.credits.end()) out.credits.push_back(one.credit);
  }
  if (code_count > 0) EMP_CO_TRY(co_await store_.return_tries(request.asked_by, static_cast<std::int32_t>(std::ranges::count(is_known, true))));
  const auto wrong = std::ranges::find(is_known, false);
  if (wrong != is_known.end()) {
    co_return fail(Error(ErrorKind::rule_violated, "GIFT_CARD_INVALID", "no gift card that can be used here has this code")
                       .with("index", static_cast<std::int64_t>(wrong - is_known.begin())));
  }
  co_return out;
}

Task<Result<v1::GetCreditBalancesResponse>> CreditService::get_credit_balances(CallContext, v1::GetCreditBalancesRequest request) {
  EMP_CO_ASSIGN(const Currency currency, Currency::parse(request.currency));
  EMP_CO_ASSIGN(const auto balances, co_await store_.balances(request.account_ids, request.customer_id, currency.to_string(), clock_.now()));
  v1::GetCreditBalancesResponse out;
  for (const std::int64_t amount : balances) out.available.emplace_back(amount, currency);
  co_return out;
}

Task<Result<v1::CreditHold>> CreditService::hold_credit(CallContext, v1::HoldCreditRequest request) {
  NewHold hold{.id = request.hold_id,
               .order = request.order_id,
               .customer = request.customer_id,
               .currency = request.parts.front().amount.currency(),
               .accounts = {},
               .amounts = {},
               .digest = {}};
  std::string told = text(request.order_id, " ", request.customer_id ? request.customer_id->to_string() : "guest");
  for (const v1::CreditPart& part : request.parts) {
    EMP_CO_TRY(check_amount(part.amount));
    if (part.amount.currency() != hold.currency) co_return fail(ErrorKind::rule_violated, "CURRENCY_MISMATCH", "an order has one currency");
    if (std::ranges::find(hold.accounts, part.account_id) != hold.accounts.end())
      co_return fail(ErrorKind::invalid_argument, "DUPLICATE_ACCOUNT", "name an account once");
    hold.accounts.push_back(part.account_id);
    hold.amounts.push_back(part.amount.amount());
    told += text(" ", part.account_id, "=", part.amount.amount(), part.amount.currency());
  }
  hold.covers_order = request.covers_order;
  hold.digest = Uuid::from_name(told);
  const Currency currency = hold.currency;
  EMP_CO_ASSIGN(const auto answer, co_await store_.hold(std::move(hold), clock_.now()));
  if (answer.outcome == "CREDIT_INSUFFICIENT") {
    co_return fail(Error(ErrorKind::rule_violated, answer.outcome, "less can be taken than was offered")
                       .with_json("available", text(R"({"amount":)", answer.available, R"(,"currency":")", currency.code(), R"("})")));
  }
  if (answer.outcome == "IDEMPOTENCY_KEY_REUSED") co_return fail(ErrorKind::rule_violated, answer.outcome, "this hold_id was used for another request");
  if (answer.outcome != "held" && answer.outcome != "repeated")
    co_return fail(ErrorKind::conflict, "CREDIT_RELEASED", "the order was given up before its hold came");
  EMP_CO_ASSIGN(auto stored, co_await store_.find_hold(request.hold_id));
  EMP_ASSERT(stored.has_value());
  co_return std::move(*stored);
}

Task<Result<v1::CreditHold>> CreditService::redeem_credit(CallContext, v1::RedeemCreditRequest request) {
  EMP_CO_TRY(co_await store_.redeem(request.id, clock_.now()));
  EMP_CO_ASSIGN(auto stored, co_await store_.find_hold(request.id));
  EMP_ASSERT(stored.has_value());
  co_return std::move(*stored);
}

Task<Result<v1::CreditHold>> CreditService::release_credit(CallContext context, v1::ReleaseCreditRequest request) {
  EMP_CO_TRY(co_await store_.release(request.id, request.order_id, clock_.now(), context.trace));
  EMP_CO_ASSIGN(auto stored, co_await store_.find_hold(request.id));
  if (stored) co_return std::move(*stored);
  // The order's end had come first and stands in its place.
  v1::CreditHold out;
  out.id = request.id;
  out.order_id = request.order_id;
  out.status = v1::CreditHoldStatus::released;
  co_return out;
}

Task<Result<>> CreditService::expire(CallContext) {
  const UtcTime now = clock_.now();
  for (std::int32_t ended = expired_per_run; ended == expired_per_run;) {
    EMP_CO_ASSIGN(ended, co_await store_.expire(now, expired_per_run));
  }
  co_return co_await store_.forget_tries(now - hours(1));
}

}  // namespace emporion::payment
