#include <gtest/gtest.h>

#include "modules/platform/gateway/testing/edge_fixture.hpp"

namespace emporion::gateway {
namespace {

const Uuid sale = Uuid::from_name("sale");

WaitingRoom a_room(UtcTime now, std::int64_t admitted) {
  WaitingRoom out{
      .id = sale, .name = "Ten bowls", .skus = {"BOWL"}, .starts_at = now - minutes(1), .ends_at = now + hours(1), .joined = 100, .admitted = admitted};
  if (admitted > 0) out.admissions.push_back({admitted, now});
  return out;
}

struct WaitingRoomsTest : RoomyEdgeTest {
  WaitingRoomsTest() {
    add(http::Method::post, "/api/v1/cart/items:batch", batch);
    add(http::Method::get, "/api/v1/cart", read);
  }
  std::string ticket(std::int64_t number, std::string subject = "visitor:v", Uuid of = sale) { return tickets.issue({of, std::move(subject), number}); }
  http::Response buy(const std::string& with_ticket, const std::string& visitor = "v", const std::string& body = R"({"sku":"BOWL","qty":1})") {
    auto request = a_request(http::Method::post, "/api/v1/cart/items", {{"cookie", "waiting_visitor=" + visitor}});
    if (!with_ticket.empty()) request.headers.push_back({"x-waiting-ticket", with_ticket});
    request.body = body;
    return send(std::move(request));
  }
  const rpc::Operation batch{.module = "checkout", .name = "add_cart_items", .guest = true};
};

TEST_F(WaitingRoomsTest, WithoutASaleNobodyWaits) { EXPECT_EQ(buy("").status, 200); }

TEST_F(WaitingRoomsTest, WhatIsOnSaleNeedsATicketWhoseTurnHasCome) {
  rooms.replace({a_room(clock.now(), 10)}, 0);
  const auto refused = buy("");
  EXPECT_EQ(refused.status, 429);
  EXPECT_TRUE(has_reason(refused, "WAITING_ROOM"));
  EXPECT_TRUE(refused.body.contains(sale.to_string()));
  EXPECT_EQ(header_of(refused, "Retry-After"), "5");
  EXPECT_EQ(buy(ticket(10)).status, 200);
  EXPECT_EQ(buy(ticket(11)).status, 429) << "not its turn";
  EXPECT_EQ(buy(ticket(10, "visitor:w")).status, 429) << "somebody else's";
  EXPECT_EQ(buy(ticket(10, "visitor:v", Uuid::from_name("another sale"))).status, 429);
  EXPECT_EQ(buy("", "v", R"({"sku":"CUP","qty":1})").status, 200) << "what is not on sale";
  // As a cookie it is as good
  auto request = a_request(http::Method::post, "/api/v1/cart/items", {{"cookie", text("waiting_visitor=v; waiting_ticket=", ticket(3))}});
  request.body = R"({"sku":"BOWL","qty":1})";
  EXPECT_EQ(send(std::move(request)).status, 200);
}

TEST_F(WaitingRoomsTest, AmongManySkusOneIsEnough) {
  rooms.replace({a_room(clock.now(), 10)}, 0);
  auto request = a_request(http::Method::post, "/api/v1/cart/items:batch");
  request.body = R"({"items":[{"sku":"CUP","qty":1},{"sku":"BOWL","qty":1}]})";
  EXPECT_EQ(send(std::move(request)).status, 429);
}

TEST_F(WaitingRoomsTest, ATicketLivesForTenMinutesFromItsAdmissionOn) {
  rooms.replace({a_room(clock.now(), 10)}, 0);
  clock.move(minutes(10) - microseconds(1));
  EXPECT_EQ(buy(ticket(10)).status, 200);
  clock.move(microseconds(1));
  EXPECT_EQ(buy(ticket(10)).status, 429);
  rooms.admitted(sale, 12);
  EXPECT_EQ(buy(ticket(12)).status, 200);
  EXPECT_EQ(buy(ticket(10)).status, 429);
}

TEST_F(WaitingRoomsTest, ASaleThatIsOverHoldsNobodyUp) {
  rooms.replace({a_room(clock.now(), 0)}, 0);
  EXPECT_EQ(buy("").status, 429);
  clock.move(hours(1));
  EXPECT_EQ(buy("").status, 200);
}

TEST_F(WaitingRoomsTest, AForgedTicketIsNone) {
  rooms.replace({a_room(clock.now(), 10)}, 0);
  const std::string good = ticket(10);
  const WaitingPlace place{sale, "visitor:v", 10};
  EXPECT_EQ(tickets.read(good), place);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string forged = good;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tickets.read(forged).has_value()) << i;
  }
  EXPECT_FALSE(tickets.read("").has_value());
  EXPECT_FALSE(tickets.read(".").has_value());
  WaitingTickets stranger;
  ASSERT_TRUE(stranger.open((home.path() / "other.key").string(), random).has_value());
  EXPECT_EQ(buy(stranger.issue(place)).status, 429);
  WaitingTickets replica;
  ASSERT_TRUE(replica.open((home.path() / "identity.key").string(), random).has_value());
  EXPECT_EQ(buy(replica.issue(place)).status, 200) << "another replica's is ours";
}

TEST(CheckoutPace, CountsTheLastMinute) {
  CheckoutPace pace;
  testing::FakeClock clock;
  for (int i = 0; i < 120; ++i) {
    pace.confirmed(clock.now());
    if (i % 2 == 0) pace.confirmed(clock.now());
    clock.move(seconds(1));
  }
  EXPECT_EQ(pace.per_minute(clock.now()), 88);  // 59 whole seconds and the one that has just begun.
  clock.move(minutes(1));
  EXPECT_EQ(pace.per_minute(clock.now()), 0);
}

}  // namespace
}  // namespace emporion::gateway
