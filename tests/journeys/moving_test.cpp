#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "kernel/base/text.hpp"
#include "tests/journeys/moving_shop.hpp"

// A module moves out of the process that has everything, and back, while buyers buy (ADR 0034).
namespace emporion::journeys {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Moving : ::testing::Test {
  void open(const std::string& module, bool moves_database) {
    shop = std::make_unique<MovingShop>(module, moves_database);
    crowd = std::make_unique<Crowding>(client, shop->whole().url(), 3);
  }
  /// Does it beside the buyers, on a thread of its own, and lets them buy a little before and after.
  template <typename Work>
  void while_buying(Work work) {
    std::atomic<bool> done = false;
    std::thread beside([&] {
      std::this_thread::sleep_for(milliseconds(500));  // tidy-allow(test_sleeps): the buyers begin.
      work();
      std::this_thread::sleep_for(milliseconds(700));  // tidy-allow(test_sleeps): and go on.
      done = true;
    });
    std::vector<Task<int>> both;
    both.push_back(crowd->buy(runtime));
    both.push_back(stop_when(*this, done));
    (void)run_until_done(runtime, when_all(std::move(both)));
    beside.join();
  }
  static Task<int> stop_when(Moving& test, const std::atomic<bool>& done) {
    while (!done) co_await test.runtime.sleep_for(milliseconds(20));  // tidy-allow(test_sleeps): until the other thread is done.
    test.crowd->stop();
    co_return 0;
  }
  void move(const std::string& command) {
    const auto moved = shop->move(command);
    EXPECT_EQ(moved.code, 0) << moved.printed << moved.complained << shop->logs();
    told += moved.printed;
  }
  void expect_nobody_noticed() {
    EXPECT_THAT(crowd->failed(), IsEmpty()) << told << shop->logs();
    EXPECT_GT(crowd->orders(), 3);
    // For the reader: it is a requirement, and no test on a busy machine.
    std::printf("%d requests, %d orders, the longest step of a buyer took %lld ms\n", crowd->requests(), crowd->orders(),
                static_cast<long long>(crowd->longest().count()));
    EXPECT_LT(crowd->longest(), seconds(10));
  }
  /// Whoever calls a module that was away learns with the next call that it is back; the calls beside that one are still refused.
  void wait_until_it_sells() {
    const auto sells = [this](int number) {
      Buyer buyer(client, shop->whole().url());
      return run_until_done(runtime, buyer.prepare("TEA-JASMINE-100", 1, text("first-", number))).status == 200;
    };
    int number = 0;
    while (number < 100 && !sells(number)) {
      ++number;
      std::this_thread::sleep_for(milliseconds(200));  // tidy-allow(test_sleeps): another process looks again by itself.
    }
    EXPECT_LT(number, 100) << shop->logs();
  }
  void expect_to_sell() {
    while_buying([] {});
    EXPECT_THAT(crowd->failed(), IsEmpty()) << told << shop->logs();
    EXPECT_GT(crowd->orders(), 0);
  }
  void expect_orders_there() {
    EXPECT_GE(std::stoi(shop->value_at_home("order", "SELECT count(*) FROM order_header WHERE status <> 'pending_payment'")), crowd->orders());
  }
  void expect_clean(bool is_out) { EXPECT_EQ(shop->audit(is_out), 0) << shop->report(); }

  Runtime runtime;
  http::Client client{runtime};
  std::unique_ptr<MovingShop> shop;
  std::unique_ptr<Crowding> crowd;
  std::string told;
};

TEST_F(Moving, WarehouseGoesOutWithItsDatabaseAndComesBackWhileBuyersBuy) {
  open("warehouse", true);
  std::string stock_at_home;
  while_buying([&] {
    std::thread other([&] { shop->start_other_when_awaited(); });
    move("extract");
    other.join();
    EXPECT_EQ(shop->value_elsewhere("SELECT to_process FROM module_move WHERE state = 'done' ORDER BY epoch DESC LIMIT 1"), "moved");
    EXPECT_EQ(shop->value_at_home("warehouse", "SELECT has_table_privilege('emporion_warehouse', 'stock', 'SELECT, INSERT, UPDATE, DELETE')"), "f");
    stock_at_home = shop->value_at_home("warehouse", "SELECT count(*) FROM movement");
    const auto again = shop->move("extract");
    EXPECT_EQ(again.code, 0) << again.complained;
    EXPECT_THAT(again.printed, HasSubstr("nothing is left to move"));
    move("absorb");
  });
  expect_nobody_noticed();
  EXPECT_EQ(shop->value_at_home("warehouse", "SELECT to_process FROM module_move WHERE state = 'done' ORDER BY epoch DESC LIMIT 1"), "all");
  expect_orders_there();
  expect_clean(false);
  EXPECT_EQ(shop->other().stop(), 0);
  EXPECT_EQ(shop->whole().stop(), 0) << shop->logs();
}

// The new server has a small file system of its own.
TEST_F(Moving, WhatHasNoRoomIsRefusedBeforeAnythingBegins) {
  shop = std::make_unique<MovingShop>("warehouse", true, MovingTarget{.disk_mib = 110});
  if (!shop->has_disk_of_its_own()) GTEST_SKIP() << "only root may mount a file system; Room of emporion_app_test has the rule";
  // Meanwhile a process that came early would look whether it may serve there.
  std::atomic<bool> done = false;
  int could_serve = 0;
  std::thread early([&] {
    while (!done) could_serve += shop->could_serve_elsewhere() ? 1 : 0;
  });
  const auto refused = shop->move("extract");
  done = true;
  early.join();
  EXPECT_EQ(could_serve, 0) << "the new database was open before it was told to wait";
  EXPECT_EQ(refused.code, 1) << refused.printed;
  EXPECT_THAT(refused.complained, HasSubstr("NO_ROOM"));
  EXPECT_THAT(refused.complained, HasSubstr(" are free in "));
  EXPECT_EQ(shop->value_at_home("warehouse", "SELECT (SELECT count(*) FROM module_move) + (SELECT count(*) FROM pg_replication_slots)"), "0");
  shop->resize_target(1'000);
  std::thread other([&] { shop->start_other_when_awaited(); });
  move("extract");
  other.join();
  EXPECT_THAT(told, HasSubstr(" are free in "));
  expect_clean(true);
}

TEST_F(Moving, AServerWhoseLogCannotBeFollowedIsNotLeft) {
  shop = std::make_unique<MovingShop>("warehouse", true, MovingTarget{.wal_level_at_home = "replica"});
  crowd = std::make_unique<Crowding>(client, shop->whole().url(), 3);
  const auto refused = shop->move("extract");
  EXPECT_EQ(refused.code, 1) << refused.printed;
  EXPECT_THAT(refused.complained, HasSubstr("LOG_NOT_LOGICAL"));
  EXPECT_THAT(refused.complained, HasSubstr("set wal_level = logical there"));
  EXPECT_EQ(shop->value_at_home("warehouse", "SELECT (SELECT count(*) FROM module_move) + (SELECT count(*) FROM pg_publication)"), "0");
  expect_to_sell();
  expect_clean(false);
}

// Each server at an address of its own: the modules, the command and the servers between them speak TLS, and check whom they speak to.
TEST_F(Moving, ToAServerOnAnotherHostItGoesAndComesBackOverTls) {
  shop = std::make_unique<MovingShop>("warehouse", true, MovingTarget{.on_host = true});
  crowd = std::make_unique<Crowding>(client, shop->whole().url(), 3);
  EXPECT_FALSE(postgres::BlockingConnection::open(shop->plain_target_dsn())) << "the server takes connections without TLS";
  EXPECT_TRUE(postgres::BlockingConnection::open(shop->target_dsn()));
  while_buying([&] {
    std::thread other([&] { shop->start_other_when_awaited(); });
    move("extract");
    other.join();
    EXPECT_EQ(shop->value_elsewhere("SELECT count(*) > 0 AND bool_and(s.ssl AND a.client_addr IS NOT NULL) FROM pg_stat_activity a JOIN pg_stat_ssl s USING "
                                    "(pid) WHERE a.application_name = 'emporion warehouse'"),
              "t");
    std::this_thread::sleep_for(milliseconds(700));  // tidy-allow(test_sleeps): buyers buy from there.
    move("absorb");
  });
  expect_nobody_noticed();
  expect_orders_there();
  expect_clean(false);
}

// A move back begins by emptying the old database. If the copy to the new one still stands then, since its order was killed, that must not arrive where the
// module serves.
TEST_F(Moving, WhatIsEmptiedForAMoveBackIsNotEmptiedWhereItServes) {
  open("warehouse", true);
  std::thread other([&] { shop->start_other_when_awaited(); });
  (void)shop->move_and_kill("extract", "step stand by");
  other.join();
  const auto wait_for = [](const auto& holds) {
    for (int i = 0; i < 600 && !holds(); ++i) std::this_thread::sleep_for(milliseconds(50));  // tidy-allow(test_sleeps): other processes go on by themselves.
  };
  wait_for([&] { return shop->value_at_home("warehouse", "SELECT count(*) FROM module_seat WHERE state IN ('ready_to_leave', 'away')") != "0"; });
  // What the order does next; from here on the old place decides without it.
  (void)shop->value_at_home("warehouse", "UPDATE module_move SET state = 'switching' WHERE state = 'announced' RETURNING epoch");
  wait_for([&] { return shop->value_elsewhere("SELECT count(*) FROM module_seat WHERE process = 'moved' AND state = 'serves'") != "0"; });
  const std::string stock = shop->value_elsewhere("SELECT count(*) FROM stock");
  (void)shop->value_at_home("warehouse", "SELECT move_prepare(true)");
  std::this_thread::sleep_for(milliseconds(1'500));  // tidy-allow(test_sleeps): what would arrive arrives at once.
  EXPECT_NE(stock, "0");
  EXPECT_EQ(shop->value_elsewhere("SELECT count(*) FROM stock"), stock);
  move("absorb");
  expect_to_sell();
  expect_orders_there();
  expect_clean(false);
}

TEST_F(Moving, WhatWasLeftIsDroppedOnceNobodyRefersToItAndTheModuleStillComesBack) {
  open("warehouse", true);
  const auto left_at_home = [&] {
    return shop->value_at_home_server(
        "SELECT (SELECT count(*) FROM pg_database WHERE datname = 'emporion_warehouse') || ' ' || (SELECT count(*) FROM pg_roles "
        "WHERE rolname = 'emporion_warehouse') || ' ' || (SELECT count(*) FROM pg_replication_slots)");
  };
  const auto mark = shop->whole().home() / "postgres" / "roles" / "warehouse.moved";
  const auto early = shop->move("extract", {"--finish", "--yes"});
  EXPECT_EQ(early.code, 1) << early.printed;
  std::thread other([&] { shop->start_other_when_awaited(); });
  move("extract");
  other.join();
  // The process with the placement of before still looks at the old database.
  const auto in_use = shop->move("extract", {"--finish", "--yes"});
  EXPECT_EQ(in_use.code, 1) << in_use.printed;
  EXPECT_THAT(in_use.complained, HasSubstr("OLD_PLACE_IN_USE"));
  EXPECT_THAT(in_use.complained, HasSubstr("emporion warehouse"));
  EXPECT_EQ(shop->whole().stop(), 0) << shop->logs();
  shop->start_rest();
  // Nobody serves at the new place just now: the old one is not dropped.
  EXPECT_EQ(shop->other().stop(), 0);
  EXPECT_THAT(shop->move("extract", {"--finish", "--yes"}).complained, HasSubstr("NEW_PLACE_SILENT"));
  shop->start_other();
  (void)shop->other().wait_until_ready();
  const auto looked = shop->move("extract", {"--finish"});
  EXPECT_EQ(looked.code, 0) << looked.complained;
  EXPECT_THAT(looked.printed, HasSubstr("give --yes, too"));
  EXPECT_EQ(left_at_home(), "1 1 0") << "it was only looked at";
  for (const auto& each : shop->move_twice_at_once("extract", {"--finish", "--yes"})) EXPECT_EQ(each.code, 0) << each.complained;
  EXPECT_EQ(left_at_home(), "0 0 0");
  EXPECT_FALSE(std::filesystem::exists(mark.parent_path() / "warehouse.password"));
  const auto again = shop->move("extract", {"--finish", "--yes"});
  EXPECT_EQ(again.code, 0) << again.complained;
  EXPECT_THAT(again.printed, HasSubstr("the old database is gone"));
  // Who has the placement of before finds no empty database to serve from.
  EXPECT_NE(shop->audit(false), 0);
  EXPECT_THAT(shop->report(), HasSubstr("MODULE_MOVED"));
  EXPECT_EQ(left_at_home(), "0 0 0");
  wait_until_it_sells();
  expect_to_sell();
  expect_clean(true);
  // It comes back into a database that is made again, and then the other one goes.
  EXPECT_EQ(shop->rest().stop(), 0);
  std::thread whole([&] {
    for (int i = 0; i < 600 && std::filesystem::exists(mark); ++i)
      std::this_thread::sleep_for(milliseconds(100));  // tidy-allow(test_sleeps): another process says when it may be started.
    shop->whole().start();
  });
  move("absorb");
  whole.join();
  EXPECT_THAT(shop->move("absorb", {"--finish", "--yes"}).complained, HasSubstr("OLD_PLACE_IN_USE"));
  EXPECT_EQ(shop->other().stop(), 0);
  const auto finished = shop->move("absorb", {"--finish", "--yes"});
  EXPECT_EQ(finished.code, 0) << finished.printed << finished.complained;
  EXPECT_EQ(shop->value_at_target("SELECT (SELECT count(*) FROM pg_database WHERE datname = 'emporion_warehouse') || ' ' || (SELECT count(*) FROM pg_roles "
                                  "WHERE rolname = 'emporion_warehouse')"),
            "0 0");
  crowd = std::make_unique<Crowding>(client, shop->whole().url(), 3);
  expect_to_sell();
  expect_orders_there();
  expect_clean(false);
}

// What takes minutes; `make move` runs it.
struct EveryMove : Moving {
  void SetUp() override {
    if (std::getenv("EMP_EVERY_MOVE") == nullptr) GTEST_SKIP() << "make move runs it";
  }
  void start_other() {
    shop->start_other();
    (void)shop->other().wait_until_ready();
  }
  /// After which both processes run.
  void move_first_out_and_back() {
    std::thread other([&] { shop->start_other_when_awaited(); });
    move("extract");
    other.join();
    move("absorb");
  }
  void while_buying_again() {
    const int before = crowd->orders();
    crowd = std::make_unique<Crowding>(client, shop->whole().url(), 3);
    while_buying([] {});
    EXPECT_GT(crowd->orders(), 0) << "before: " << before;
    EXPECT_THAT(crowd->failed(), IsEmpty()) << told << shop->logs();
  }
};

struct EveryModule : EveryMove, ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(, EveryModule,
                         ::testing::Values("auth", "catalog", "checkout", "fulfillment", "location", "order", "payment", "pricing", "promotion", "shipping",
                                           "user"),
                         [](const auto& of) { return std::string(of.param); });

TEST_P(EveryModule, GoesOutWithItsDatabaseAndComesBack) {
  open(GetParam(), true);
  while_buying([&] {
    std::thread other([&] { shop->start_other_when_awaited(); });
    move("extract");
    other.join();
    std::this_thread::sleep_for(milliseconds(1'000));  // tidy-allow(test_sleeps): buyers buy from there.
    EXPECT_EQ(shop->audit(true), 0) << shop->report();
    move("absorb");
  });
  expect_nobody_noticed();
  expect_orders_there();
  expect_clean(false);
}

const char* const steps[] = {"step prepare", "step announce", "step copy", "copied", "step stand by", "step switch", "step done"};

TEST_F(EveryMove, ThatIsKilledAtAStepGoesOnWhenItIsOrderedAgain) {
  open("warehouse", true);
  while_buying([&] {
    for (const char* const step : steps) {
      for (const char* const command : {"extract", "absorb"}) {
        std::thread other([&] { shop->start_other_when_awaited(); });
        const auto until = shop->move_and_kill(command, step);
        EXPECT_THAT(until, HasSubstr(step));
        move(command);
        other.join();
        std::printf("%s was killed at %s and went on\n", command, step);
      }
    }
  });
  expect_nobody_noticed();
  expect_orders_there();
  expect_clean(false);
}

TEST_F(EveryMove, ThatIsKilledAtAStepIsGivenUpOrDecided) {
  open("warehouse", true);
  while_buying([&] {
    move_first_out_and_back();
    for (const char* const step : steps) {
      (void)shop->move_and_kill("extract", step);
      const auto given_up = shop->move("extract", {"--abort"});
      const bool decided = given_up.complained.contains("MOVE_DECIDED");
      const bool nothing_begun = given_up.complained.contains("NO_MOVE");
      EXPECT_TRUE(given_up.code == 0 || decided || nothing_begun) << step << ": " << given_up.printed << given_up.complained;
      std::printf("killed at %s: %s\n", step, given_up.code == 0 ? "given up" : decided ? "was decided" : "had not begun");
      std::this_thread::sleep_for(milliseconds(1'000));  // tidy-allow(test_sleeps): buyers buy there, wherever it is.
      if (decided) move("absorb");
    }
  });
  expect_nobody_noticed();
  expect_orders_there();
  expect_clean(false);
}

TEST_F(EveryMove, SurvivesTheDeathOfTheNewPlaceAtTheSwitch) {
  open("warehouse", true);
  while_buying([&] { move_first_out_and_back(); });
  expect_nobody_noticed();
  (void)shop->move_and_kill("extract", "step switch");
  shop->other().kill();
  start_other();
  move("extract");
  while_buying_again();
  expect_clean(true);
}

TEST_F(EveryMove, SurvivesTheDeathOfTheOldPlaceAtTheSwitch) {
  open("warehouse", true);
  while_buying([&] { move_first_out_and_back(); });
  expect_nobody_noticed();
  (void)shop->move_and_kill("extract", "step switch");
  shop->whole().kill();
  move("extract");
  // It comes back with the placement of before, and finds where the module is.
  shop->whole().start();
  while_buying_again();
  expect_clean(true);
}

}  // namespace
}  // namespace emporion::journeys
