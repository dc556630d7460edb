#include "modules/commerce/payment/adapters/vnpay/wire.hpp"

#include <gtest/gtest.h>

#include "kernel/base/text.hpp"

namespace emporion::payment::vnpay {
namespace {

using State = ProviderReport::State;

// VNPay publishes no example together with its secret. The hashes below are of VNPay's own parameters where it gives some, and were all computed apart from
// this program: printf %s "$text" | openssl dgst -sha512 -hmac SECRETOFTHEKNOWNANSWERTESTS00000.
const VnpayAccount account{"DEMOV210", "SECRETOFTHEKNOWNANSWERTESTS00000"};

Payment a_payment() {
  Payment out{.id = Uuid::parse("01234567-89ab-70ef-8123-456789abcdef").value(), .order_number = "ORD-7"};
  out.amount = Money(253'000, Currency::of("VND"));
  out.captured_amount = 253'000;
  out.provider_txn_id = "14000001";
  out.created_at = UtcTime::parse("2021-08-01T08:33:33Z").value();
  out.window_ends_at = out.created_at + minutes(15);
  return out;
}
const UtcTime now = UtcTime::parse("2021-08-01T08:40:00Z").value();
const std::string ipn_text =
    "vnp_Amount=25300000&vnp_BankCode=NCB&vnp_OrderInfo=Order+ORD-7&vnp_PayDate=20210801153500&vnp_ResponseCode=00&vnp_TmnCode=DEMOV210&vnp_TransactionNo="
    "14000001&vnp_TransactionStatus=00&vnp_TxnRef=AERUKZ4JVNYO7AJDIVTYTK6N54";
const std::string ipn_hash = "b39df0850177c3ba53f53c0b6e995053ea8ed1e0da52ba09a1e953a3b6d756bc6c676f9c58f0cbcdf3db2e0643a890255b91257d6bba9ecbb30cda0ef2b150ac";

TEST(VnpayWire, HashesThePublishedParametersAsOpensslDoes) {
  // Source: https://sandbox.vnpayment.vn/apis/docs/huong-dan-tich-hop/, the example of a pay URL.
  const std::string published =
      "vnp_Amount=1806000&vnp_Command=pay&vnp_CreateDate=20210801153333&vnp_CurrCode=VND&vnp_IpAddr=127.0.0.1&vnp_Locale=vn&vnp_OrderInfo=Thanh+toan+don+hang+%"
      "3A5&vnp_OrderType=other&vnp_ReturnUrl=https%3A%2F%2Fdomainmerchant.vn%2FReturnUrl&vnp_TmnCode=DEMOV210&vnp_TxnRef=5&vnp_Version=2.1.0";
  const auto fields = read_query(published);
  ASSERT_TRUE(fields);
  EXPECT_EQ(hashed_text(*fields), published);
  EXPECT_EQ(hash_of(published, account),
            "2c7d31a3bf9d727a3904b7df8740755bea32a3d0e02cb505e0414f8048e2355d16ac1b469f48fe333aeb589afbc89d3b6221e2ad497a85df2636d25b4f07ef6d");
}

TEST(VnpayWire, MakesThePayUrlWithHundredthsAndTheLocalTime) {
  EXPECT_EQ(pay_url("https://bank.test/pay", a_payment(), {"https://shop.test/return?payment_id=1", "203.0.113.7"}, account),
            "https://bank.test/"
            "pay?vnp_Amount=25300000&vnp_Command=pay&vnp_CreateDate=20210801153333&vnp_CurrCode=VND&vnp_ExpireDate=20210801154833&vnp_IpAddr=203.0.113.7&vnp_"
            "Locale=vn&vnp_OrderInfo=Order+ORD-7&vnp_OrderType=other&vnp_ReturnUrl=https%3A%2F%2Fshop.test%2Freturn%3Fpayment_id%3D1&vnp_TmnCode=DEMOV210&vnp_"
            "TxnRef=AERUKZ4JVNYO7AJDIVTYTK6N54&vnp_Version=2.1.0&vnp_SecureHash="
            "c87a3006b81302160a8defe218fe67a7d16f2e77410bbcad48d4436bd8db925d4bd26c8f0a9995e58dd8fa811c7accfd0046aebf35d4130cda4c2ed798e34ebb");
}

TEST(VnpayWire, TellsTheTimeOfHanoiWhateverTheDate) {
  EXPECT_EQ(local_time(UtcTime::parse("2024-12-31T16:59:59.999999Z").value()), "20241231235959");
  EXPECT_EQ(local_time(UtcTime::parse("2024-12-31T17:00:00Z").value()), "20250101000000");
  EXPECT_EQ(local_time(UtcTime::parse("2024-02-28T20:05:09Z").value()), "20240229030509");
}

TEST(VnpayWire, HashesCallsOverTheirValuesInTheOrderOfTheDocuments) {
  const std::string query = query_body(a_payment(), account, "req1", now);
  EXPECT_NE(query.find("\"vnp_SecureHash\":"
                       "\"b607e0e14475c16291d44d0b9cc67d6af1a3f6194a6e20bb80fd79435ea22704b88146258871b1e4a8d33259a0dca4b19887df1b72df71cc94b5f2fb80998270\""),
            std::string::npos)
      << query;
  Refund refund;
  refund.amount = Money(100'000, Currency::of("VND"));
  const std::string body = refund_body(a_payment(), refund, account, "req2", now);
  EXPECT_NE(body.find("\"vnp_SecureHash\":"
                      "\"e966f858ce21582798dabbe5ac72ed67211a033ff372d12e6509271b24a40cec3d13f267a0f3a23ad040991861e9df22976c572c8e01c57b6caf8d4175230b9f\""),
            std::string::npos)
      << body;
  refund.amount = Money(253'000, Currency::of("VND"));
  EXPECT_NE(refund_body(a_payment(), refund, account, "req3", now).find(R"("vnp_TransactionType":"02")"), std::string::npos) << "all of it is a full refund";
}

TEST(VnpayWire, AcceptsAnIpnOnlyAsItWasSigned) {
  const auto is_good = [](const std::string& query) {
    const auto fields = read_query(query);
    return fields && is_signed(*fields, account);
  };
  EXPECT_TRUE(is_good(ipn_text + "&vnp_SecureHash=" + ipn_hash));
  EXPECT_TRUE(is_good(ipn_text + "&vnp_SecureHash=" + ascii_upper(ipn_hash)));
  EXPECT_TRUE(is_good("vnp_SecureHash=" + ipn_hash + "&vnp_SecureHashType=HmacSHA512&vnp_CardType=&" + ipn_text))
      << "order, type and empty fields do not count";
  EXPECT_FALSE(is_good(ipn_text + "&vnp_Extra=1&vnp_SecureHash=" + ipn_hash)) << "what VNPay did not sign";
  EXPECT_FALSE(is_good(ipn_text + "&vnp_Amount=1&vnp_SecureHash=" + ipn_hash)) << "given twice";
  EXPECT_FALSE(is_good(ipn_text));
  EXPECT_FALSE(is_good(ipn_text + "&vnp_SecureHash="));
  EXPECT_FALSE(is_signed(*read_query(ipn_text + "&vnp_SecureHash=" + ipn_hash), {"DEMOV210", ""})) << "an empty secret signs nothing";
  for (std::size_t i = 0; i < ipn_text.size(); ++i) {
    std::string changed = ipn_text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(is_good(changed + "&vnp_SecureHash=" + ipn_hash)) << "byte " << i << ": " << changed;
  }
}

TEST(VnpayWire, ReadsAnIpn) {
  const auto event = read_ipn(ipn_text);
  ASSERT_TRUE(event) << event.error().to_string();
  EXPECT_EQ(event->id, "AERUKZ4JVNYO7AJDIVTYTK6N54:14000001:00");
  EXPECT_EQ(event->payment->payment_id, a_payment().id);
  EXPECT_EQ(event->payment->amount, Money(253'000, Currency::of("VND")));
  EXPECT_EQ(event->payment->captured, 253'000);
  EXPECT_EQ(event->payment->txn_id, "14000001");
  for (const char* bad : {"", "vnp_TxnRef=A", "vnp_TxnRef=A&vnp_ResponseCode=00&vnp_TransactionStatus=00&vnp_Amount=1",
                          "vnp_TxnRef=A&vnp_ResponseCode=00&vnp_TransactionStatus=00&vnp_Amount=x"}) {
    EXPECT_FALSE(read_ipn(bad)) << bad;
  }
}

TEST(VnpayWire, MapsEveryCodeOfAnIpn) {
  struct Row {
    const char* code;
    const char* status;
    State state;
    const char* category;
    bool suspicious;
  };
  const Row rows[] = {{"00", "00", State::captured, "", false},
                      {"00", "01", State::processing, "", false},
                      {"00", "02", State::processing, "", false},
                      {"00", "07", State::processing, "", false},
                      {"07", "07", State::captured, "", true},
                      {"07", "00", State::captured, "", true},
                      {"07", "02", State::processing, "", false},
                      {"24", "02", State::failed, "customer_cancelled", false},
                      {"11", "02", State::cancelled, "", false},
                      {"09", "02", State::failed, "card_declined", false},
                      {"10", "02", State::failed, "authentication_required", false},
                      {"12", "02", State::failed, "card_declined", false},
                      {"13", "02", State::failed, "authentication_required", false},
                      {"51", "02", State::failed, "insufficient_funds", false},
                      {"65", "02", State::failed, "card_declined", false},
                      {"75", "02", State::failed, "generic", false},
                      {"79", "02", State::failed, "authentication_required", false},
                      {"99", "02", State::processing, "", false},
                      {"brand new", "02", State::processing, "", false}};
  for (const Row& row : rows) {
    const Outcome outcome = outcome_of_payment(row.code, row.status);
    EXPECT_EQ(outcome.state, row.state) << row.code << " " << row.status;
    EXPECT_EQ(outcome.decline_category, row.category) << row.code;
    EXPECT_EQ(outcome.is_suspicious, row.suspicious) << row.code;
  }
}

TEST(VnpayWire, MapsEveryStatusOfAQuery) {
  const std::pair<const char*, State> rows[] = {{"00", State::captured}, {"01", State::processing}, {"02", State::failed},   {"04", State::failed},
                                                {"05", State::captured}, {"06", State::captured},   {"07", State::captured}, {"09", State::captured},
                                                {"", State::processing}, {"33", State::processing}};
  for (const auto& [status, state] : rows) EXPECT_EQ(outcome_of_query(status).state, state) << status;
  EXPECT_TRUE(outcome_of_query("07").is_suspicious);
}

TEST(VnpayWire, BelievesNoAnswerWhoseHashDoesNotFit) {
  const std::string answer =
      R"({"vnp_ResponseCode":"00","vnp_TransactionStatus":"00","vnp_Amount":"25300000","vnp_TxnRef":"AERUKZ4JVNYO7AJDIVTYTK6N54","vnp_SecureHash":"00"})";
  EXPECT_EQ(read_query_answer(200, answer, a_payment(), account).error().reason(), "PROVIDER_OUTCOME_UNKNOWN");
  EXPECT_EQ(read_query_answer(200, "<html>", a_payment(), account).error().reason(), "PROVIDER_OUTCOME_UNKNOWN");
  EXPECT_EQ(read_query_answer(500, "", a_payment(), account).error().reason(), "PROVIDER_OUTCOME_UNKNOWN");
  EXPECT_EQ(read_query_answer(429, "", a_payment(), account).error().reason(), "PROVIDER_BUSY");
}

}  // namespace
}  // namespace emporion::payment::vnpay
