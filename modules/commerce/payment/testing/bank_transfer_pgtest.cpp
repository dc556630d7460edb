#include "kernel/security/crypto.hpp"
#include "modules/commerce/payment/testing/bank_fixture.hpp"
#include "modules/commerce/payment/testing/provider_fixture.hpp"

namespace emporion::payment {
namespace {

using S = v1::PaymentStatus;

struct BankTransfer : ProviderTest {
  ~BankTransfer() override { run(front_.close()); }
  std::vector<std::unique_ptr<ProviderGateway>> gateways() override { return one_bank(); }
  v1::CreatePaymentRequest a_transfer(std::int64_t amount = 253'000) {
    const auto request = a_payment_by(v1::PaymentMethod::bank_transfer, amount);
    const auto created = create(request);
    EXPECT_TRUE(created) << created.error().to_string();
    EXPECT_EQ(created->payment.status, S::requires_action);
    return request;
  }
  static std::string reference(const v1::CreatePaymentRequest& request) { return bank_transfer::reference_of(request.payment_id); }
  static std::string body_of(std::string_view txn, std::int64_t amount, std::string_view remittance, std::string_view currency = "VND") {
    return text(R"({"bank_txn_id":")", txn, R"(","amount":)", amount, R"(,"currency":")", currency, R"(","remittance":")", remittance, "\"}");
  }
  http::Response send(const std::string& body, std::int64_t age = 0, std::string_view signed_body = "", std::string_view key = bank_secret) {
    const std::int64_t t = clock.now().micros_since_epoch() / 1'000'000 - age;
    http::ClientRequest request;
    request.method = http::Method::post;
    request.url = front_url() + "/api/v1/webhooks/bank-transfer";
    request.headers.push_back(
        {"x-bank-signature", text("t=", t, ",v1=", security::hex(security::hmac_sha256(key, text(t, ".", signed_body.empty() ? body : signed_body))))});
    request.body = body;
    return run(browser.send(std::move(request))).value();
  }
  void credit(std::string_view txn, std::int64_t amount, std::string_view remittance) {
    EXPECT_EQ(send(body_of(txn, amount, remittance)).status, 200);
    hear_webhooks();
  }
  Result<v1::MatchTransferResponse> match(const v1::CreatePaymentRequest& request, std::string txn, std::int64_t amount, const char* person = "ann") {
    CallContext context = by("finance");
    context.principal = {.realm = Realm::staff, .id = Uuid::from_name(person), .permissions = {"payment.*"}};
    v1::MatchTransferRequest ask;
    ask.id = request.payment_id;
    ask.bank_txn_id = std::move(txn);
    ask.amount = Money(amount, Currency::of("VND"));
    return run(module().service.match_transfer(context, ask));
  }
};

TEST_F(BankTransfer, TellsAccountAmountAndReference) {
  const auto request = a_transfer();
  const auto action = stored(request.payment_id).next_action.value();
  EXPECT_EQ(action.type, v1::NextActionType::bank_details);
  EXPECT_EQ(action.account_number, "0071000123456");
  EXPECT_EQ(action.amount, request.amount);
  EXPECT_EQ(action.reference, reference(request));
  EXPECT_EQ(action.reference->size(), 10u);
}

TEST_F(BankTransfer, OfTheExactAmountIsCaptured) {
  const auto request = a_transfer();
  credit("FT1", 253'000, text("thanh toan ", ascii_lower(reference(request)), ", cam on"));
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(count("ledger_entry"), "4");  // The credit, and the capture out of suspense.
  EXPECT_EQ(count("payment_case"), "0");
  expect_clean_audit();
}

TEST_F(BankTransfer, AnnouncedFiveTimesCountsOnce) {
  const auto request = a_transfer();
  for (int i = 0; i < 5; ++i) credit("FT1", 100'000, reference(request));
  EXPECT_EQ(stored(request.payment_id).status, S::requires_action);
  EXPECT_EQ(stored(request.payment_id).next_action->amount->amount(), 153'000);
  credit("FT2", 153'000, reference(request));
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(value("SELECT captured_amount FROM payment"), "253000");
  expect_clean_audit();
}

TEST_F(BankTransfer, ThatStaysShortExpiresAndWaitsForAPersonToReturnIt) {
  const auto request = a_transfer();
  credit("FT1", 100'000, reference(request));
  work(minutes(16));
  EXPECT_EQ(stored(request.payment_id).status, S::expired);
  EXPECT_EQ(value("SELECT kind || ' ' || theirs FROM payment_case"), "transfer_to_return 100000 VND");
  EXPECT_EQ(count("ledger_entry"), "2");  // The credit, which nobody has captured.
  credit("FT2", 153'000, reference(request));
  EXPECT_EQ(stored(request.payment_id).status, S::expired) << "the first part is on its way back";
  EXPECT_EQ(count("payment_case"), "2");
}

TEST_F(BankTransfer, OfTooMuchIsCapturedAndTheExcessWaitsForAPerson) {
  const auto request = a_transfer();
  credit("FT1", 300'000, reference(request));
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(value("SELECT captured_amount FROM payment"), "253000");
  EXPECT_EQ(value("SELECT kind || ' ' || ours FROM payment_case"), "transfer_to_return excess 47000");
  credit("FT2", 253'000, reference(request));
  EXPECT_EQ(value("SELECT count(*) FROM payment_case WHERE kind = 'transfer_to_return'"), "2") << "paid twice";
  expect_clean_audit();
}

TEST_F(BankTransfer, ForNobodyWaitsInSuspenseUntilAPersonMatchesIt) {
  const auto request = a_transfer();
  credit("FT1", 253'000, "no reference at all");
  EXPECT_EQ(value("SELECT kind FROM payment_case"), "unmatched_transfer");
  EXPECT_EQ(match(request, "FT1", 252'000).error().reason(), "AMOUNT_MISMATCH");
  const auto matched = match(request, "FT1", 253'000);
  ASSERT_TRUE(matched) << matched.error().to_string();
  EXPECT_EQ(matched->payment.status, S::captured);
  EXPECT_EQ(match(request, "FT1", 253'000)->payment.status, S::captured) << "a repeat changes nothing";
  const auto other = a_transfer();
  EXPECT_EQ(match(other, "FT1", 253'000).error().reason(), "TRANSFER_MATCHED");
  EXPECT_EQ(count("ledger_entry"), "8");  // Credit, off nobody, to the payment, capture.
  expect_clean_audit();
}

TEST_F(BankTransfer, OfALargeAmountIsMatchedByTwoPersons) {
  const auto request = a_transfer(20'000'001);
  const auto first = match(request, "FT1", 20'000'001, "ann");
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_TRUE(first->awaits_second_person);
  EXPECT_TRUE(match(request, "FT1", 20'000'001, "ann")->awaits_second_person) << "one person twice is one person";
  EXPECT_EQ(stored(request.payment_id).status, S::requires_action);
  const auto second = match(request, "FT1", 20'000'001, "bob");
  ASSERT_TRUE(second) << second.error().to_string();
  EXPECT_FALSE(second->awaits_second_person);
  EXPECT_EQ(second->payment.status, S::captured);
  const auto small = a_transfer(20'000'000);
  EXPECT_EQ(match(small, "FT2", 20'000'000)->payment.status, S::captured);
}

TEST_F(BankTransfer, acceptance_commerce_3_9_5_altered_late_or_unsigned_is_refused_and_a_fresh_one_accepted) {
  const auto request = a_transfer();
  const std::string body = body_of("FT1", 253'000, reference(request));
  std::string altered = body;
  altered[body.find("253000")] = '9';
  EXPECT_EQ(send(altered, 0, body).status, 400);
  EXPECT_EQ(send(body, 301).status, 400);
  EXPECT_EQ(send(body, -301).status, 400);
  EXPECT_EQ(send(body, 0, "", "another-secret-entirely").status, 400);
  EXPECT_EQ(count("webhook_event"), "0");
  EXPECT_EQ(send(body, 299).status, 200);
}

TEST_F(BankTransfer, acceptance_commerce_3_9_10_paid_after_the_order_was_cancelled_goes_back_by_hand) {
  const auto request = a_transfer();
  ASSERT_TRUE(hear(&EventHandlers::on_order_cancelled, a_cancellation(request.order_id)));
  work();
  EXPECT_EQ(stored(request.payment_id).status, S::voided);
  credit("FT1", 253'000, bank_transfer::reference_of(request.payment_id));
  EXPECT_EQ(stored(request.payment_id).status, S::captured);
  EXPECT_EQ(value("SELECT status || ' ' || source FROM refund"), "manual_required late");
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'payment.refund.requested'"), "1");
  expect_clean_audit();
}

TEST_F(BankTransfer, IsRefundedByAPersonInPartAndInFull) {
  const auto request = a_transfer();
  credit("FT1", 253'000, reference(request));
  EXPECT_EQ(refund(request.payment_id, 53'000, "a")->status, v1::RefundStatus::manual_required);
  EXPECT_EQ(refund(request.payment_id, std::nullopt, "b")->amount.amount(), 200'000);
  EXPECT_EQ(refund(request.payment_id, 1, "c").error().reason(), "OVER_REFUND");
  work(minutes(1));
  EXPECT_EQ(value("SELECT string_agg(DISTINCT status, ' ') FROM refund"), "manual_required");
}

TEST(BankTransferWire, FindsOurReferenceAmongWords) {
  EXPECT_EQ(bank_transfer::references_in("CK tu 0912345678 noi dung abcdefghij/ABCDEFGHI2."), (std::vector<std::string>{"ABCDEFGHIJ", "ABCDEFGHI2"}));
  EXPECT_TRUE(bank_transfer::references_in("ABCDEFGHI ABCDEFGHIJK 0123456789").empty());
  EXPECT_EQ(bank_transfer::reference_of(Uuid::from_name("x")), bank_transfer::reference_of(Uuid::from_name("x")));
}

TEST(BankTransferKeys, acceptance_commerce_3_9_13_that_cannot_be_meant_stop_the_start) {
  bank_transfer::BankTransferOptions good;
  good.enabled = true;
  good.account_name = "EMPORION JSC";
  good.account_number = "0071000123456";
  good.webhook_secret = "b5c1f0a97a6e4d2f8b1c";
  EXPECT_TRUE(bank_transfer::check_keys(good));
  for (const auto member : {&bank_transfer::BankTransferOptions::account_name, &bank_transfer::BankTransferOptions::account_number,
                            &bank_transfer::BankTransferOptions::webhook_secret}) {
    auto bad = good;
    bad.*member = "";
    EXPECT_EQ(bank_transfer::check_keys(bad).error().reason(), "BANK_TRANSFER_KEYS_INVALID");
    bad.enabled = false;
    EXPECT_TRUE(bank_transfer::check_keys(bad)) << "a provider that is off needs no keys";
  }
  auto bad = good;
  bad.webhook_secret = "changeme_changeme";
  EXPECT_FALSE(bank_transfer::check_keys(bad));
}

}  // namespace
}  // namespace emporion::payment
