#include <gtest/gtest.h>

#include "kernel/base/text.hpp"
#include "kernel/testing/eventually.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {
namespace {

struct LostAnswer {
  const char* operation;
  int pass;  ///< Which of its answers, from the start of the process: the cart and the preview ask, too.
};

// The whole shop; in each run one module does what the saga asks of it, and its answer is lost once. The order stands all the same, and the audit finds nothing
// twice.
TEST(LostAnswers, acceptance_commerce_4_5_4_OfEachParticipantInTurnDoubleNothing) {
  ShopProcess shop;
  int bought = 0;
  for (const LostAnswer lost : {LostAnswer{"warehouse.reserve", 1},
                                {"warehouse.get_reservation", 1},
                                {"payment.assess_risk", 1},
                                {"promotion.reserve", 1},
                                {"order.create_order", 1},
                                {"promotion.commit", 1},
                                {"payment.create_payment", 1},
                                {"warehouse.confirm_reservation", 1},
                                {"order.confirm_order", 1}}) {
    SCOPED_TRACE(lost.operation);
    shop.start({text("EMPORION_FAULT=lose:", lost.operation, ".ack:", lost.pass)});
    Runtime runtime;
    http::Client client(runtime);
    Buyer buyer(client, shop.url());
    const std::string name = text("lost-", ++bought);
    ASSERT_EQ(run_until_done(runtime, buyer.prepare("TEA-SHAN-100", 1, name)).status, 200);
    ASSERT_EQ(run_until_done(runtime, buyer.use_coupon("WELCOME10")).status, 200);
    const auto answer = run_until_done(runtime, buyer.confirm(name));
    EXPECT_TRUE(answer.status == 201 || answer.status == 202) << answer.status << answer.body;
    const auto look = [&] { return run_until_done(runtime, buyer.call(http::Method::get, "/api/v1/checkout/" + buyer.session() + "/confirmation")).body; };
    EXPECT_TRUE(testing::eventually(runtime, [&] { return member_of(look(), "status") == "confirmed"; }, look, seconds(30)));
    EXPECT_EQ(shop.audit(), 0) << shop.audit_report();
    EXPECT_EQ(shop.stop(), 0);
  }
}

}  // namespace
}  // namespace emporion::journeys
