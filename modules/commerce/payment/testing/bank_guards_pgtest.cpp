#include "kernel/testing/rival.hpp"
#include "modules/commerce/payment/testing/bank_fixture.hpp"
#include "modules/commerce/payment/testing/payment_fixture.hpp"

// Transfers that two persons, or a person and the bank, deal with at once.
namespace emporion::payment {
namespace {

struct BankGuards : PaymentTest {
  std::vector<std::unique_ptr<ProviderGateway>> gateways() override { return one_bank(); }
  CallContext by_staff(std::string key = "key") {
    CallContext out = by("finance", std::move(key));
    out.principal = Principal{.realm = Realm::staff, .id = Uuid::from_name("ann"), .permissions = {"payment.*"}};
    return out;
  }
  void import(std::string lines) {
    v1::ImportStatementRequest request;
    request.body = "bank_txn_id,amount,currency,remittance\n" + lines;
    const auto done = run(module().bank_operations.import_statement(by_staff(), request));
    ASSERT_TRUE(done) << done.error().to_string();
  }
  Uuid a_case(std::string_view kind) { return Uuid::parse(value(text("SELECT id FROM payment_case WHERE kind = '", kind, "'"))).value(); }
};

TEST_F(BankGuards, ATransferThatIsMatchedJustNowIsNotPaidOut) {
  import("FT9,5000,VND,of nobody\n");
  testing::Rival other(superuser_dsn());
  other.run("UPDATE bank_credit SET state = 'counted', payment_id = gen_random_uuid()");  // Its case is closed afterwards.
  v1::PayOutCaseRequest ask;
  ask.id = a_case("unmatched_transfer");
  ask.amount = Money(5'000, Currency::of("VND"));
  ask.bank_reference = "OUT-1";
  const auto paid = other.beside(runtime(), module().bank_operations.pay_out_case(by_staff(), ask));
  ASSERT_FALSE(paid);
  EXPECT_EQ(paid.error().reason(), "CASE_CLOSED");
  EXPECT_EQ(value("SELECT count(*) FROM ledger_entry WHERE cause = 'bank_payout'"), "0");
}

TEST_F(BankGuards, ACaseThatTwoCloseAtOnceIsClosedByOne) {
  import("FT9,5000,VND,of nobody\n");
  import("FT9,6000,VND,of nobody\n");
  testing::Rival other(superuser_dsn());
  other.run("UPDATE payment_case SET closed_at = now(), resolution = 'theirs' WHERE kind = 'amount_mismatch'");
  v1::ClosePaymentCaseRequest ask;
  ask.id = a_case("amount_mismatch");
  ask.resolution = "ours";
  const auto closed = other.beside(runtime(), module().bank_operations.close_payment_case(by_staff(), ask));
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().reason(), "CASE_CLOSED");
  EXPECT_EQ(value("SELECT resolution FROM payment_case WHERE kind = 'amount_mismatch'"), "theirs");
}

TEST_F(BankGuards, ACaseIsOpenedOnce) {
  import("FT9,5000,VND,of nobody\n");
  for (int i = 0; i < 2; ++i) import("FT9,6000,VND,of nobody\n");
  EXPECT_EQ(value("SELECT string_agg(kind, ' ' ORDER BY kind) FROM payment_case"), "amount_mismatch unmatched_transfer");
}

TEST_F(BankGuards, ALineOfAStatementIsKeptOnce) {
  import("FT9,5000,VND,of nobody\n");
  import("FT9,5000,VND,of nobody\nFT10,1,VND,\n");
  EXPECT_EQ(count("bank_statement"), "2");
  EXPECT_EQ(count("bank_statement_line"), "2");
}

TEST_F(BankGuards, AReferenceOfTheBankPaysOnce) {
  import("FT9,5000,VND,of nobody\nFT10,6000,VND,\n");
  expect_refused("UPDATE payment_case SET paid_under = 'OUT-1'", "payment_case_paid_under_key");
}

TEST_F(BankGuards, AComparisonThatAnotherWorkerMakesIsPassedOver) {
  ASSERT_TRUE(run(module().reconciler.begin("bank_transfer", clock.now() - hours(1), clock.now(), "run")));
  const auto later = clock.now() + hours(1);
  testing::Rival worker(superuser_dsn());
  worker.run("SELECT FROM recon_report FOR NO KEY UPDATE");
  EXPECT_TRUE(worker.beside(runtime(), module().reconciliation_store.claim_due(later, seconds(60), 10))->empty());
  EXPECT_EQ(run(module().reconciliation_store.claim_due(later, seconds(60), 10))->size(), 1u);
  EXPECT_TRUE(run(module().reconciliation_store.claim_due(later, seconds(60), 10))->empty()) << "its lease runs";
}

TEST_F(BankGuards, APageOfAReportThatIsReadAgainIsKeptOnce) {
  const auto report = run(module().reconciler.begin("bank_transfer", clock.now() - hours(1), clock.now(), "run"));
  ASSERT_TRUE(report);
  const ReportRow row{.ref = "ch_1", .type = "charge", .amount = Money(5, Currency::of("VND")), .at = clock.now()};
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(module().reconciliation_store.keep_page(report->id, {row}, "1", clock.now())));
  EXPECT_EQ(count("recon_row"), "1");
}

}  // namespace
}  // namespace emporion::payment
