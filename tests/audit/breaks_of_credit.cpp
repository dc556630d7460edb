#include "tests/audit/breaks.hpp"

namespace emporion::audit {
namespace {

constexpr std::string_view owed = "what each standing order owes is secured in Payment, to the minor unit";
constexpr std::string_view secured = "no money is secured for an order that does not stand";
constexpr std::string_view spent = "credit that standing orders were paid with is spent in Payment, to the minor unit";
constexpr std::string_view kept = "no credit is held or spent for an order that does not stand";
constexpr std::string_view redeemed = "CR-4 what was redeemed of an account and did not come back is what orders were paid with";

}  // namespace

std::vector<Break> breaks_of_credit() {
  return {
      {.module = "payment",
       .invariant = "CR-1 every posting of credit adds up to zero on one account",
       .sql = "INSERT INTO credit_entry (posting_id, line_no, account_id, bucket, amount, currency, cause, at)"
              " SELECT gen_random_uuid(), 1, id, 'issued', 5, currency, 'issued', now() FROM credit_account RETURNING posting_id::text"},
      // Money out of nothing.
      {.module = "payment",
       .invariant = "CR-2 what is on an account is the sum of its entries, and never below zero",
       .sql = "UPDATE credit_account SET balance = balance + 1 RETURNING id::text"},
      {.module = "payment",
       .invariant = "CR-2 what is on an account is the sum of its entries, and never below zero",
       .sql = "UPDATE credit_account SET balance = -1 RETURNING id::text",
       .held_by = {"credit_balance_not_negative"}},
      {.module = "payment",
       .invariant = "CR-3 what is held of an account is what orders hold of it",
       .sql = "UPDATE credit_hold h SET status = 'held' FROM credit_hold_part p WHERE p.hold_id = h.id AND h.status = 'redeemed' RETURNING p.account_id::text",
       .also = {redeemed}},
      // The order's part was posted twice.
      {.module = "payment",
       .invariant = redeemed,
       .sql = "INSERT INTO credit_entry (posting_id, line_no, account_id, bucket, amount, currency, cause, at)"
              " SELECT md5('twice')::uuid, leg.n, a.id, leg.bucket, leg.amount, a.currency, 'redeemed', now() FROM credit_account a,"
              " (VALUES (1, 'issued', -7), (2, 'redeemed', 7)) AS leg(n, bucket, amount) RETURNING account_id::text"},
      {.module = "payment",
       .invariant = "CR-5 a hold is the sum of its parts",
       .sql = "UPDATE credit_hold_part SET amount = amount + 1 RETURNING hold_id::text",
       .also = {redeemed}},
      {.module = "order.credit_by_order / payment.credit_by_order",
       .invariant = spent,
       .sql = "UPDATE order_header SET credit_value = credit_value + 1 WHERE credit_value > 0 RETURNING id::text",
       .also = {kept},
       .database = "order"},
      {.module = "payment.credit_by_order / order.live_credit_by_order",
       .invariant = kept,
       .sql = "UPDATE credit_hold SET order_id = gen_random_uuid() WHERE status = 'redeemed' RETURNING order_id::text",
       .also = {spent, owed, secured},
       .database = "payment"},
      {.module = "order.credit_returned_by_order / payment.credit_returned_by_order",
       .invariant = "credit that Order counts as returned was returned by Payment",
       .sql = "UPDATE order_header SET credit_returned = 1 WHERE credit_value > 0 RETURNING id || ' ' || currency",
       .database = "order"},
  };
}

}  // namespace emporion::audit
