#include "modules/platform/gateway/testing/edge_fixture.hpp"

namespace emporion::gateway {
namespace {

TEST_F(EdgeTest, AGuestIsThrottledByAddress) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post("/api/v1/cart/items").status, 200) << i;
  EXPECT_EQ(post("/api/v1/cart/items").status, 429);
}

TEST_F(EdgeTest, AProviderIsNotThrottledAsAGuestAndTakesNothingFromOne) {
  for (int i = 0; i < 50; ++i) EXPECT_EQ(post("/api/v1/webhooks/demo").status, 200) << i;
  // Its own limit is never off.
  EXPECT_EQ(post("/api/v1/webhooks/demo").status, 429);
  EXPECT_EQ(post("/api/v1/cart/items").status, 200);
}

TEST_F(EdgeTest, GuestsTakeNothingFromAProviderAtTheirAddress) {
  while (post("/api/v1/cart/items").status == 200) {
  }
  EXPECT_EQ(post("/api/v1/webhooks/demo").status, 200);
}

TEST_F(EdgeTest, AWebhookThatDoesNotExistCountsAsAGuest) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post("/api/v1/webhooks/nobody").status, 404) << i;
  EXPECT_EQ(post("/api/v1/webhooks/nobody").status, 429);
}

}  // namespace
}  // namespace emporion::gateway
