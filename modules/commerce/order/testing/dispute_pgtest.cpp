#include "modules/commerce/order/app/dispute_news.hpp"
#include "modules/commerce/order/testing/order_fixture.hpp"

namespace emporion::order {
namespace {

struct Disputed : OrderTest {
  template <typename Event>
  void tell(Task<Result<>> (DisputeNews::*member)(postgres::UnitOfWork&, messaging::Envelope, Event), Event event) {
    ASSERT_TRUE(run(apply_news(*this, member, std::move(event))));
  }
  template <typename Event>
  static Task<Result<>> apply_news(Disputed& test, Task<Result<>> (DisputeNews::*member)(postgres::UnitOfWork&, messaging::Envelope, Event), Event event) {
    messaging::Envelope envelope;
    envelope.event_id = Uuid::v7(test.clock.now(), test.random);
    envelope.topic = std::string(Event::topic);
    envelope.source = "payment";
    EMP_CO_ASSIGN(auto work, co_await test.database().begin(test.by("order")));
    EMP_CO_TRY(co_await (test.news.*member)(work, envelope, std::move(event)));
    co_return co_await work.commit();
  }
  payment::v1::DisputeClosed an_end(Uuid order_id, bool others) {
    payment::v1::DisputeClosed event;
    event.order_id = order_id;
    event.result = "won";
    event.order_disputed = others;
    return event;
  }
  DisputeNews news{store};
};

TEST_F(Disputed, OrderIsNotCompletedBeforeItsLastDisputeEnds) {
  const auto request = a_confirmed_order();
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_delivered, a_parcel<shipping::v1::ShipmentDelivered>(request, "A")));
  payment::v1::DisputeOpened opened;
  opened.order_id = request.order_id;
  opened.reason_code = "fraudulent";
  for (int i = 0; i < 2; ++i) tell(&DisputeNews::on_opened, opened);
  EXPECT_EQ(value("SELECT dispute_open FROM order_header"), "t");
  clock.move(hours(24 * 7 + 1));
  ASSERT_TRUE(run(housekeeping.complete_delivered(by("order"))));
  EXPECT_EQ(status(request.order_id), "delivered") << "O16 waits";
  tell(&DisputeNews::on_closed, an_end(request.order_id, true));
  ASSERT_TRUE(run(housekeeping.complete_delivered(by("order"))));
  EXPECT_EQ(status(request.order_id), "delivered") << "another one is open";
  tell(&DisputeNews::on_closed, an_end(request.order_id, false));
  ASSERT_TRUE(run(housekeeping.complete_delivered(by("order"))));
  EXPECT_EQ(status(request.order_id), "completed");
  EXPECT_EQ(value("SELECT count(*) FROM order_status_history WHERE reason LIKE 'payment.dispute%'"), "4");
}

}  // namespace
}  // namespace emporion::order
