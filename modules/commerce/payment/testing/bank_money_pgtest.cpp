#include "kernel/security/crypto.hpp"
#include "modules/commerce/payment/testing/bank_fixture.hpp"
#include "modules/commerce/payment/testing/provider_fixture.hpp"

namespace emporion::payment {
namespace {

using S = v1::PaymentStatus;

/// Transfers, statements, and what goes out again.
struct BankMoney : PaymentTest {
  std::vector<std::unique_ptr<ProviderGateway>> gateways() override { return one_bank(); }
  v1::CreatePaymentRequest a_transfer(std::int64_t amount = 253'000) {
    auto request = a_payment("cod", amount);
    request.method = v1::PaymentMethod::bank_transfer;
    EXPECT_EQ(create(request)->payment.status, S::requires_action);
    return request;
  }
  static std::string reference(const v1::CreatePaymentRequest& request) { return bank_transfer::reference_of(request.payment_id); }
  CallContext by_staff(const char* person = "ann", std::string key = "key") {
    CallContext out = by("finance", std::move(key));
    out.principal = Principal{.realm = Realm::staff, .id = Uuid::from_name(person), .permissions = {"payment.*"}};
    return out;
  }
  Result<v1::ImportStatementResponse> import(std::string lines) {
    v1::ImportStatementRequest request;
    request.body = "bank_txn_id,amount,currency,remittance\n" + lines;
    return run(module().bank_operations.import_statement(by_staff(), request));
  }
  Result<v1::PaymentCase> pay_out(const std::string& id, std::int64_t amount, std::string under) {
    v1::PayOutCaseRequest request;
    request.id = Uuid::parse(id).value();
    request.amount = Money(amount, Currency::of("VND"));
    request.bank_reference = std::move(under);
    return run(module().bank_operations.pay_out_case(by_staff(), request));
  }
  Result<v1::PaidOutRefund> pay_out_refund(const std::string& id, std::int64_t amount, std::string under) {
    v1::PayOutRefundRequest request;
    request.id = Uuid::parse(id).value();
    request.amount = Money(amount, Currency::of("VND"));
    request.bank_reference = std::move(under);
    return run(module().bank_operations.pay_out_refund(by_staff(), request));
  }
  Result<v1::MatchTransferResponse> match(const v1::CreatePaymentRequest& request, std::string txn, std::int64_t amount, const char* person = "ann") {
    v1::MatchTransferRequest ask;
    ask.id = request.payment_id;
    ask.bank_txn_id = std::move(txn);
    ask.amount = Money(amount, Currency::of("VND"));
    return run(module().service.match_transfer(by_staff(person), ask));
  }
  std::string account(std::string_view name) { return value(text("SELECT COALESCE(sum(amount), 0) FROM ledger_entry WHERE account = '", name, "'")); }
  /// Runs a task and says whether it succeeded.
  template <typename T>
  static Task<Result<>> note(Task<Result<T>> task, bool& done) {
    done = (co_await std::move(task)).has_value();
    co_return Result<>();
  }
  std::string open_case(std::string_view kind) { return value(text("SELECT id FROM payment_case WHERE kind = '", kind, "' AND closed_at IS NULL")); }
};

TEST_F(BankMoney, OfAStatementCountsOnceHoweverOftenTheFileComes) {
  const auto exact = a_transfer();
  const auto shorted = a_transfer();
  const std::string file = text("FT1,253000,VND,tra tien ", reference(exact), "\nFT2,100000,VND,", reference(shorted),
                                "\nFT3,5000,VND,\"for, nobody\"\nFT4,-7000,VND,rent\nFT5,x,VND,\n");
  const auto first = import(file);
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_EQ(first->lines, 5);
  EXPECT_EQ(first->entered, 2);
  EXPECT_EQ(first->suspense, 1);
  EXPECT_EQ(first->debits, 1);
  ASSERT_EQ(first->refused.size(), 1u);
  EXPECT_EQ(first->refused[0].line, 6);
  EXPECT_EQ(stored(exact.payment_id).status, S::captured);
  EXPECT_EQ(stored(shorted.payment_id).next_action->amount->amount(), 153'000);
  const auto again = import(file);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->statement_id, first->statement_id);
  EXPECT_EQ(again->known, 3);
  EXPECT_EQ(again->entered + again->suspense, 0);
  EXPECT_EQ(account("gateway_clearing"), "358000");
  EXPECT_EQ(account("bank_suspense"), "-105000");
  EXPECT_EQ(account("escrow:platform"), "-253000");
  expect_clean_audit();
}

TEST_F(BankMoney, OfAStatementInAnotherEncodingCountsWhereItsLinesCanBeRead) {
  const auto done = import("FT1,5000,VND,tr\xE0 ti\xE8n\nFT2,6000,VND,x\n");
  ASSERT_TRUE(done) << done.error().to_string();
  EXPECT_EQ(done->suspense, 1);
  ASSERT_EQ(done->refused.size(), 1u);
  EXPECT_EQ(done->refused[0].reason, "REMITTANCE_INVALID");
}

TEST_F(BankMoney, OfOneStatementSentTwiceAtOnceCountsOnce) {
  const auto request = a_transfer();
  std::vector<Task<Result<v1::ImportStatementResponse>>> tasks;
  v1::ImportStatementRequest file;
  file.body = text("bank_txn_id,amount,currency,remittance\nFT1,100000,VND,", reference(request), "\nFT2,153000,VND,", reference(request), "\nFT3,9,VND,x\n");
  for (int i = 0; i < 6; ++i) tasks.push_back(module().bank_operations.import_statement(by_staff(), file));
  int entered = 0;
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    entered += answer->entered + answer->suspense;
  }
  EXPECT_EQ(entered, 3);
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(count("payment_case"), "1");
  expect_clean_audit();
}

TEST_F(BankMoney, ThatTheBankTellsWithAnotherAmountThanBeforeIsForAPerson) {
  const auto request = a_transfer();
  ASSERT_TRUE(import(text("FT1,253000,VND,", reference(request), "\n")));
  const auto again = import(text("FT1,300000,VND,", reference(request), "\n"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->differing, 1);
  EXPECT_EQ(value("SELECT kind FROM payment_case"), "amount_mismatch");
  EXPECT_EQ(account("gateway_clearing"), "253000");
}

TEST_F(BankMoney, ThatIsTooMuchGoesBackUnderTheBanksReferenceOnce) {
  const auto request = a_transfer();
  ASSERT_TRUE(import(text("FT1,300000,VND,", reference(request), "\n")));
  EXPECT_EQ(account("bank_suspense"), "-47000");
  const std::string id = open_case("transfer_to_return");
  EXPECT_EQ(pay_out(id, 46'000, "OUT1").error().reason(), "AMOUNT_MISMATCH");
  std::vector<Task<Result<v1::PaymentCase>>> tasks;
  v1::PayOutCaseRequest ask;
  ask.id = Uuid::parse(id).value();
  ask.amount = Money(47'000, Currency::of("VND"));
  ask.bank_reference = "OUT1";
  for (int i = 0; i < 6; ++i) tasks.push_back(module().bank_operations.pay_out_case(by_staff(), ask));
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->paid_under, "OUT1");
  }
  EXPECT_EQ(pay_out(id, 47'000, "OUT2").error().reason(), "CASE_CLOSED");
  EXPECT_EQ(account("bank_suspense"), "0");
  EXPECT_EQ(account("gateway_clearing"), "253000");
  expect_clean_audit();
}

TEST_F(BankMoney, ThatStayedShortGoesBackAfterItsWindow) {
  const auto request = a_transfer();
  ASSERT_TRUE(import(text("FT1,100000,VND,", reference(request), "\n")));
  work(minutes(16));
  EXPECT_EQ(stored(request.payment_id).status, S::expired);
  expect_clean_audit();
  ASSERT_TRUE(pay_out(open_case("transfer_to_return"), 100'000, "OUT1"));
  EXPECT_EQ(account("bank_suspense"), "0");
  EXPECT_EQ(account("gateway_clearing"), "0");
  expect_clean_audit();
}

TEST_F(BankMoney, OfNobodyIsMatchedOrPaidOutAndNeverBoth) {
  for (int round = 0; round < 8; ++round) {
    const auto mine = a_transfer(10'000);
    const std::string txn = text("FT", round);
    ASSERT_TRUE(import(text(txn, ",10000,VND,who knows\n")));
    v1::MatchTransferRequest ask;
    ask.id = mine.payment_id;
    ask.bank_txn_id = txn;
    ask.amount = mine.amount;
    v1::PayOutCaseRequest out;
    out.id = Uuid::parse(open_case("unmatched_transfer")).value();
    out.amount = mine.amount;
    out.bank_reference = text("OUT", round);
    auto matching = module().service.match_transfer(by_staff(), ask);
    auto paying = module().bank_operations.pay_out_case(by_staff(), out);
    bool matched = false, paid = false;
    std::vector<Task<Result<>>> tasks;
    const bool match_first = round % 2 == 0;
    if (match_first) tasks.push_back(note(std::move(matching), matched));
    tasks.push_back(note(std::move(paying), paid));
    if (!match_first) tasks.push_back(note(std::move(matching), matched));
    (void)run(when_all(std::move(tasks)));
    EXPECT_NE(matched, paid) << round;
    EXPECT_EQ(open_case("unmatched_transfer"), "");
    EXPECT_EQ(stored(mine.payment_id).status, matched ? S::captured : S::requires_action);
    expect_clean_audit();
  }
  EXPECT_EQ(account("bank_suspense"), "0");
}

TEST_F(BankMoney, OfALargeTransferThatTheBankHasNotToldIsInNoLedgerBeforeTheSecondPerson) {
  const auto request = a_transfer(20'000'001);
  EXPECT_TRUE(match(request, "FT1", 20'000'001, "ann")->awaits_second_person);
  EXPECT_EQ(count("ledger_entry"), "0");
  expect_clean_audit();
  EXPECT_EQ(match(request, "FT1", 20'000'001, "bob")->payment.status, S::captured);
  EXPECT_EQ(import(text("FT1,20000001,VND,", reference(request), "\n"))->known, 1);
  EXPECT_EQ(account("gateway_clearing"), "20000001");
  EXPECT_EQ(account("bank_suspense"), "0");
  expect_clean_audit();
}

TEST_F(BankMoney, OfARefundIsPaidByAPersonUnderTheBanksReference) {
  const auto request = a_transfer();
  ASSERT_TRUE(import(text("FT1,253000,VND,", reference(request), "\n")));
  v1::RefundPaymentRequest ask;
  ask.id = request.payment_id;
  ask.amount = Money(53'000, Currency::of("VND"));
  ask.reason = "damaged";
  const auto refund = run(module().service.refund_payment(by("return"), ask));
  ASSERT_TRUE(refund);
  const std::string id = refund->id.to_string();
  EXPECT_EQ(pay_out_refund(id, 52'000, "OUT1").error().reason(), "AMOUNT_MISMATCH");
  for (int i = 0; i < 2; ++i) {
    const auto paid = pay_out_refund(id, 53'000, "OUT1");
    ASSERT_TRUE(paid) << paid.error().to_string();
    EXPECT_EQ(paid->status, "succeeded");
  }
  EXPECT_EQ(pay_out_refund(id, 53'000, "OUT2").error().reason(), "REFUND_STATE");
  EXPECT_EQ(stored(request.payment_id).status, S::partially_refunded);
  EXPECT_EQ(account("gateway_clearing"), "200000");
  EXPECT_EQ(account("refunds"), "53000");
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'payment.refund.completed'"), "1");
  ask.amount = Money(1'000, Currency::of("VND"));
  const auto other = run(module().service.refund_payment(by("return", "b"), ask));
  EXPECT_EQ(pay_out_refund(other->id.to_string(), 1'000, "OUT1").error().reason(), "BANK_REFERENCE_USED");
  expect_clean_audit();
}

TEST_F(BankMoney, CasesAreListedAndThoseWithoutMoneyAreClosedWithAWord) {
  const auto cash = a_payment("cod");
  ASSERT_TRUE(create(cash));
  v1::CollectCodRequest ask;
  ask.id = cash.payment_id;
  ask.amount = Money(1, Currency::of("VND"));
  ASSERT_TRUE(run(module().service.collect_cod(by("finance"), ask)));
  ASSERT_TRUE(import("FT1,5,VND,x\n"));
  v1::ListPaymentCasesRequest list;
  list.open = true;
  list.page_size = 1;
  const auto page = run(module().bank_operations.list_payment_cases(by_staff(), list));
  ASSERT_TRUE(page);
  ASSERT_EQ(page->cases.size(), 1u);
  EXPECT_EQ(page->cases[0].kind, "unmatched_transfer");
  EXPECT_EQ(page->cases[0].to_pay_out, Money(5, Currency::of("VND")));
  list.page_token = page->next_page_token;
  const auto rest = run(module().bank_operations.list_payment_cases(by_staff(), list));
  ASSERT_EQ(rest->cases.size(), 1u);
  v1::ClosePaymentCaseRequest close;
  close.id = rest->cases[0].id;
  close.resolution = "the courier paid the rest";
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(module().bank_operations.close_payment_case(by_staff(), close)));
  close.id = page->cases[0].id;
  EXPECT_EQ(run(module().bank_operations.close_payment_case(by_staff(), close)).error().reason(), "USE_PAYOUT");
}

}  // namespace
}  // namespace emporion::payment
