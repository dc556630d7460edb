#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "kernel/base/text.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/cluster.hpp"
#include "kernel/postgres/dsn.hpp"
#include "kernel/testing/temporary_folder.hpp"
#include "tests/journeys/served_process.hpp"

// Databases on a server that Emporion does not own: made by `emporion databases create`, refused by the start if the server may lose them.
namespace emporion::journeys {
namespace {

namespace fs = std::filesystem;
using postgres::BlockingConnection;
using ::testing::HasSubstr;

struct ForeignServer : ::testing::Test {
  void start_server() {
    fs::permissions(folder, fs::perms(0755));
    auto started = postgres::PrivateCluster::start(folder / "server", {}, postgres::Durability::none_for_tests);
    ASSERT_TRUE(started) << started.error().to_string();
    cluster.emplace(std::move(*started));
  }
  ~ForeignServer() override {
    if (cluster) (void)cluster->stop();
  }
  std::string administrator() const { return cluster->superuser_dsn("postgres"); }
  std::string socket() const { return postgres::hosts_of_dsn(administrator()).value().front().host; }
  std::string placement(const std::string& more = {}) const {
    const auto path = folder / "shop.yaml";
    std::ofstream(path) << "home: " << (folder / "home").string() << "\nhttp: {port: 0}\npostgres: host=" << socket()
                        << " passfile=" << (folder / "pgpass").string() << "\n"
                        << more;
    return path.string();
  }
  Ended run(std::vector<std::string> words) const { return run_emporion(std::move(words), folder, {}, 120); }
  Ended create(const std::string& file, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"databases", "create", "--placement", file, "--admin", administrator()});
    return run(std::move(more));
  }
  std::string ask(const std::string& sql) const {
    auto rows = BlockingConnection::open(administrator())->run(sql);
    EXPECT_TRUE(rows) << rows.error().to_string();
    return rows && !rows->empty() ? rows->front().front().value_or("") : "";
  }
  void tell(const std::string& sql) const { (void)ask(sql); }
  void expect_served(const std::string& file) const {
    ServedProcess shop;
    shop.start({"serve", "--placement", file}, {}, folder / "shop.log");
    shop.wait_until_ready();
    EXPECT_EQ(shop.stop(), 0);
  }

  testing::TemporaryFolder temporary{"foreign"};
  fs::path folder = temporary.path();
  std::optional<postgres::PrivateCluster> cluster;
};

TEST_F(ForeignServer, ItsRolesAndDatabasesAreMadeOnceAndMayBeAskedForAgain) {
  start_server();
  const auto made = create(placement());
  ASSERT_EQ(made.code, 0) << made.complained;
  EXPECT_THAT(made.printed, HasSubstr("order: role emporion_order made, database emporion_order made and closed to others\n"));
  EXPECT_THAT(made.printed, HasSubstr("next: emporion migrate --placement "));
  EXPECT_EQ(ask("SELECT count(*) FROM pg_database WHERE datname LIKE 'emporion\\_%' AND pg_get_userbyid(datdba) = datname"), "13");
  // As in the private cluster, a module cannot even connect to the database of another.
  EXPECT_EQ(ask("SELECT count(*) FROM pg_roles r, pg_database d WHERE r.rolname LIKE 'emporion\\_%' AND d.datname LIKE 'emporion\\_%' AND NOT r.rolsuper AND "
                "has_database_privilege(r.rolname, d.datname, 'CONNECT') <> (r.rolname = d.datname)"),
            "0");
  EXPECT_EQ(fs::status(folder / "pgpass").permissions(), fs::perms::owner_read | fs::perms::owner_write);

  const auto again = create(placement());
  EXPECT_EQ(again.code, 0) << again.complained;
  EXPECT_THAT(again.printed, HasSubstr("order: there already\n"));
  EXPECT_EQ(again.printed.find("made"), std::string::npos) << again.printed;
  const auto migrated = run({"migrate", "--placement", placement()});
  EXPECT_EQ(migrated.code, 0) << migrated.complained;
}

TEST_F(ForeignServer, TwoWhoPrepareItAtOnceComeAfterEachOther) {
  start_server();
  const auto file = placement();
  std::vector<Ended> ended(2);
  std::vector<std::thread> both;
  for (std::size_t i = 0; i < 2; ++i) {
    fs::create_directory(folder / text(i));
    both.emplace_back([&, i] { ended[i] = run_emporion({"databases", "create", "--placement", file, "--admin", administrator()}, folder / text(i), {}, 120); });
  }
  for (auto& each : both) each.join();
  for (const auto& each : ended) EXPECT_EQ(each.code, 0) << each.complained;
  EXPECT_TRUE(ended[0].printed.contains("order: there already") != ended[1].printed.contains("order: there already"));
  const auto passwords = text_of(folder / "pgpass");
  EXPECT_EQ(std::ranges::count(passwords, '\n'), 13);
}

TEST_F(ForeignServer, WhatAnInterruptedRunLeftIsCompleted) {
  start_server();
  ASSERT_EQ(create(placement(), {"--modules", "order"}).code, 0);
  EXPECT_EQ(ask("SELECT count(*) FROM pg_database WHERE datname LIKE 'emporion\\_%'"), "1");
  tell("GRANT CONNECT ON DATABASE emporion_order TO PUBLIC");
  EXPECT_THAT(create(placement(), {"--modules", "order"}).printed, HasSubstr("order: closed to others\n"));
  tell("DROP DATABASE emporion_order");
  EXPECT_THAT(create(placement(), {"--modules", "order"}).printed, HasSubstr("order: database emporion_order made and closed to others\n"));
}

TEST_F(ForeignServer, ARoleWhosePasswordIsNotKnownHereIsNotTakenFromThoseWhoKnowIt) {
  start_server();
  ASSERT_EQ(create(placement(), {"--modules", "order"}).code, 0);
  fs::rename(folder / "pgpass", folder / "elsewhere");
  const auto refused = create(placement(), {"--modules", "order"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.complained, HasSubstr("--reset-passwords"));
  EXPECT_THAT(refused.complained, HasSubstr("(PASSWORD_UNKNOWN)"));
  EXPECT_TRUE(BlockingConnection::open(text("host=", socket(), " passfile=", (folder / "elsewhere").string(), " user=emporion_order dbname=emporion_order")));
  EXPECT_THAT(create(placement(), {"--modules", "order", "--reset-passwords"}).printed, HasSubstr("order: role emporion_order has its password anew\n"));
}

TEST_F(ForeignServer, ADatabaseOfSomebodyElseStaysHis) {
  start_server();
  tell("CREATE DATABASE emporion_order");
  const auto refused = create(placement(), {"--modules", "order"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.complained, HasSubstr("belongs to emporion_admin"));
  EXPECT_THAT(refused.complained, HasSubstr("(DATABASE_OF_ANOTHER)"));
}

TEST_F(ForeignServer, APlacementWithoutAServerHasNothingToPrepare) {
  start_server();
  std::ofstream(folder / "own.yaml") << "home: " << (folder / "home").string() << "\n";
  const auto refused = create((folder / "own.yaml").string());
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.complained, HasSubstr("(NOTHING_TO_PREPARE)"));
}

TEST_F(ForeignServer, AServerThatMayLoseWhatItConfirmedIsRefusedByTheStartUnlessItIsADemo) {
  start_server();
  ASSERT_EQ(create(placement()).code, 0);
  ASSERT_EQ(run({"migrate", "--placement", placement()}).code, 0);
  const auto refused = run({"serve", "--placement", placement()});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.complained, HasSubstr("its server has fsync, full_page_writes, synchronous_commit off and may lose what it has confirmed"));
  EXPECT_THAT(refused.complained, HasSubstr("demo: true"));
  EXPECT_THAT(refused.complained, HasSubstr("(DATABASE_NOT_DURABLE)"));
  expect_served(placement("demo: true\n"));

  for (const char* setting : {"fsync", "full_page_writes", "synchronous_commit"}) tell(text("ALTER SYSTEM SET ", setting, " = on"));
  tell("SELECT pg_reload_conf()");
  expect_served(placement());

  // One role that commits without waiting is enough.
  tell("ALTER ROLE emporion_payment SET synchronous_commit = off");
  const auto for_one = run({"serve", "--placement", placement()});
  EXPECT_EQ(for_one.code, 1);
  EXPECT_THAT(for_one.complained, HasSubstr("database of payment: its server has synchronous_commit off"));
}

}  // namespace
}  // namespace emporion::journeys
