#include "modules/commerce/payment/adapters/stripe/signature.hpp"

#include <gtest/gtest.h>

#include <string>

#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::payment::stripe {
namespace {

constexpr std::string_view secret = "whsec_signature_test";
constexpr std::int64_t sent_at = 1'772'323'200;
const std::string body = R"({"id":"evt_1","type":"payment_intent.succeeded"})";

UtcTime after(std::int64_t span) { return UtcTime::from_micros((sent_at + span) * 1'000'000); }
std::string v1_of(std::string_view signed_body, std::string_view key = secret) {
  return security::hex(security::hmac_sha256(key, text(sent_at, ".", signed_body)));
}
std::string header_of(std::string_view signed_body) { return text("t=", sent_at, ",v1=", v1_of(signed_body)); }

TEST(StripeSignature, AcceptsWhatTheProviderSigned) {
  EXPECT_TRUE(verify_signature(header_of(body), body, secret, after(0)));
  EXPECT_TRUE(verify_signature(header_of(body), body, secret, after(300)));
  EXPECT_TRUE(verify_signature(header_of(body), body, secret, after(-300)));
}

TEST(StripeSignature, RefusesABodyThatChangedByOneByte) {
  std::string changed = body;
  for (std::size_t i = 0; i < changed.size(); ++i) {
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto answer = verify_signature(header_of(body), changed, secret, after(0));
    ASSERT_FALSE(answer) << i;
    EXPECT_EQ(answer.error().reason(), "INVALID_SIGNATURE");
    EXPECT_EQ(answer.error().kind(), ErrorKind::invalid_argument);
    changed[i] = body[i];
  }
}

TEST(StripeSignature, RefusesASignatureThatIs301SecondsOldOrAhead) {
  EXPECT_FALSE(verify_signature(header_of(body), body, secret, after(301)));
  EXPECT_FALSE(verify_signature(header_of(body), body, secret, after(-301)));
}

TEST(StripeSignature, AcceptsASecondSignatureThatMatches) {
  const std::string header = text("t=", sent_at, ",v1=", std::string(64, '0'), ",v0=ignored,v1=", v1_of(body));
  EXPECT_TRUE(verify_signature(header, body, secret, after(0)));
}

TEST(StripeSignature, RefusesWhatIsNotASignature) {
  for (const char* header : {"", "t=1772323200", "v1=00", "t=x,v1=00", "nonsense", "t=1772323200,v1="})
    EXPECT_FALSE(verify_signature(header, body, secret, after(0))) << header;
  EXPECT_FALSE(verify_signature(text("t=", sent_at, ",v1=", v1_of(body, "other")), body, secret, after(0)));
  EXPECT_FALSE(verify_signature(text("t=", sent_at, ",v1=", v1_of(body, "")), body, "", after(0))) << "an empty secret signs nothing";
}

}  // namespace
}  // namespace emporion::payment::stripe
