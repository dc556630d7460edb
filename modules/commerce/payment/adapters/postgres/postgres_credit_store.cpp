#include "modules/commerce/payment/adapters/postgres/postgres_credit_store.hpp"

#include "kernel/base/assert.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::payment {
namespace {

using postgres::Effect;
using postgres::Statement;
using Text = std::optional<std::string>;

constexpr Statement issue_one{"payment.issue_gift_card", "SELECT issue_gift_card($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", Effect::writes};
constexpr Statement grant_one{"payment.grant_store_credit", "SELECT grant_store_credit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", Effect::writes};
constexpr Statement adjust_one{"payment.adjust_credit", "SELECT adjust_credit($1, $2, $3, $4, $5, $6, $7)", Effect::writes};
constexpr Statement set_one_status{"payment.set_credit_status", "SELECT set_credit_status($1, $2)", Effect::writes};
constexpr Statement find_one{"payment.find_credit", "SELECT credit_account_json(a) FROM credit_account a WHERE a.id = $1"};
constexpr Statement list_accounts{
    "payment.list_credit",
    "SELECT credit_account_json(a) FROM credit_account a WHERE ($1::text IS NULL OR a.kind = $1) AND ($2::text IS NULL OR a.status = $2) "
    "AND ($3::uuid IS NULL OR a.customer_id = $3) AND ($4::text IS NULL OR a.last4 = $4) AND ($5::timestamptz IS NULL OR (a.created_at, a.id) < ($5, "
    "$6::uuid)) "
    "ORDER BY a.created_at DESC, a.id DESC LIMIT $7"};
constexpr Statement list_postings{"payment.credit_postings",
                                  "SELECT e.posting_id, e.cause, COALESCE(sum(e.amount) FILTER (WHERE e.bucket = 'balance'), 0)::bigint, e.currency, "
                                  "e.order_id, e.reason, e.at FROM credit_entry e "
                                  "WHERE e.account_id = $1 AND ($2::timestamptz IS NULL OR (e.at, e.posting_id) < ($2, $3::uuid)) "
                                  "GROUP BY e.posting_id, e.cause, e.currency, e.order_id, e.reason, e.at ORDER BY e.at DESC, e.posting_id DESC LIMIT $4"};
constexpr Statement list_own{"payment.own_credit",
                             "SELECT credit_account_json(a) FROM credit_account a WHERE a.kind = 'store_credit' AND a.customer_id = $1 ORDER BY a.currency"};
constexpr Statement resolve_all{
    "payment.resolve_credit",
    "SELECT i.n::int4 - 1, a.id, a.kind, a.last4, credit_usable(a, $2, $3, $4), "
    "a.status = 'active' AND a.currency = $3 AND (a.expires_at IS NULL OR a.expires_at > $4) FROM unnest($1::text[]) WITH ORDINALITY AS i (sha256, n) "
    "JOIN credit_account a ON a.code_sha256 = decode(i.sha256, 'hex') "
    "UNION ALL SELECT NULL, a.id, a.kind, a.last4, credit_usable(a, $2, $3, $4), a.status = 'active' FROM credit_account a "
    "WHERE a.kind = 'store_credit' AND a.customer_id = $2 AND a.currency = $3 ORDER BY 1 NULLS LAST"};
constexpr Statement read_balances{"payment.credit_balances",
                                  "SELECT COALESCE(credit_usable(a, $2, $3, $4), 0) FROM unnest($1::uuid[]) WITH ORDINALITY AS i (id, n) LEFT JOIN "
                                  "credit_account a ON a.id = i.id ORDER BY i.n"};
constexpr Statement check_one{"payment.check_gift_card",
                              "SELECT a.balance, a.currency, a.last4, a.expires_at FROM credit_account a WHERE a.code_sha256 = $1 AND a.status = 'active' AND "
                              "(a.expires_at IS NULL OR a.expires_at > $2)"};
constexpr Statement take_code_tries{"payment.take_code_tries", "SELECT take_credit_code_tries($1, $2, $3, $4)", Effect::writes};
constexpr Statement return_code_tries{"payment.return_code_tries", "UPDATE credit_code_try SET wrong = greatest(0, wrong - $2) WHERE asked_by = $1",
                                      Effect::writes};
constexpr Statement forget_code_tries{"payment.forget_code_tries", "DELETE FROM credit_code_try WHERE since < $1", Effect::writes};
constexpr Statement hold_one{"payment.hold_credit", "SELECT outcome, COALESCE(available, 0) FROM hold_credit($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                             Effect::writes};
constexpr Statement redeem_one{"payment.redeem_credit", "SELECT redeem_credit($1, $2)", Effect::writes};
constexpr Statement release_one{"payment.release_credit", "SELECT release_credit($1, $2, $3, $4)", Effect::writes};
constexpr Statement find_one_hold{"payment.find_credit_hold", "SELECT order_id, status, amount, returned, currency FROM credit_hold WHERE id = $1"};
constexpr Statement lock_hold{
    "payment.lock_credit_hold",
    "SELECT id, CASE WHEN status IN ('held', 'redeemed') THEN amount - returned ELSE 0 END FROM credit_hold WHERE order_id = $1 FOR UPDATE", Effect::writes};
constexpr Statement give_one_back{"payment.give_credit_back", "SELECT give_credit_back($1, $2, $3, $4, true, $5, $6)", Effect::writes};
constexpr Statement close_one{"payment.close_order_credit", "SELECT close_order_credit($1, $2, $3, $4)", Effect::writes};
constexpr Statement expire_due{"payment.expire_credit", "SELECT expire_credit($1, $2)", Effect::writes};

v1::CreditKind kind_of(std::string_view name) {
  v1::CreditKind out{};
  const bool known = from_string(name, out);
  EMP_ASSERT(known);  // We wrote it ourselves.
  return out;
}

Result<std::vector<v1::CreditAccount>> accounts_of(const postgres::Rows& rows) {
  std::vector<v1::CreditAccount> out;
  for (const auto row : rows) {
    EMP_ASSIGN(auto account, parse_json<v1::CreditAccount>(row.get<std::string>(0)));
    out.push_back(std::move(account));
  }
  return out;
}

}  // namespace

Task<Result<postgres::UnitOfWork>> PostgresCreditStore::begin(CallContext context) { co_return co_await database_.begin(std::move(context)); }

Task<Result<std::vector<std::optional<v1::CreditAccount>>>> PostgresCreditStore::issue(postgres::UnitOfWork& work, std::vector<NewGiftCard> cards, UtcTime now,
                                                                                       Uuid trace) {
  std::vector<postgres::Bound> bounds;
  for (const NewGiftCard& card : cards) {
    bounds.push_back(postgres::bind(issue_one, card.id, postgres::Bytes{card.code_sha256}, card.last4, card.amount.amount(), card.amount.currency().code(),
                                    card.expires_at, card.recipient_email, card.note, card.actor, now, trace));
  }
  EMP_CO_ASSIGN(const auto answers, co_await work.run_together(std::move(bounds)));
  std::vector<std::optional<v1::CreditAccount>> out;
  for (const auto& rows : answers) {
    const auto json = rows[0].get<Text>(0);
    if (!json) {
      out.emplace_back();
      continue;
    }
    EMP_CO_ASSIGN(auto account, parse_json<v1::CreditAccount>(*json));
    out.emplace_back(std::move(account));
  }
  co_return out;
}

Task<Result<v1::CreditAccount>> PostgresCreditStore::grant(postgres::UnitOfWork& work, CreditGrant grant, Uuid account_if_new, UtcTime now, Uuid trace) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(grant_one, account_if_new, grant.posting, grant.customer, grant.amount.amount(),
                                                     grant.amount.currency().code(), grant.cause, grant.order, grant.reason, grant.actor, now, trace));
  co_return parse_json<v1::CreditAccount>(rows[0].get<std::string>(0));
}

Task<Result<v1::CreditAccount>> PostgresCreditStore::adjust(postgres::UnitOfWork& work, Uuid account, Money amount, Uuid posting, std::string reason,
                                                            Uuid actor, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(adjust_one, account, posting, amount.amount(), amount.currency().code(), reason, actor, now));
  co_return parse_json<v1::CreditAccount>(rows[0].get<std::string>(0));
}

Task<Result<v1::CreditAccount>> PostgresCreditStore::set_status(Uuid account, std::string_view status) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(set_one_status, account, status));
  co_return parse_json<v1::CreditAccount>(rows[0].get<std::string>(0));
}

Task<Result<v1::CreditAccount>> PostgresCreditStore::find(Uuid account) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_one, account));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "CREDIT_NOT_FOUND", "no such gift card or store credit");
  co_return parse_json<v1::CreditAccount>(rows[0].get<std::string>(0));
}

Task<Result<std::vector<v1::CreditAccount>>> PostgresCreditStore::list(CreditFilter filter) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_accounts, filter.kind, filter.status, filter.customer, filter.last4, filter.before_at,
                                                          filter.before_id, filter.count));
  co_return accounts_of(rows);
}

Task<Result<std::vector<v1::CreditPosting>>> PostgresCreditStore::postings(Uuid account, std::optional<UtcTime> before_at, std::optional<Uuid> before_id,
                                                                           std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_postings, account, before_at, before_id, count));
  std::vector<v1::CreditPosting> out;
  for (const auto row : rows) {
    v1::CreditPosting posting;
    posting.id = row.get<Uuid>(0);
    posting.cause = row.get<std::string>(1);
    posting.amount = Money(row.get<std::int64_t>(2), Currency::of(row.get<std::string>(3)));
    posting.order_id = row.get<std::optional<Uuid>>(4);
    posting.reason = row.get<Text>(5);
    posting.at = row.get<UtcTime>(6);
    out.push_back(std::move(posting));
  }
  co_return out;
}

Task<Result<std::vector<v1::CreditAccount>>> PostgresCreditStore::own(Uuid customer) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_own, customer));
  co_return accounts_of(rows);
}

Task<Result<std::vector<ResolvedCredit>>> PostgresCreditStore::resolve(std::vector<std::string> code_sha256, std::optional<Uuid> customer, std::string currency,
                                                                       UtcTime now) {
  for (std::string& bytes : code_sha256) bytes = security::hex(bytes);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(resolve_all, code_sha256, customer, currency, now));
  std::vector<ResolvedCredit> out;
  for (const auto row : rows) {
    ResolvedCredit found;
    found.credit.code_index = row.get<std::optional<std::int32_t>>(0);
    found.credit.account_id = row.get<Uuid>(1);
    found.credit.kind = kind_of(row.get<std::string>(2));
    found.credit.last4 = row.get<Text>(3);
    found.credit.available = Money(row.get<std::int64_t>(4), Currency::of(currency));
    found.is_usable = row.get<bool>(5);
    out.push_back(std::move(found));
  }
  co_return out;
}

Task<Result<std::vector<std::int64_t>>> PostgresCreditStore::balances(std::vector<Uuid> accounts, std::optional<Uuid> customer, std::string currency,
                                                                      UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_balances, accounts, customer, currency, now));
  std::vector<std::int64_t> out;
  for (const auto row : rows) out.push_back(row.get<std::int64_t>(0));
  co_return out;
}

Task<Result<std::optional<v1::CheckGiftCardResponse>>> PostgresCreditStore::check(std::string code_sha256, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(check_one, postgres::Bytes{std::move(code_sha256)}, now));
  if (rows.empty()) co_return std::optional<v1::CheckGiftCardResponse>();
  v1::CheckGiftCardResponse out;
  out.balance = Money(rows[0].get<std::int64_t>(0), Currency::of(rows[0].get<std::string>(1)));
  out.last4 = rows[0].get<std::string>(2);
  out.expires_at = rows[0].get<std::optional<UtcTime>>(3);
  co_return std::optional(std::move(out));
}

Task<Result<bool>> PostgresCreditStore::take_tries(std::string asked_by, std::int32_t codes, std::int32_t wrong_max, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(take_code_tries, asked_by, codes, wrong_max, now));
  co_return rows[0].get<bool>(0);
}

Task<Result<>> PostgresCreditStore::return_tries(std::string asked_by, std::int32_t codes) {
  EMP_CO_TRY(co_await database_.query(return_code_tries, asked_by, codes));
  co_return Result<>();
}

Task<Result<HoldAnswer>> PostgresCreditStore::hold(NewHold hold, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(hold_one, hold.id, hold.order, hold.customer, hold.currency.code(), hold.accounts, hold.amounts,
                                                          hold.covers_order, hold.digest, now));
  co_return HoldAnswer{rows[0].get<std::string>(0), rows[0].get<std::int64_t>(1)};
}

Task<Result<>> PostgresCreditStore::redeem(Uuid hold, UtcTime now) {
  EMP_CO_TRY(co_await database_.query(redeem_one, hold, now));
  co_return Result<>();
}

Task<Result<>> PostgresCreditStore::release(Uuid hold, Uuid order, UtcTime now, Uuid trace) {
  EMP_CO_TRY(co_await database_.query(release_one, hold, order, now, trace));
  co_return Result<>();
}

Task<Result<std::optional<v1::CreditHold>>> PostgresCreditStore::find_hold(Uuid hold) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_one_hold, hold));
  if (rows.empty()) co_return std::optional<v1::CreditHold>();
  const auto row = rows[0];
  v1::CreditHold out;
  out.id = hold;
  out.order_id = row.get<Uuid>(0);
  const bool known = from_string(row.get<std::string>(1), out.status);
  EMP_ASSERT(known);
  if (const auto code = row.get<Text>(4)) {  // A tombstone has none.
    out.amount = Money(row.get<std::int64_t>(2), Currency::of(*code));
    out.returned = Money(row.get<std::int64_t>(3), Currency::of(*code));
  }
  co_return std::optional(std::move(out));
}

Task<Result<OrderCredit>> PostgresCreditStore::lock_of_order(postgres::UnitOfWork& work, Uuid order) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_hold, order));
  if (rows.empty()) co_return OrderCredit{};
  co_return OrderCredit{rows[0].get<Uuid>(0), rows[0].get<std::int64_t>(1)};
}

Task<Result<>> PostgresCreditStore::give_back(postgres::UnitOfWork& work, Uuid hold, std::int64_t amount, std::string occasion, std::string reason, UtcTime now,
                                              Uuid trace) {
  EMP_CO_TRY(co_await work.query(give_one_back, hold, amount, occasion, reason, now, trace));
  co_return Result<>();
}

Task<Result<>> PostgresCreditStore::close_order(postgres::UnitOfWork& work, Uuid order, std::string reason, UtcTime now, Uuid trace) {
  EMP_CO_TRY(co_await work.query(close_one, order, reason, now, trace));
  co_return Result<>();
}

Task<Result<std::int32_t>> PostgresCreditStore::expire(UtcTime now, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(expire_due, now, count));
  co_return rows[0].get<std::int32_t>(0);
}

Task<Result<>> PostgresCreditStore::forget_tries(UtcTime before) {
  EMP_CO_TRY(co_await database_.query(forget_code_tries, before));
  co_return Result<>();
}

}  // namespace emporion::payment
