#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/base/text.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {
namespace {

using ::testing::HasSubstr;

int create_administrator(ShopProcess& shop, const std::string& email, const std::string& password) {
  return shop.command({"admin", "create", "--email", email, "--name", "Ada Byron"}, {"EMPORION_ADMIN_PASSWORD=" + password});
}

TEST(Administrator, IsMadeOnceAndASecondTimeIsRefusedInPlainWords) {
  ShopProcess shop;
  ASSERT_EQ(create_administrator(shop, "ada@example.com", "a long quiet river"), 0) << shop.complained();
  EXPECT_THAT(shop.printed(), HasSubstr("administrator ada@example.com"));
  for (const auto* email : {"ada@example.com", "grace@example.com"}) {
    EXPECT_EQ(create_administrator(shop, email, "another deep blue sea"), 1) << email;
    EXPECT_EQ(shop.printed(), "");
    EXPECT_THAT(shop.complained(), HasSubstr("there is an administrator already")) << email;
    EXPECT_THAT(shop.complained(), HasSubstr("ALREADY_BOOTSTRAPPED")) << email;
  }
  // Beside a running server it is no different, and the first one's password still counts.
  shop.start();
  EXPECT_EQ(create_administrator(shop, "grace@example.com", "another deep blue sea"), 1);
  Runtime runtime;
  http::Client client(runtime);
  Buyer staff(client, shop.url());
  const auto sign_in = [&](const std::string& email, const std::string& password) {
    return run_until_done(runtime, staff.call(http::Method::post, "/api/v1/auth/login",
                                              text(R"({"identifier":")", email, R"(","password":")", password, R"(","realm":"staff"})")))
        .status;
  };
  EXPECT_EQ(sign_in("ada@example.com", "a long quiet river"), 200);
  EXPECT_EQ(sign_in("ada@example.com", "another deep blue sea"), 401);
  EXPECT_EQ(sign_in("grace@example.com", "another deep blue sea"), 401);
  EXPECT_EQ(shop.stop(), 0);
}

}  // namespace
}  // namespace emporion::journeys
