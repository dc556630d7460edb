#include <map>

#include "kernel/fault/fault_points.hpp"
#include "modules/logistics/warehouse/testing/warehouse_test.hpp"

namespace emporion::warehouse {
namespace {

struct Contention : WarehouseTest {};

std::string reason_of(const Result<v1::Reservation>& result) { return result ? std::string("ok") : result.error().reason(); }

Task<Result<v1::Reservation>> reserve_with(WarehouseService& service, CallContext context, v1::ReserveRequest request) {
  return service.reserve(std::move(context), std::move(request));
}

TEST_F(Contention, FiftyEqualRequestsAtOnceAreOneReservation) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 1000}});
  const auto request = a_request({{"A", 2}});
  std::vector<Task<Result<v1::Reservation>>> tasks;
  for (int i = 0; i < 50; ++i) tasks.push_back(reserve_with(api(), caller(), request));
  const auto answers = run(when_all(std::move(tasks)));
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(*answer, *answers.front());
  }
  EXPECT_EQ(count("reservation"), 1);
  EXPECT_EQ(stock(ha_noi, "A"), "1000/2/0");
}

TEST_F(Contention, TwoThousandBuyersOfAHundredUnitsGetExactlyAHundred) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"HOT", 100}});
  std::vector<Task<Result<v1::Reservation>>> tasks;
  for (int i = 0; i < 2'000; ++i) tasks.push_back(reserve_with(api(), caller(), a_request({{"HOT", 1}})));
  std::map<std::string, int> reasons;
  for (const auto& answer : run(when_all(std::move(tasks)))) ++reasons[reason_of(answer)];
  EXPECT_EQ(reasons["ok"], 100);
  EXPECT_EQ(reasons["INSUFFICIENT_STOCK"] + reasons["QUEUE_FULL"], 1'900);
  EXPECT_EQ(stock(ha_noi, "HOT"), "100/100/0");
  EXPECT_EQ(count("reservation WHERE status = 'active'"), 100);
}

// ADR 0011: all plan the same warehouse, then together the next, and the last two orders are there only for who divides them.
TEST_F(Contention, BuyersAtOnceShareEveryUnitOfEveryWarehouse) {
  for (const char* code : {"HN", "DN", "HCM"}) receive(a_warehouse(code), {{"TEA", 200}});
  std::vector<Task<Result<v1::Reservation>>> tasks;
  for (int i = 0; i < 200; ++i) tasks.push_back(reserve_with(api(), caller(), a_request({{"TEA", 12}})));
  std::map<std::string, int> reasons;
  for (const auto& answer : run(when_all(std::move(tasks)))) ++reasons[reason_of(answer)];
  EXPECT_EQ(reasons["ok"], 50);
  EXPECT_EQ(reasons["INSUFFICIENT_STOCK"], 150);
}

TEST_F(Contention, ARefusedCommandTakesNothingFromTheNextInItsBatch) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 10}, {"B", 1}});
  std::vector<Task<Result<v1::Reservation>>> tasks;
  tasks.push_back(reserve_with(api(), caller(), a_request_at(ha_noi, {{"A", 8}})));
  tasks.push_back(reserve_with(api(), caller(), a_request_at(ha_noi, {{"B", 1}, {"A", 5}})));
  tasks.push_back(reserve_with(api(), caller(), a_request_at(ha_noi, {{"A", 2}, {"B", 1}})));
  const auto answers = run(when_all(std::move(tasks)));
  EXPECT_TRUE(answers[0]);
  EXPECT_EQ(reason_of(answers[1]), "INSUFFICIENT_STOCK");
  EXPECT_TRUE(answers[2]) << answers[2].error().to_string();
  EXPECT_EQ(stock(ha_noi, "A"), "10/10/0");
  EXPECT_EQ(stock(ha_noi, "B"), "1/1/0");
}

TEST_F(Contention, AFlashSaleWithAbandonedHoldsSellsExactlyWhatIsThere) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 50}});
  int sold = 0;
  for (int buyer = 0; sold < 50 && buyer < 200; ++buyer) {
    const auto held = reserve(a_request({{"A", 1}}));
    if (!held) continue;
    if (buyer % 5 == 0) {
      make_overdue(held->id);
      continue;
    }
    const auto fulfillment = new_id();
    ASSERT_TRUE(confirm(held->id, new_id()));
    ASSERT_TRUE(run(api().pick_reservation(caller(), {held->id, fulfillment, "1", v1::PickAction::pick, {{1, ha_noi, 1}}})));
    ASSERT_TRUE(run(api().fulfill_reservation(caller(), {held->id, fulfillment, {{1, ha_noi, 1}}})));
    ++sold;
  }
  ASSERT_TRUE(run(upkeep().sweep(caller())));
  EXPECT_EQ(sold, 50);
  EXPECT_EQ(stock(ha_noi, "A"), "0/0/0");
}

TEST_F(Contention, OrdersOfTheSameSkusInEitherOrderNeverDeadlock) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 150}, {"B", 150}});
  auto replica_database = another(options());
  Stores replica_stores{postgres_warehouse_store(*replica_database), postgres_stock_store(*replica_database), postgres_receipt_store(*replica_database),
                        postgres_reservation_store(*replica_database)};
  SystemClock clock;
  SystemRandom random;
  WarehouseService replica(runtime(), replica_stores, clock, random, Options{});
  std::vector<Task<Result<v1::Reservation>>> tasks;
  for (int i = 0; i < 400; ++i) {
    auto request = i % 2 == 0 ? a_request_at(ha_noi, {{"A", 1}, {"B", 1}}) : a_request_at(ha_noi, {{"B", 1}, {"A", 1}});
    tasks.push_back(reserve_with(i % 4 < 2 ? api() : replica, caller(), std::move(request)));
  }
  std::map<std::string, int> reasons;
  for (const auto& answer : run(when_all(std::move(tasks)))) ++reasons[reason_of(answer)];
  EXPECT_EQ(reasons["ok"], 150);
  EXPECT_EQ(reasons["INSUFFICIENT_STOCK"], 250);
  EXPECT_EQ(stock(ha_noi, "A"), "150/150/0");
  EXPECT_EQ(stock(ha_noi, "B"), "150/150/0");
  run(replica.close());
  run(replica_database->close());
}

/// Commits once `is_awaited`, which asks the database: COMMITTED, or why not.
Task<Result<v1::Reservation>> commit_once(Runtime& loop, postgres::UnitOfWork& work, std::function<bool()> is_awaited) {
  for (int i = 0; i < 10'000 && !is_awaited(); ++i) co_await loop.yield();
  if (!is_awaited()) co_return fail(ErrorKind::internal, "NOBODY_WAITS");
  EMP_CO_TRY(co_await work.commit());
  co_return fail(ErrorKind::conflict, "COMMITTED");
}

TEST_F(Contention, AnOrderIsJudgedByWhatWhoeverHeldItsStockBeforeItHasLeft) {
  static constexpr postgres::Statement take{"test.take", "UPDATE stock SET reserved = reserved + 9 WHERE sku = 'A'", postgres::Effect::writes};
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 10}});
  // Given another process that has taken nine of ten and not committed
  const auto other = another(options());
  auto work = run(other->begin(context()));
  ASSERT_TRUE(work && run(work->query(take)));
  // When an order for two comes, and the other commits once the order waits for it
  const auto waits = [&] { return value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") != "0"; };
  std::vector<Task<Result<v1::Reservation>>> tasks;
  tasks.push_back(reserve_with(api(), caller(), a_request_at(ha_noi, {{"A", 2}})));
  tasks.push_back(commit_once(runtime(), *work, waits));
  const auto answers = run(when_all(std::move(tasks)));
  // Then it is refused because one is left, and not by a constraint that it ran into
  EXPECT_EQ(reason_of(answers[0]), "INSUFFICIENT_STOCK");
  EXPECT_EQ(reason_of(answers[1]), "COMMITTED");
  EXPECT_EQ(stock(ha_noi, "A"), "10/9/0");
  sql("UPDATE stock SET reserved = 0");  // The other process had no order for its nine.
  run(other->close());
}

TEST_F(Contention, TwoProcessesGivenTheSameIdKeepOne) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 100}, {"B", 100}});
  auto other_database = another(options());
  const auto other = postgres_reservation_store(*other_database);
  for (int round = 0; round < 20; ++round) {
    // The same id over different rows: neither waits for the other's stock locks, so the id alone decides.
    auto mine = std::make_shared<Hold>();
    *mine = {.id = new_id(),
             .body = new_id(),
             .reference = v1::ReservationReference::manual,
             .reference_id = new_id(),
             .ttl = seconds(60),
             .lines = {{1, ha_noi, "A", 1}}};
    auto theirs = std::make_shared<Hold>(*mine);
    theirs->body = new_id();
    theirs->lines[0].sku = "B";
    std::vector<Task<Result<std::vector<Result<HoldAnswer>>>>> tasks;
    tasks.push_back(stores().reservations->reserve({mine}, {}));
    tasks.push_back(other->reserve({theirs}, {}));
    int accepted = 0;
    for (const auto& answers : run(when_all(std::move(tasks)))) {
      if (answers && answers->front()->outcome == HoldAnswer::Outcome::accepted) ++accepted;
      if (!answers) EXPECT_EQ(answers.error().reason(), "DATABASE_RETRY");
    }
    EXPECT_EQ(accepted, 1);
  }
  EXPECT_EQ(count("reservation"), 20);
  EXPECT_EQ(value("SELECT sum(reserved) FROM stock"), "20");
  run(other_database->close());
}

TEST_F(Contention, ConfirmAndSweepNeverBothWin) {
  const auto ha_noi = a_warehouse("HN");
  constexpr int rounds = 300;
  receive(ha_noi, {{"A", rounds}});
  std::vector<Uuid> ids;
  for (int i = 0; i < rounds; ++i) ids.push_back(reserve(a_request_at(ha_noi, {{"A", 1}}))->id);
  sql("UPDATE reservation SET created_at = created_at - interval '1 day', expires_at = expires_at - interval '1 day'");
  auto other_database = another(options());
  const auto sweeper = postgres_reservation_store(*other_database);
  std::vector<Task<Result<bool>>> tasks;
  const auto confirm_one = [](ReservationStore& store, Uuid id, Uuid order) -> Task<Result<bool>> {
    EMP_CO_ASSIGN(const auto answers, co_await store.confirm({Confirm{id, order, Uuid()}}));
    if (!answers[0]) EMP_ASSERT(answers[0].error().reason() == "RESERVATION_EXPIRED");
    co_return answers[0].has_value();
  };
  const auto sweep_some = [](ReservationStore& store) -> Task<Result<bool>> {
    EMP_CO_TRY(co_await store.expire(7, std::nullopt, Uuid()));
    co_return false;
  };
  for (int i = 0; i < rounds; ++i) {
    tasks.push_back(confirm_one(*stores().reservations, ids[static_cast<std::size_t>(i)], new_id()));
    if (i % 6 == 0) tasks.push_back(sweep_some(*sweeper));
  }
  int confirmed = 0;
  for (const auto& won : run(when_all(std::move(tasks)))) {
    ASSERT_TRUE(won) << won.error().to_string();
    confirmed += *won ? 1 : 0;
  }
  EXPECT_EQ(count("reservation WHERE status = 'confirmed'"), confirmed);
  EXPECT_EQ(count("reservation WHERE status IN ('confirmed', 'expired', 'active')"), rounds);
  EXPECT_EQ(count("outbox WHERE topic = 'warehouse.reservation.expired'") + count("outbox WHERE topic = 'warehouse.reservation.confirmed'") +
                count("reservation WHERE status = 'active'"),
            rounds);
  run(other_database->close());
}

TEST_F(Contention, AnUnknownCommitOutcomeIsSettledByTheReservationId) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 10}});
  for (const char* order : {"lose:warehouse.commit.after:1", "lose:warehouse.commit.before:1"}) {
    const auto request = a_request_at(ha_noi, {{"A", 1}});
    ASSERT_TRUE(fault::FaultPoints::arm(order));
    const auto held = reserve(request);
    fault::FaultPoints::disarm();
    ASSERT_TRUE(held) << held.error().to_string();
    EXPECT_EQ(held->id, request.reservation_id);
  }
  EXPECT_EQ(stock(ha_noi, "A"), "10/2/0") << "each moved the stock once";
}

TEST_F(Contention, TheSameReferenceAndAttemptHasOneReservation) {
  receive(a_warehouse("HN"), {{"A", 100}});
  const auto first = a_request({{"A", 1}});
  ASSERT_TRUE(reserve(first));
  auto second = a_request({{"A", 1}});
  second.reference_id = first.reference_id;
  EXPECT_EQ(reason_of(reserve(second)), "RESERVATION_STATE");
  second.attempt = 2;
  EXPECT_TRUE(reserve(second));
  std::vector<Task<Result<v1::Reservation>>> together;
  const auto reference = new_id();
  for (int i = 0; i < 4; ++i) {
    auto request = a_request({{"A", 1}});
    request.reference_id = reference;
    together.push_back(reserve_with(api(), caller(), request));
  }
  std::map<std::string, int> reasons;
  for (const auto& answer : run(when_all(std::move(together)))) ++reasons[reason_of(answer)];
  EXPECT_EQ(reasons["ok"], 1);
  EXPECT_EQ(reasons["RESERVATION_STATE"], 3);
}

}  // namespace
}  // namespace emporion::warehouse
