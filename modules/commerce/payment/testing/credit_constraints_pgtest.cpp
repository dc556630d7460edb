#include "modules/commerce/payment/testing/credit_fixture.hpp"

// What the tables of credit refuse by themselves, whatever the functions above them do.
namespace emporion::payment {
namespace {

struct CreditConstraints : Credit {
  CreditConstraints() : account(grant("linh", 100'000, "grant").id) {}
  const Uuid account;
};

TEST_F(CreditConstraints, NoAccountHoldsLessThanNothing) {
  expect_refused("UPDATE credit_account SET balance = -1", "credit_balance_not_negative");
  expect_refused("UPDATE credit_account SET held = -1", "credit_held_not_negative");
}

TEST_F(CreditConstraints, TheLedgerBalancesAndIsWrittenOnce) {
  expect_refused(text("INSERT INTO credit_entry (posting_id, line_no, account_id, bucket, amount, currency, cause, at) VALUES (gen_random_uuid(), 1, '",
                      account, "', 'balance', 5, 'VND', 'adjusted', now())"),
                 "does not balance");
  expect_refused("DELETE FROM credit_entry", "append-only");
  expect_refused("UPDATE credit_entry SET amount = -amount", "append-only");
}

}  // namespace
}  // namespace emporion::payment
