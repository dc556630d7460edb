#include "modules/commerce/payment/adapters/wire_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace emporion::payment {
namespace {

TEST(WireText, EncodesFormsAsBrowsersDo) {
  EXPECT_EQ(form_encoded("Thanh toan don hang :5"), "Thanh+toan+don+hang+%3A5");
  EXPECT_EQ(form_encoded("https://shop.test/a-b_c.d?x=1&y=~*"), "https%3A%2F%2Fshop.test%2Fa-b_c.d%3Fx%3D1%26y%3D%7E*");
  EXPECT_EQ(percent_encoded("a b~"), "a%20b~");
}

TEST(WireText, WritesIdsWithoutHyphens) {
  // printf '\x01\x23\x45\x67\x89\xab\x70\xef\x81\x23\x45\x67\x89\xab\xcd\xef' | base32
  EXPECT_EQ(base32_of(Uuid::parse("01234567-89ab-70ef-8123-456789abcdef").value()), "AERUKZ4JVNYO7AJDIVTYTK6N54");
  for (const char* bad : {"", "AERUKZ4JVNYO7AJDIVTYTK6N5", "AERUKZ4JVNYO7AJDIVTYTK6N55", "aERUKZ4JVNYO7AJDIVTYTK6N54", "AERUKZ4JVNYO7AJDIVTYTK6N541"})
    EXPECT_FALSE(uuid_of_base32(bad)) << bad;
}

RC_GTEST_PROP(WireText, EveryIdComesBack, (const std::string& name)) {
  const Uuid id = Uuid::from_name(name);
  RC_ASSERT(uuid_of_base32(base32_of(id)) == id);
}

TEST(WireText, KnowsWhatACallCertainlyDidNotDo) {
  const std::pair<int, const char*> rows[] = {
      {400, "PROVIDER_REFUSED"},        {401, "PROVIDER_REFUSED"},         {404, "PROVIDER_REFUSED"},         {422, "PROVIDER_REFUSED"},
      {429, "PROVIDER_BUSY"},           {408, "PROVIDER_OUTCOME_UNKNOWN"}, {409, "PROVIDER_OUTCOME_UNKNOWN"}, {500, "PROVIDER_OUTCOME_UNKNOWN"},
      {503, "PROVIDER_OUTCOME_UNKNOWN"}};
  for (const auto& [status, reason] : rows) EXPECT_EQ(error_of_status(status, "").reason(), reason) << status;
}

}  // namespace
}  // namespace emporion::payment
