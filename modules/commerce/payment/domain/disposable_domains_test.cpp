#include "modules/commerce/payment/domain/disposable_domains.hpp"

#include <gtest/gtest.h>

namespace emporion::payment {
namespace {

TEST(DisposableDomains, AreKnownWithWhatLiesBelowThem) {
  const auto domains = DisposableDomains::well_known();
  EXPECT_TRUE(domains.contains("mailinator.com"));
  EXPECT_TRUE(domains.contains("eu.Mailinator.com"));
  EXPECT_FALSE(domains.contains("notmailinator.com"));
  EXPECT_FALSE(domains.contains("com"));
  EXPECT_FALSE(domains.contains(""));
}

TEST(DisposableDomains, AreReadFromLines) {
  const auto domains = DisposableDomains::parse("# ours\n Throw.Example \r\n\nother.example # why\nlast.example");
  EXPECT_EQ(domains.size(), 3u);
  EXPECT_TRUE(domains.contains("throw.example"));
  EXPECT_TRUE(domains.contains("last.example"));
  EXPECT_FALSE(domains.contains("mailinator.com"));
}

}  // namespace
}  // namespace emporion::payment
