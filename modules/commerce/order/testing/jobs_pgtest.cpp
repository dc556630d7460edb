#include <algorithm>

#include "kernel/testing/eventually.hpp"
#include "modules/commerce/order/testing/order_fixture.hpp"

namespace emporion::order {
namespace {

struct Jobs : OrderTest {
  void cancel(const v1::CreateOrderRequest& request) {
    v1::CancelOrderRequest ask;
    ask.id = request.order_id;
    ask.reason = "because";
    const auto cancelled = run(service.cancel_order(as(Realm::staff, Uuid::from_name("support")), ask));
    ASSERT_TRUE(cancelled) << cancelled.error().to_string();
  }
  /// 100,000 cancelled orders that were all proven, beside those that are there.
  void a_hundred_thousand_proven() {
    sql("ALTER TABLE order_header DISABLE TRIGGER USER");
    sql("INSERT INTO order_header SELECT r.* FROM (SELECT * FROM order_header WHERE status = 'cancelled' LIMIT 1) h, generate_series(1, 100000) n, "
        "LATERAL jsonb_populate_record(NULL::order_header, to_jsonb(h) || jsonb_build_object('id', gen_random_uuid(), 'saga_id', gen_random_uuid(), "
        "'session_id', gen_random_uuid(), "
        "'order_number', 'N' || n, 'cancelled_at', now() - interval '3 hours' - n * interval '1 second', 'undone_at', now())) r");
    sql("ALTER TABLE order_header ENABLE TRIGGER USER");
    sql("ANALYZE order_header");
  }
};

TEST_F(Jobs, acceptance_commerce_2_7_13_OfAHundredThousandCancelledOrdersTheCheckerReadsTheUnfinishedOnly) {
  // Given 100,000 cancelled orders that have everything back, and seven of which something is missing
  std::vector<v1::CreateOrderRequest> unfinished;
  for (int i = 0; i < 7; ++i) {
    unfinished.push_back(a_confirmed_order());
    cancel(unfinished.back());
  }
  a_hundred_thousand_proven();
  clock.move(hours(2));
  // When the checker runs, on connections of its own. A session tells its counters at the latest when it ends, so the ones of before end first.
  neighbours.missing = {"payment"};
  const auto sessions = [&] {
    return value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()");
  };
  const auto end = [&](postgres::Database& used) {
    run(used.close());
    EXPECT_TRUE(testing::eventually(runtime(), [&] { return sessions() == "0"; }, [&] { return sessions() + " sessions open"; }));
  };
  const auto counted = [&] {
    value("SELECT pg_stat_force_next_flush()");
    return std::stoll(
        value("SELECT (SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'order_header') + "
              "(SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'order_header')"));
  };
  end(database());
  const auto rows_a_check_reads = [&] {
    const auto before = counted();
    const auto aside = another(options());
    PostgresOrderStore own_store(*aside, clock);
    Housekeeping own(own_store, neighbours, clock);
    neighbours.checked.clear();
    EXPECT_TRUE(run(own.check_cancellations(by("order"))));
    end(*aside);
    return counted() - before;
  };
  const auto first = rows_a_check_reads();
  // Then it has asked about the seven and read no other row
  EXPECT_EQ(neighbours.checked.size(), 7u);
  EXPECT_GT(first, 0) << "the counters count";
  EXPECT_LT(first, 100);
  // And when all is given back, they are proven
  neighbours.missing.clear();
  EXPECT_LT(rows_a_check_reads(), 100);
  EXPECT_EQ(neighbours.checked.size(), 7u);
  EXPECT_EQ(value("SELECT count(*) FROM order_header WHERE undone_at IS NULL"), "0");
  // And the next run reads nothing. What was proven leaves the index by a later vacuum; until then its seven dead entries are passed by.
  const auto last = rows_a_check_reads();
  EXPECT_EQ(neighbours.checked.size(), 0u);
  EXPECT_LE(last, 7);
}

TEST_F(Jobs, ACancellationIsNamedUntilAllIsGivenBackAndNotInItsFirstHour) {
  const auto request = a_confirmed_order();
  cancel(request);
  neighbours.missing = {"stock", "coupons"};
  ASSERT_TRUE(run(housekeeping.check_cancellations(by("order"))));
  EXPECT_EQ(neighbours.checked.size(), 0u);
  clock.move(minutes(61));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(housekeeping.check_cancellations(by("order"))));
  EXPECT_EQ(neighbours.checked.size(), 2u);
  EXPECT_EQ(value("SELECT undone_at::text FROM order_header"), "null");
  neighbours.missing.clear();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(housekeeping.check_cancellations(by("order"))));
  EXPECT_EQ(neighbours.checked.size(), 3u) << "what is proven is not asked again";
}

TEST_F(Jobs, GoThroughMoreOrdersThanAPageHolds) {
  Housekeeping small(store, neighbours, clock, {.page_rows = 2});
  std::vector<v1::CreateOrderRequest> delivered;
  for (int i = 0; i < 5; ++i) {
    delivered.push_back(a_confirmed_order());
    ASSERT_TRUE(hear(&EventHandlers::on_shipment_delivered, a_parcel<shipping::v1::ShipmentDelivered>(delivered.back(), "A")));
  }
  std::vector<v1::CreateOrderRequest> pending;
  for (int i = 0; i < 5; ++i) {
    pending.push_back(an_order(1, v1::PaymentMethod::card));
    ASSERT_TRUE(create(pending.back()));
  }
  std::vector<v1::CreateOrderRequest> waiting;
  for (int i = 0; i < 5; ++i) waiting.push_back(a_confirmed_order());
  // One that cannot be ended does not stand in the way of the others: here, all while the sagas run.
  neighbours.saga_ended = false;
  clock.move(hours(24 * 7 + 1));
  ASSERT_TRUE(run(small.end_overdue(by("order"))));
  EXPECT_EQ(value("SELECT count(*) FROM order_header WHERE status = 'pending_payment'"), "5");
  neighbours.saga_ended = true;
  ASSERT_TRUE(run(small.end_overdue(by("order"))));
  ASSERT_TRUE(run(small.complete_delivered(by("order"))));
  ASSERT_TRUE(run(small.flag_late(by("order"))));
  EXPECT_EQ(value("SELECT string_agg(status || ' ' || n, ', ' ORDER BY status) FROM (SELECT status, count(*) AS n FROM order_header GROUP BY status) s"),
            "cancelled 5, completed 5, confirmed 5");
  v1::ListOrdersRequest late;
  late.late_dispatch = true;
  EXPECT_EQ(run(service.list_orders(as(Realm::staff, Uuid::from_name("ops")), late))->orders.size(), 5u);
  clock.move(hours(2));
  ASSERT_TRUE(run(small.check_cancellations(by("order"))));
  EXPECT_EQ(neighbours.checked.size(), 5u);
}

struct Tracking : OrderTest {
  Result<v1::TrackedOrder> track(std::string number, std::string email, std::string address) {
    v1::TrackGuestOrderRequest ask;
    ask.email = std::move(email);
    ask.order_number = std::move(number);
    ask.client_address = std::move(address);
    return run(service.track_guest_order(by("guest"), ask));
  }
};

TEST_F(Tracking, acceptance_commerce_2_7_12_FiveWrongTriesAreEqualAndTheSixthWaits) {
  // Given a guest's order and a customer's
  const auto created = create(an_order());
  auto owned = an_order();
  owned.customer_id = Uuid::from_name("owner");
  const auto customers = create(owned);
  const std::string number = created->order.order_number;
  // When an address tries: no such number, no number at all, another's e-mail, a customer's order, an empty-looking one
  const std::vector<std::pair<std::string, std::string>> wrong{{"EM-260101-0000000", "buyer@example.test"},
                                                               {"nonsense", "buyer@example.test"},
                                                               {number, "other@example.test"},
                                                               {customers->order.order_number, "buyer@example.test"},
                                                               {"   ", "buyer@example.test"}};
  std::string first;
  for (const auto& [tried, email] : wrong) {
    const auto answer = track(tried, email, "203.0.113.2");
    ASSERT_FALSE(answer) << tried;
    EXPECT_EQ(answer.error().kind(), ErrorKind::not_found);
    // Then all five are one 404, to the letter
    if (first.empty()) first = http::problem(answer.error(), Uuid(), "/api/v1/orders/track").body;
    EXPECT_EQ(http::problem(answer.error(), Uuid(), "/api/v1/orders/track").body, first) << tried;
  }
  // And the sixth is 429, even if it were right, with the time to wait
  const auto sixth = track(number, "buyer@example.test", "203.0.113.2");
  ASSERT_FALSE(sixth);
  const auto response = http::problem(sixth.error(), Uuid(), "");
  EXPECT_EQ(response.status, 429);
  const auto wait = std::ranges::find(response.headers, "Retry-After", &http::Header::name);
  ASSERT_NE(wait, response.headers.end());
  EXPECT_GT(std::stoi(wait->value), 15 * 60 - 30);
  EXPECT_LE(std::stoi(wait->value), 15 * 60);
  // Another address is not its neighbour's business, and a quarter of an hour later the first is let in again
  EXPECT_TRUE(track(number, "Buyer@Example.test", "203.0.113.1"));
  clock.move(minutes(15) + seconds(1));
  EXPECT_TRUE(track(number, "buyer@example.test", "203.0.113.2")) << "tries that were refused do not count";
}

TEST_F(Tracking, ManyTriesAtOnceAreNotMoreThanFive) {
  const auto created = create(an_order());
  std::vector<Task<Result<v1::TrackedOrder>>> tasks;
  for (int i = 0; i < 40; ++i) {
    v1::TrackGuestOrderRequest ask;
    ask.email = "wrong@example.test";
    ask.order_number = created->order.order_number;
    ask.client_address = "203.0.113.9";
    tasks.push_back(service.track_guest_order(by("guest"), ask));
  }
  int let_in = 0;
  for (const auto& answer : run(when_all(std::move(tasks)))) let_in += answer.error().reason() == "ORDER_NOT_FOUND" ? 1 : 0;
  EXPECT_EQ(let_in, 5);
}

TEST_F(Tracking, ShowsNoAddressNoPhoneNoName) {
  const auto created = create(an_order());
  const auto answer = track(created->order.order_number, "buyer@example.test", "203.0.113.1");
  ASSERT_TRUE(answer);
  for (const char* secret : {"Tràng", "Hoa", "buyer@", "Áo dài"}) EXPECT_EQ(to_json(*answer).find(secret), std::string::npos) << secret;
}

}  // namespace
}  // namespace emporion::order
