#include <gmock/gmock.h>

#include <set>

#include "kernel/base/text.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "kernel/testing/rival.hpp"
#include "kernel/testing/temporary_folder.hpp"
#include "modules/platform/gateway/adapters/rpc/waiting_room_service.hpp"
#include "modules/platform/gateway/testing/fake_warehouse.hpp"

namespace emporion::gateway {

std::span<const postgres::Migration> migrations();

namespace {

using v1::TicketState;
using v1::WaitingTicket;

struct WaitingRoomsPgTest : testing::PostgresTest {
  WaitingRoomsPgTest() : PostgresTest("gateway", migrations()) {
    EXPECT_TRUE(tickets.open((home.path() / "identity.key").string(), random).has_value());
    calls.bind<warehouse::v1::WarehouseApi>(stock);
    stock->left["BOWL"] = 10;
  }
  ~WaitingRoomsPgTest() override {
    run([](WaitingStore& which) -> Task<bool> {
      co_await which.close();
      co_return true;
    }(store));
  }
  CallContext as(Principal who) {
    CallContext out = context();
    out.principal = std::move(who);
    return out;
  }
  CallContext staff() { return as({.realm = Realm::staff, .id = Uuid::from_name("olga"), .session = {}, .service = {}, .permissions = {"gateway.*"}}); }
  CallContext customer(const std::string& name) {
    return as({.realm = Realm::customer, .id = Uuid::from_name(name), .session = {}, .service = {}, .permissions = {}});
  }
  v1::PutSaleRequest a_sale() {
    return {.id = sale, .name = "Ten bowls", .skus = {"BOWL"}, .from = clock.now() - seconds(1), .until = clock.now() + hours(1), .admitted_per_s_min = 5};
  }
  void flag() {
    const auto put = run(service.put_sale(staff(), a_sale()));
    ASSERT_TRUE(put.has_value()) << put.error().to_string();
  }
  WaitingTicket join(const std::string& name) {
    auto out = run(service.join_waiting_room(customer(name), {.sale_id = sale, .visitor = {}}));
    EXPECT_TRUE(out.has_value()) << (out ? "" : out.error().to_string());
    return out ? *out : WaitingTicket{};
  }
  Result<WaitingTicket> look(const std::string& name, const std::string& ticket) {
    return run(service.get_waiting_ticket(customer(name), {.sale_id = sale, .ticket = ticket, .ticket_cookie = {}, .visitor = {}}));
  }
  std::int64_t admit(std::int64_t most = 1'000) { return *run(store.admit(sale, most, stock->left["BOWL"])); }

  const Uuid sale = Uuid::from_name("sale");
  const testing::TemporaryFolder home{"waiting"};
  SystemClock clock;
  SystemRandom random;
  Calls calls;
  std::shared_ptr<FakeWarehouse> stock = std::make_shared<FakeWarehouse>();
  WaitingTickets tickets;
  WaitingRooms rooms{tickets, clock};
  WaitingStore store{runtime(), database(), clock, random};
  WaitingRoomService service{calls, rooms, store, tickets, clock, random};
};

TEST_F(WaitingRoomsPgTest, ASubjectHasOnePlaceHoweverOftenItJoins) {
  flag();
  std::vector<Task<Result<WaitingTicket>>> at_once;
  for (int i = 0; i < 20; ++i) at_once.push_back(service.join_waiting_room(customer("linh"), {.sale_id = sale, .visitor = {}}));
  for (int i = 0; i < 20; ++i) at_once.push_back(service.join_waiting_room(customer("minh"), {.sale_id = sale, .visitor = {}}));
  std::set<std::string> given;
  for (const auto& one : run(when_all(std::move(at_once)))) {
    ASSERT_TRUE(one.has_value()) << one.error().to_string();
    given.insert(one->ticket);
  }
  EXPECT_EQ(given.size(), 2u);
  EXPECT_EQ(value("SELECT string_agg(number::text, ',' ORDER BY number) FROM waiting_ticket"), "1,2");
  EXPECT_EQ(value("SELECT joined FROM flagged_sale"), "2");
  EXPECT_EQ(*tickets.read(join("linh").ticket), (WaitingPlace{sale, text("customer:", Uuid::from_name("linh")), 1}));
}

TEST_F(WaitingRoomsPgTest, ManyWhoJoinAtOnceStandInOneLine) {
  flag();
  std::vector<Task<Result<WaitingTicket>>> at_once;
  for (int i = 0; i < 500; ++i) at_once.push_back(service.join_waiting_room(customer(text("buyer ", i)), {.sale_id = sale, .visitor = {}}));
  for (const auto& one : run(when_all(std::move(at_once)))) ASSERT_TRUE(one.has_value());
  EXPECT_EQ(value("SELECT count(*) || ' ' || min(number) || ' ' || max(number) FROM waiting_ticket"), "500 1 500");
}

TEST_F(WaitingRoomsPgTest, ThreeAreInsideForEachUnitThatIsLeft) {
  flag();
  for (int i = 0; i < 50; ++i) (void)join(text("buyer ", i));
  EXPECT_EQ(admit(7), 7) << "no faster than people buy";
  EXPECT_EQ(admit(), 30) << "three times ten";
  stock->left["BOWL"] = 4;
  EXPECT_EQ(admit(), 30);
  // When the first have had their ten minutes, as many come in as three times what is left leaves room for
  (void)sql("UPDATE waiting_admission SET at = at - interval '10 minutes' WHERE up_to = 7");
  EXPECT_EQ(admit(), 30) << "23 are inside, and 12 may be";
  (void)sql("UPDATE waiting_admission SET at = at - interval '10 minutes' WHERE up_to = 30");
  EXPECT_EQ(admit(), 42);
  stock->left["BOWL"] = 0;
  (void)sql("UPDATE waiting_admission SET at = at - interval '10 minutes'");
  EXPECT_EQ(admit(), 42) << "nothing is left";
  stock->left["BOWL"] = 100;
  EXPECT_EQ(admit(), 50) << "and no further than people wait";
}

TEST_F(WaitingRoomsPgTest, WhoWaitsIsToldHowLongAndWhoIsInUntilWhen) {
  flag();
  for (int i = 0; i < 12; ++i) (void)join(text("buyer ", i));
  const auto last = join("linh");
  EXPECT_EQ(last.state, TicketState::waiting);
  EXPECT_EQ(last.position, 13);
  EXPECT_EQ(last.estimated_wait_s, 3) << "at five a second";
  EXPECT_EQ(last.poll_after_s, 2);
  ASSERT_TRUE(run(service.reload()).has_value());
  ASSERT_TRUE(run(service.admit(context("gateway"))).has_value());
  EXPECT_EQ(look("linh", last.ticket)->position, 8) << "five came in in the first second";
  const auto first = join("buyer 0");
  EXPECT_EQ(first.state, TicketState::admitted);
  EXPECT_EQ(first.position, 0);
  EXPECT_GT(*first.admitted_until, clock.now() + minutes(9));
  (void)sql("UPDATE waiting_admission SET at = at - interval '10 minutes'");
  ASSERT_TRUE(run(service.reload()).has_value());
  EXPECT_EQ(look("buyer 0", first.ticket)->state, TicketState::expired);
}

TEST_F(WaitingRoomsPgTest, TheLineMovesAsFastAsPeopleBuy) {
  flag();
  for (int i = 0; i < 100; ++i) (void)join(text("buyer ", i));
  stock->left["BOWL"] = 1'000;
  for (int i = 0; i < 900; ++i) rooms.pace.confirmed(clock.now());  // Fifteen a second over the last minute, here …
  (void)sql("INSERT INTO checkout_pace VALUES (gen_random_uuid(), 300, now()), (gen_random_uuid(), 60000, now() - interval '1 minute')");  // … five elsewhere.
  ASSERT_TRUE(run(service.reload()).has_value());
  ASSERT_TRUE(run(service.admit(context("gateway"))).has_value());
  EXPECT_EQ(value("SELECT admitted FROM flagged_sale"), "20");
}

TEST_F(WaitingRoomsPgTest, ATicketIsGoodForWhomItWasGivenTo) {
  flag();
  const auto mine = join("linh");
  EXPECT_TRUE(look("linh", mine.ticket).has_value());
  EXPECT_EQ(look("minh", mine.ticket).error().reason(), "TICKET_INVALID");
  EXPECT_EQ(look("linh", "nonsense").error().reason(), "TICKET_INVALID");
  // A guest is known by a cookie, also once signed in.
  const auto guest = run(service.join_waiting_room(as(Principal::guest()), {.sale_id = sale, .visitor = {}}));
  ASSERT_TRUE(guest.has_value());
  ASSERT_TRUE(guest->visitor_cookie.has_value());
  const auto again = run(service.join_waiting_room(as(Principal::guest()), {.sale_id = sale, .visitor = guest->visitor_cookie}));
  EXPECT_EQ(again->ticket, guest->ticket);
  EXPECT_FALSE(again->visitor_cookie.has_value());
  EXPECT_TRUE(
      run(service.get_waiting_ticket(customer("minh"), {.sale_id = sale, .ticket = {}, .ticket_cookie = guest->ticket, .visitor = guest->visitor_cookie}))
          .has_value());
}

TEST_F(WaitingRoomsPgTest, OneSalePutTwiceAtOnceIsOneAndTwoThatOverlapAreRefused) {
  std::vector<Task<Result<v1::Sale>>> twice;
  const auto put = a_sale();
  for (int i = 0; i < 2; ++i) twice.push_back(service.put_sale(staff(), put));
  for (const auto& one : run(when_all(std::move(twice)))) EXPECT_TRUE(one.has_value());
  EXPECT_EQ(value("SELECT count(*) || ' ' || max(version) FROM flagged_sale"), "1 1");
  EXPECT_EQ(value("SELECT count(*) FROM gateway_change WHERE action = 'sale.put'"), "1");
  auto overlapping = put;
  overlapping.id = Uuid::from_name("another");
  overlapping.skus = {"CUP", "BOWL"};
  const auto refused = run(service.put_sale(staff(), overlapping));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason(), "SALE_OVERLAPS");
  EXPECT_EQ(refused.error().metadata_json("sku"), "\"BOWL\"");
  overlapping.from = put.until;
  overlapping.until = put.until + hours(1);
  EXPECT_TRUE(run(service.put_sale(staff(), overlapping)).has_value()) << "one after the other";
  auto wrong = put;
  wrong.until = wrong.from;
  EXPECT_EQ(run(service.put_sale(staff(), wrong)).error().reason(), "SALE_INVALID");
  wrong = put;
  wrong.skus = {"BOWL", "BOWL"};
  EXPECT_EQ(run(service.put_sale(staff(), wrong)).error().reason(), "SALE_INVALID");
}

TEST_F(WaitingRoomsPgTest, ASaleThatStaffEndHoldsNobodyAndTakesNobody) {
  flag();
  (void)join("linh");
  std::vector<Task<Result<v1::Sale>>> twice;
  for (int i = 0; i < 2; ++i) twice.push_back(service.end_sale(staff(), {.id = sale}));
  for (const auto& one : run(when_all(std::move(twice)))) EXPECT_TRUE(one.has_value());
  EXPECT_EQ(value("SELECT count(*) FROM gateway_change WHERE action = 'sale.end'"), "1");
  EXPECT_TRUE(rooms.is_empty());
  EXPECT_EQ(run(service.join_waiting_room(customer("minh"), {.sale_id = sale, .visitor = {}})).error().reason(), "SALE_NOT_FOUND");
  EXPECT_EQ(run(service.end_sale(staff(), {.id = Uuid::from_name("none")})).error().reason(), "SALE_NOT_FOUND");
  EXPECT_EQ(value("SELECT count(*) FROM waiting_ticket"), "1");
}

TEST_F(WaitingRoomsPgTest, ASaleToComeHoldsNobodyYetAndTakesNobody) {
  auto later = a_sale();
  later.from = clock.now() + hours(1);
  later.until = clock.now() + hours(2);
  ASSERT_TRUE(run(service.put_sale(staff(), later)).has_value());
  const std::vector<std::string> skus{"BOWL"};
  EXPECT_TRUE(rooms.check(skus, {}, "").has_value());
  EXPECT_EQ(run(service.join_waiting_room(customer("minh"), {.sale_id = sale, .visitor = {}})).error().reason(), "SALE_NOT_FOUND");
  EXPECT_TRUE(run(service.list_waiting_rooms(context(), {}))->waiting_rooms.empty());
  EXPECT_EQ(run(service.list_sales(staff(), {}))->sales.size(), 1u);
}

// --- Several replicas at once ---

TEST_F(WaitingRoomsPgTest, WhoJoinsJustBeforeStandsBefore) {
  flag();
  testing::Rival other(superuser_dsn());
  other.run(text("SELECT * FROM waiting_join(ARRAY['", sale, "'::uuid], ARRAY['somebody'])"));
  const auto joined = other.beside(runtime(), service.join_waiting_room(customer("linh"), {.sale_id = sale, .visitor = {}}));
  ASSERT_TRUE(joined.has_value()) << joined.error().to_string();
  EXPECT_EQ(tickets.read(joined->ticket)->number, 2);
  EXPECT_EQ(value("SELECT joined FROM flagged_sale"), "2");
}

TEST_F(WaitingRoomsPgTest, ASubjectHasOneTicketAndANumberOneSubject) {
  flag();
  (void)join("linh");
  const auto refusal = [this](const std::string& subject, const std::string& number) {
    auto connection = postgres::BlockingConnection::open(superuser_dsn());
    const auto done =
        connection->run("INSERT INTO waiting_ticket (sale_id, subject, number) SELECT sale_id, " + subject + ", " + number + " FROM waiting_ticket");
    return done ? "accepted" : done.error().to_string();
  };
  EXPECT_THAT(refusal("subject", "number + 1"), ::testing::HasSubstr("waiting_ticket_pkey"));
  EXPECT_THAT(refusal("'somebody'", "number"), ::testing::HasSubstr("waiting_ticket_sale_id_number_key"));
}

TEST_F(WaitingRoomsPgTest, WhomAnotherReplicaLetsInJustNowIsInside) {
  flag();
  stock->left["BOWL"] = 1;
  for (int i = 0; i < 10; ++i) (void)join(text("buyer ", i));
  testing::Rival other(superuser_dsn());
  other.run(text("SELECT waiting_admit('", sale, "', 1000, 1)"));
  EXPECT_EQ(*other.beside(runtime(), store.admit(sale, 1'000, 1)), 3) << "three are inside for one unit, whoever let them in";
  EXPECT_EQ(value("SELECT admitted FROM flagged_sale"), "3");
}

TEST_F(WaitingRoomsPgTest, ASaleThatIsPutJustNowIsSeenByOneThatOverlaps) {
  testing::Rival other(superuser_dsn());
  other.run(
      "INSERT INTO flagged_sale (id, name, skus, starts_at, ends_at, admitted_per_s_min) VALUES (gen_random_uuid(), 'theirs', '{BOWL}', now(), "
      "now() + interval '1 hour', 5)");
  const auto refused = other.beside(runtime(), service.put_sale(staff(), a_sale()));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason(), "SALE_OVERLAPS");
}

TEST_F(WaitingRoomsPgTest, ASaleThatAnotherOneEndsJustNowIsEndedOnce) {
  flag();
  testing::Rival other(superuser_dsn());
  other.run("UPDATE flagged_sale SET ends_at = now(), version = version + 1");
  EXPECT_TRUE(other.beside(runtime(), service.end_sale(staff(), {.id = sale})).has_value());
  EXPECT_EQ(value("SELECT count(*) FROM gateway_change WHERE action = 'sale.end'"), "0") << "the other one tells of it";
  EXPECT_EQ(value("SELECT version FROM flagged_sale"), "2");
}

}  // namespace
}  // namespace emporion::gateway
