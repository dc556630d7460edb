#include "kernel/testing/rival.hpp"
#include "modules/logistics/fulfillment/testing/fulfillment_fixture.hpp"

namespace emporion::fulfillment {
namespace {

/// What Warehouse tells of an order's units around the order's confirmation, which comes by another feed.
struct EarlyNewsTest : FulfillmentTest {
  void moved(const std::string& order, std::int64_t version, const std::string& from, const std::string& to, std::int32_t qty = 2) {
    warehouse::v1::ReservationResourced event;
    event.reservation_id = id("reservation of " + order);
    event.order_id = id(order);
    event.line_no = 1;
    event.sku = "SKU-1";
    event.qty = qty;
    event.from_warehouse_id = id(from);
    event.to_warehouse_id = id(to);
    hear(&Triggers::on_resourced, event, version);
  }
  void shorted(const std::string& order, std::int64_t version, const std::string& where, std::int32_t missing) {
    warehouse::v1::ReservationShorted event;
    event.reservation_id = id("reservation of " + order);
    event.order_id = id(order);
    event.line_no = 1;
    event.sku = "SKU-1";
    event.warehouse_id = id(where);
    event.missing = missing;
    hear(&Triggers::on_shorted, event, version);
  }
  /// The same event, as if no inbox stood before it.
  Task<Result<>> keep_twice() {
    const EarlyNews news{id("event"), id("o"), id("reservation of o"), 4, std::string(warehouse::v1::ReservationShorted::topic), "{}", {}};
    EMP_CO_ASSIGN(auto work, co_await database().begin(context("fulfillment")));
    for (int i = 0; i < 2; ++i) EMP_CO_TRY(co_await store.keep_news(work, news));
    co_return co_await work.commit();
  }
  /// Units of line 1 that are still to be sent from there.
  std::int32_t units(const std::string& order, const std::string& where) {
    std::int32_t out = 0;
    for (const auto& fulfillment : of_order(order)) {
      if (fulfillment.warehouse_id == id(where) && fulfillment.status != v1::FulfillmentStatus::cancelled)
        out += fulfillment.items.at(0).qty - fulfillment.items.at(0).cancelled;
    }
    return out;
  }
};

TEST_F(EarlyNewsTest, AMoveThatIsToldBeforeTheConfirmationWaitsForIt) {
  moved("o", 4, "hanoi", "danang", 1);
  moved("o", 5, "danang", "saigon", 1);
  EXPECT_TRUE(of_order("o").empty());
  confirm(an_order("o", {"hanoi"}));
  EXPECT_EQ(units("o", "hanoi"), 1);
  EXPECT_EQ(units("o", "danang"), 0);
  EXPECT_EQ(units("o", "saigon"), 1);
  EXPECT_EQ(value("SELECT count(*) FROM early_news"), "0");
}

TEST_F(EarlyNewsTest, AMoveThatTheConfirmationKnowsIsAppliedNeitherBeforeNorAfterIt) {
  moved("o", 4, "hanoi", "danang");
  auto order = an_order("o", {"danang"});
  order.reservation_version = 5;
  confirm(order);
  moved("o", 5, "hanoi", "danang", 1);  // Told late; it is in as well.
  EXPECT_EQ(units("o", "danang"), 2);
  EXPECT_EQ(units("o", "hanoi"), 0);
  moved("o", 6, "danang", "saigon", 1);
  EXPECT_EQ(units("o", "danang"), 1);
  EXPECT_EQ(units("o", "saigon"), 1);
}

TEST_F(EarlyNewsTest, OfMovesThatCameEarlyOnlyThoseAfterTheConfirmationsVersionAreApplied) {
  moved("o", 4, "hanoi", "danang");
  moved("o", 5, "danang", "saigon");
  auto order = an_order("o", {"danang"});
  order.reservation_version = 4;
  confirm(order);
  EXPECT_EQ(units("o", "saigon"), 2);
  EXPECT_EQ(units("o", "danang"), 0);
}

TEST_F(EarlyNewsTest, UnitsThatNobodyHasAreToldOnceTheOrderIsConfirmed) {
  shorted("o", 4, "hanoi", 1);
  EXPECT_EQ(events("line.shorted"), "0");
  auto order = an_order("o", {"hanoi"});
  order.reservation_version = 4;  // The lines name what was given up, too: it is not told otherwise.
  confirm(order);
  EXPECT_EQ(events("line.shorted"), "1");
  EXPECT_EQ(units("o", "hanoi"), 1);
}

TEST_F(EarlyNewsTest, NewsOfAnOrderThatIsCancelledBeforeItIsConfirmedAreForgotten) {
  moved("o", 4, "hanoi", "danang");
  order::v1::OrderCancelled cancelled;
  cancelled.order_id = id("o");
  hear(&Triggers::on_order_cancelled, cancelled);
  moved("o", 5, "danang", "saigon");
  shorted("o", 6, "saigon", 1);
  EXPECT_EQ(value("SELECT count(*) FROM early_news"), "0");
  confirm(an_order("o", {"hanoi"}));
  EXPECT_TRUE(of_order("o").empty());
}

TEST_F(EarlyNewsTest, UnitsThatComeBackAndLeaveAgainLeaveTheParcelTheyCameBackTo) {
  confirm(an_order("o", {"hanoi"}));
  moved("o", 4, "hanoi", "danang");
  moved("o", 5, "danang", "hanoi");
  moved("o", 6, "hanoi", "saigon");
  EXPECT_EQ(units("o", "hanoi"), 0);
  EXPECT_EQ(units("o", "danang"), 0);
  EXPECT_EQ(units("o", "saigon"), 2);
}

TEST_F(EarlyNewsTest, AnEarlyMoveThatWasUndoneBeforeTheConfirmationIsNotApplied) {
  moved("o", 4, "danang", "saigon", 1);  // 5 brings it back, and is told later.
  auto order = an_order("o", {"danang"});
  order.reservation_version = 5;
  confirm(order);
  moved("o", 5, "saigon", "danang", 1);
  EXPECT_EQ(units("o", "danang"), 2);
  EXPECT_EQ(units("o", "saigon"), 0);
}

TEST_F(EarlyNewsTest, AnOrderThatIsCancelledJustNowIsNotPicked) {
  moved("o", 4, "hanoi", "danang", 1);
  testing::Rival other(superuser_dsn());
  other.run("DELETE FROM early_news");
  other.run("SELECT FROM order_book FOR UPDATE");
  other.at_last("UPDATE order_book SET is_cancelled = true, has_news = false");
  const auto heard = other.beside(runtime(), deliver_confirmed(std::vector(1, an_order("o", {"hanoi"}))));
  ASSERT_TRUE(heard) << heard.error().to_string();
  EXPECT_TRUE(of_order("o").empty());
  EXPECT_EQ(value("SELECT is_cancelled FROM order_book"), "t");
}

TEST_F(EarlyNewsTest, NewsAreKeptOnce) {
  const auto kept = run(keep_twice());
  ASSERT_TRUE(kept) << kept.error().to_string();
  EXPECT_EQ(value("SELECT count(*) FROM early_news"), "1");
  sql("DELETE FROM early_news");
}

}  // namespace
}  // namespace emporion::fulfillment
