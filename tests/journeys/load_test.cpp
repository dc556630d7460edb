#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/json/value.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {
namespace {

using ::testing::HasSubstr;

/// Nobody judges the orders, which all come from one machine.
constexpr auto settings = "payment:\n  risk: {enabled: false}\n";

/// What the program says of a run is what the shop's own books say.
TEST(LoadGenerator, TwentyPurchasesAreTwentyOrdersAndTheBooksBalance) {
  ShopProcess shop(settings);
  shop.start();
  const std::string json = (shop.home() / "load.json").string(), page = (shop.home() / "load.html").string();
  const auto bought = run_emporion({"load", "buy", "--count", "20", "--clients", "4", "--seed", "1", "--url", shop.url(), "--json", json, "--report", page},
                                   shop.home(), {}, 60);
  EXPECT_EQ(bought.code, 0) << bought.printed << bought.complained;
  EXPECT_THAT(bought.printed, HasSubstr("clean: "));
  const std::string told = text_of(json);
  EXPECT_EQ(member_of(told, "totals.orders"), "20") << told;
  EXPECT_EQ(member_of(told, "totals.unexpected"), "0") << told;
  EXPECT_EQ(member_of(told, "verdict") + "\n", bought.printed.substr(bought.printed.rfind("clean: ")));
  EXPECT_THAT(text_of(page), HasSubstr(">20<small>"));

  const auto looked = run_emporion({"load", "browse", "--rate", "40", "--duration", "1s", "--url", shop.url(), "--quiet"}, shop.home(), {}, 60);
  EXPECT_EQ(looked.code, 0) << looked.printed << looked.complained;
  EXPECT_EQ(looked.printed.find('\n'), looked.printed.size() - 1) << "the verdict alone";
  EXPECT_EQ(shop.audit(), 0) << shop.audit_report();
  EXPECT_THAT(shop.audit_report(), HasSubstr("every saga that ended well placed its order (20 facts)"));

  EXPECT_EQ(shop.stop(), 0);
  const auto alone = run_emporion({"load", "buy", "--count", "1", "--url", shop.url()}, shop.home(), {}, 60);
  EXPECT_EQ(alone.code, 1);
  EXPECT_THAT(alone.complained, HasSubstr("(PROVIDER_UNREACHABLE)"));
  const auto remote = run_emporion({"load", "buy", "--url", "http://192.0.2.1"}, shop.home(), {}, 60);
  EXPECT_EQ(remote.code, 1);
  EXPECT_THAT(remote.complained, HasSubstr("(TARGET_NOT_LOOPBACK)"));
  EXPECT_EQ(run_emporion({"load", "buy", "--duration", "3 weeks"}, shop.home(), {}, 60).code, 2);
  EXPECT_EQ(run_emporion({"load"}, shop.home(), {}, 60).code, 2);
}

}  // namespace
}  // namespace emporion::journeys
