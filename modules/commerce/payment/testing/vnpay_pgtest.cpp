#include "modules/commerce/payment/adapters/vnpay/vnpay_gateway.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"
#include "modules/commerce/payment/testing/provider_fixture.hpp"
#include "tests/simulators/vnpay/vnpay_simulator.hpp"

namespace emporion::payment {
namespace {

using S = v1::PaymentStatus;
using simulators::Delivery;
using simulators::Fault;

struct Vnpay : ProviderTest {
  Vnpay() { EXPECT_TRUE(bank.listen()); }
  ~Vnpay() override { close_servers(bank); }
  std::vector<std::unique_ptr<ProviderGateway>> gateways() override {
    vnpay::VnpayOptions options;
    options.enabled = true;
    options.test_mode = true;
    options.account = {simulators::VnpaySimulatorOptions{}.tmn_code, simulators::VnpaySimulatorOptions{}.hash_secret};
    options.pay_url = bank.pay_url();
    options.api_url = bank.api_url();
    options.timeout = seconds(1);
    std::vector<std::unique_ptr<ProviderGateway>> out;
    out.push_back(std::make_unique<vnpay::VnpayGateway>(runtime(), clock, random, std::move(options)));
    return out;
  }
  /// A payment whose buyer has opened VNPay's page.
  v1::CreatePaymentRequest at_the_page(std::int64_t amount = 253'000) {
    bank.set_ipn_url(front_url() + "/api/v1/webhooks/vnpay");
    bank.deliver(Delivery::late);
    const auto request = a_payment_by(v1::PaymentMethod::vnpay, amount);
    const auto created = create(request);
    EXPECT_TRUE(created) << created.error().to_string();
    EXPECT_EQ(created->payment.status, S::requires_action);
    EXPECT_EQ(created->payment.next_action->type, v1::NextActionType::redirect);
    EXPECT_EQ(http_get(created->payment.next_action->url.value()).status, 200) << bank.complaint();
    return request;
  }
  v1::CreatePaymentRequest paid(std::int64_t amount = 253'000) {
    const auto request = at_the_page(amount);
    EXPECT_TRUE(bank.pay(ref_of(request)));
    EXPECT_EQ(answer_to_ipn(), "00");
    EXPECT_EQ(stored(request.payment_id).status, S::captured);
    return request;
  }
  std::string ref_of(const v1::CreatePaymentRequest& request) { return stored(request.payment_id).provider_ref.value(); }
  /// Delivers what was held back, and answers the RspCode that VNPay got last.
  std::string answer_to_ipn() {
    run(bank.flush());
    return code_of(bank.last_answer());
  }
  std::string resend() { return code_of(run(bank.send(bank.messages().back()))); }
  static std::string code_of(const http::Response& answer) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    const auto at = answer.body.find("\"RspCode\":\"");
    return at == std::string::npos ? answer.body : answer.body.substr(at + 11, 2);
  }
  simulators::VnpaySimulator bank{runtime(), clock, simulators::VnpaySimulatorOptions{.ipn_url = "", .hang = milliseconds(1'400)}};
};

TEST_F(Vnpay, IsPaidAtTheBanksPageAndCapturedByItsMessage) {
  const auto request = at_the_page();
  ASSERT_TRUE(bank.pay(ref_of(request)));
  EXPECT_EQ(answer_to_ipn(), "00");
  const auto payment = stored(request.payment_id);
  EXPECT_EQ(payment.status, S::captured);
  EXPECT_EQ(payment.captured, request.amount);
  EXPECT_EQ(bank.balance(), 253'000);
  EXPECT_EQ(value("SELECT string_agg(topic, ' ' ORDER BY id) FROM outbox"), "payment.payment.action_required payment.payment.captured");
  expect_clean_audit();
}

TEST_F(Vnpay, acceptance_commerce_3_9_8_sends_the_amount_in_hundredths_of_a_dong) {
  const auto request = at_the_page(253'000);
  EXPECT_EQ(bank.find(ref_of(request))->amount, 25'300'000);
}

TEST_F(Vnpay, CarriesTheEndOfOurWindow) {
  const auto request = at_the_page();
  EXPECT_EQ(bank.find(ref_of(request))->expire_date, vnpay::local_time(*request.window_ends_at));
  clock.move(minutes(16));
  EXPECT_FALSE(bank.pay(ref_of(request))) << "the bank takes nothing after it";
}

TEST_F(Vnpay, acceptance_commerce_3_9_4_heard_five_times_captures_once_and_an_older_failure_changes_nothing) {
  const auto request = paid();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(resend(), "02");
  const auto late = bank.ipn({{"vnp_Amount", "25300000"},
                              {"vnp_TxnRef", ref_of(request)},
                              {"vnp_TransactionNo", "13999999"},
                              {"vnp_ResponseCode", "51"},
                              {"vnp_TransactionStatus", "02"}});
  EXPECT_EQ(code_of(run(bank.send(late))), "00");
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(count("ledger_entry"), "2");
  expect_clean_audit();
}

TEST_F(Vnpay, IsAnsweredOnceHoweverOftenAtOnce) {
  const auto request = at_the_page();
  ASSERT_TRUE(bank.pay(ref_of(request)));
  std::vector<Task<http::Response>> tasks;
  for (int i = 0; i < 8; ++i) tasks.push_back(bank.send(bank.messages().back()));
  int firsts = 0;
  for (const auto& answer : run(when_all(std::move(tasks)))) firsts += code_of(answer) == "00";
  EXPECT_EQ(firsts, 1);
  EXPECT_EQ(count("ledger_entry"), "2");
}

TEST_F(Vnpay, acceptance_commerce_3_9_6_of_another_amount_is_answered_04_and_opens_a_case) {
  const auto request = at_the_page();
  const auto other = bank.ipn({{"vnp_Amount", "25300100"},
                               {"vnp_TxnRef", ref_of(request)},
                               {"vnp_TransactionNo", "14000000"},
                               {"vnp_ResponseCode", "00"},
                               {"vnp_TransactionStatus", "00"}});
  EXPECT_EQ(code_of(run(bank.send(other))), "04");
  EXPECT_EQ(stored(request.payment_id).status, S::requires_action);
  EXPECT_EQ(value("SELECT kind FROM payment_case"), "amount_mismatch");
  EXPECT_EQ(count("ledger_entry"), "0");
}

TEST_F(Vnpay, WithAWrongHashIsAnswered97AndStoredNowhere) {
  const auto request = at_the_page();
  bank.deliver(Delivery::wrong_signature);
  ASSERT_TRUE(bank.pay(ref_of(request)));
  EXPECT_EQ(resend(), "97");
  EXPECT_EQ(stored(request.payment_id).status, S::requires_action);
  EXPECT_EQ(count("webhook_event"), "0");
  EXPECT_EQ(count("payment_case"), "0");
}

TEST_F(Vnpay, OfAStrangerIsAnswered01) {
  (void)at_the_page();
  const auto stranger =
      bank.ipn({{"vnp_Amount", "100"}, {"vnp_TxnRef", "NOBODYS"}, {"vnp_TransactionNo", "1"}, {"vnp_ResponseCode", "00"}, {"vnp_TransactionStatus", "00"}});
  EXPECT_EQ(code_of(run(bank.send(stranger))), "01");
}

TEST_F(Vnpay, acceptance_commerce_3_9_7_said_to_be_paid_by_only_one_of_two_codes_or_by_the_browser_is_not_captured) {
  const auto request = at_the_page();
  const auto half = bank.ipn({{"vnp_Amount", "25300000"},
                              {"vnp_TxnRef", ref_of(request)},
                              {"vnp_TransactionNo", "14000000"},
                              {"vnp_ResponseCode", "00"},
                              {"vnp_TransactionStatus", "01"}});
  EXPECT_EQ(code_of(run(bank.send(half))), "00");
  EXPECT_EQ(stored(request.payment_id).status, S::processing);
  ASSERT_TRUE(come_back("vnpay", request.payment_id));
  EXPECT_EQ(stored(request.payment_id).status, S::processing);
  EXPECT_EQ(count("ledger_entry"), "0");
}

TEST_F(Vnpay, IsAskedForWhenTheBuyerComesBackBeforeTheMessage) {
  const auto request = at_the_page();
  ASSERT_TRUE(bank.pay(ref_of(request)));  // The message is still on its way.
  const auto back = come_back("vnpay", request.payment_id);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->status_code, 303);
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(answer_to_ipn(), "00") << "and then it is heard";
  EXPECT_EQ(count("ledger_entry"), "2");
}

TEST_F(Vnpay, WhoseMessageNeverComesIsFoundByThePoller) {
  const auto request = at_the_page();
  bank.deliver(Delivery::never);
  ASSERT_TRUE(bank.pay(ref_of(request)));
  work(seconds(61));
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
}

TEST_F(Vnpay, acceptance_commerce_3_9_2_whose_query_is_not_answered_is_asked_again) {
  const auto request = at_the_page();
  bank.deliver(Delivery::never);
  ASSERT_TRUE(bank.pay(ref_of(request)));
  for (const Fault fault : {Fault::lose_answer, Fault::error_500, Fault::wrong_signature}) {
    bank.misbehave("query", fault);
    work(seconds(61));
    EXPECT_EQ(stored(request.payment_id).status, S::requires_action) << "nothing was said, so nothing is believed";
  }
  work(seconds(61));
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(bank.balance(), 253'000);
}

TEST_F(Vnpay, WhoseQueryNamesAnotherAmountChangesNothingAndOpensACase) {
  const auto request = at_the_page();
  bank.deliver(Delivery::never);
  ASSERT_TRUE(bank.pay(ref_of(request)));
  bank.misbehave("query", Fault::wrong_amount);
  work(seconds(61));
  EXPECT_EQ(stored(request.payment_id).status, S::requires_action);
  EXPECT_EQ(value("SELECT kind FROM payment_case"), "amount_mismatch");
}

TEST_F(Vnpay, ThatTheBuyerCancelsOrTheBankDeclinesHasFailed) {
  const std::pair<const char*, v1::DeclineCategory> rows[] = {{"24", v1::DeclineCategory::customer_cancelled}, {"51", v1::DeclineCategory::insufficient_funds}};
  for (const auto& [code, category] : rows) {
    const auto request = at_the_page();
    ASSERT_TRUE(bank.pay(ref_of(request), code, "02"));
    EXPECT_EQ(answer_to_ipn(), "00");
    const auto payment = stored(request.payment_id);
    EXPECT_EQ(payment.status, S::failed) << code;
    EXPECT_EQ(payment.decline->category, category);
    EXPECT_EQ(payment.decline->provider_code, code);
  }
  EXPECT_EQ(bank.balance(), 0);
}

TEST_F(Vnpay, ThatLooksLikeFraudToTheBankIsCapturedAndAPersonLooksAtIt) {
  const auto request = at_the_page();
  ASSERT_TRUE(bank.pay(ref_of(request), "07", "07"));
  EXPECT_EQ(answer_to_ipn(), "00");
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(value("SELECT kind FROM payment_case"), "suspected_fraud");
}

TEST_F(Vnpay, WhoseBuyerNeverOpensThePageExpiresWithItsWindow) {
  const auto request = a_payment_by(v1::PaymentMethod::vnpay);
  ASSERT_TRUE(create(request));
  work(minutes(16));
  EXPECT_EQ(stored(request.payment_id).status, S::expired);
  EXPECT_GE(bank.calls("query"), 1) << "not before the bank said that it knows nothing";
}

TEST_F(Vnpay, acceptance_commerce_3_9_10_paid_after_the_order_was_cancelled_goes_back) {
  const auto request = at_the_page();
  ASSERT_TRUE(hear(&EventHandlers::on_order_cancelled, a_cancellation(request.order_id)));
  ASSERT_TRUE(bank.pay(ref_of(request)));
  EXPECT_EQ(answer_to_ipn(), "00");
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::refunded);
  EXPECT_EQ(bank.balance(), 0);
  EXPECT_EQ(value("SELECT string_agg(topic, ' ' ORDER BY id) FROM outbox WHERE topic LIKE 'payment.refund%'"),
            "payment.refund.requested payment.refund.completed");
  expect_clean_audit();
}

TEST_F(Vnpay, IsRefundedInPartAndThenInFull) {
  const auto request = paid(100'000);
  ASSERT_TRUE(refund(request.payment_id, 30'000, "a"));
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::partially_refunded);
  EXPECT_EQ(bank.balance(), 70'000);
  ASSERT_TRUE(refund(request.payment_id, std::nullopt, "b"));
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::refunded);
  EXPECT_EQ(bank.balance(), 0);
  expect_clean_audit();
}

TEST_F(Vnpay, WhoseRefundIsNotAnsweredIsRefundedOnce) {
  const auto request = paid(100'000);
  bank.misbehave("refund", Fault::lose_answer);
  ASSERT_TRUE(refund(request.payment_id, std::nullopt, "a"));
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  work(minutes(2));  // Sent again, and told that it was asked for already.
  work(minutes(6));  // Asked for.
  EXPECT_EQ(stored(request.payment_id).status, S::refunded);
  EXPECT_EQ(bank.balance(), 0);
  EXPECT_EQ(bank.calls("refund"), 2);
}

TEST_F(Vnpay, WhoseRefundTheBankOnlyTakesNoteOfIsAskedForUntilItIsDone) {
  const auto request = paid(100'000);
  bank.refund_slowly();
  ASSERT_TRUE(refund(request.payment_id, std::nullopt, "a"));
  work();
  EXPECT_EQ(value("SELECT status FROM refund"), "submitted");
  work(minutes(6));
  EXPECT_EQ(value("SELECT status FROM refund"), "submitted");
  bank.settle_refund(ref_of(request), true);
  work(minutes(6));
  EXPECT_EQ(stored(request.payment_id).status, S::refunded);
}

TEST_F(Vnpay, WhoseRefundTheBankRejectsIsAFailedRefund) {
  const auto request = paid(100'000);
  bank.refund_slowly();
  ASSERT_TRUE(refund(request.payment_id, std::nullopt, "a"));
  work();
  bank.settle_refund(ref_of(request), false);
  work(minutes(6));
  EXPECT_EQ(value("SELECT status FROM refund"), "failed");
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(value("SELECT kind FROM payment_case"), "refund_failed");
}

TEST_F(Vnpay, IsOfferedInDongOnly) {
  const auto refused = create(a_payment_by(v1::PaymentMethod::vnpay, 1'000, "USD"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "METHOD_NOT_AVAILABLE");
  EXPECT_EQ(count("payment"), "0");
}

TEST_F(Vnpay, acceptance_commerce_3_9_3_whose_process_dies_before_the_buyer_was_told_tells_the_same_page_after_the_restart) {
  // Given a row whose driver died after it stored the reference
  const auto request = a_payment_by(v1::PaymentMethod::vnpay);
  Payment row{.id = request.payment_id, .order_id = request.order_id};
  row.method = "vnpay";
  row.provider = "vnpay";
  row.amount = request.amount;
  row.return_url = "https://shop.test/checkout";
  row.window_ends_at = request.window_ends_at;
  row.assessment_id = request.assessment_id;
  std::vector<NewPayment> batch;
  batch.push_back({row, Uuid::from_name("digest")});
  ASSERT_TRUE(run(module().store.create_batch(std::move(batch))));
  ASSERT_TRUE(run(module().store.store_ref(row.id, base32_of(row.id), clock.now())));
  restart();
  work(seconds(25));
  const auto payment = stored(request.payment_id);
  EXPECT_EQ(payment.status, S::requires_action);
  EXPECT_EQ(http_get(payment.next_action->url.value()).status, 200) << bank.complaint();
}

TEST(VnpayKeys, acceptance_commerce_3_9_13_that_cannot_be_meant_stop_the_start) {
  vnpay::VnpayOptions good = vnpay::default_addresses(false);
  good.enabled = true;
  good.account = {"ABCD1234", "RAOEXHYVSDDIIENYWSLDIIZTANXUXZ00"};
  EXPECT_TRUE(vnpay::check_keys(good));
  const auto refuses = [&](auto change) {
    auto bad = good;
    change(bad);
    const auto answer = vnpay::check_keys(bad);
    EXPECT_TRUE(bad.enabled);
    bad.enabled = false;
    EXPECT_TRUE(vnpay::check_keys(bad)) << "a provider that is off needs no keys";
    return !answer && answer.error().reason() == "VNPAY_KEYS_INVALID";
  };
  EXPECT_TRUE(refuses([](auto& options) { options.account.tmn_code = ""; }));
  EXPECT_TRUE(refuses([](auto& options) { options.account.tmn_code = "YOURCODE"; }));
  EXPECT_TRUE(refuses([](auto& options) { options.account.hash_secret = ""; }));
  EXPECT_TRUE(refuses([](auto& options) { options.account.hash_secret = "YOUR_HASH_SECRET_OF_32_CHARACTER"; }));
  EXPECT_TRUE(refuses([](auto& options) { options.pay_url = vnpay::default_addresses(true).pay_url; })) << "the sandbox in live mode";
  EXPECT_TRUE(refuses([](auto& options) { options.test_mode = true; })) << "the live bank in test mode";
  EXPECT_TRUE(refuses([](auto& options) { options.api_url = "http://bank.test/api"; })) << "live means https";
}

}  // namespace
}  // namespace emporion::payment
