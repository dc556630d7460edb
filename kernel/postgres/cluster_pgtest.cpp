#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <thread>

#include "kernel/base/text.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/cluster.hpp"
#include "kernel/postgres/migration.hpp"
#include "kernel/postgres/server_process.hpp"

namespace emporion::postgres {
namespace {

/// A cluster of its own, for what must not be done to the shared one.
struct ClusterTest : ::testing::Test {
  ClusterTest() {
    char pattern[] = "/tmp/emporion_cluster_test_XXXXXX";
    folder = mkdtemp(pattern);
    std::filesystem::permissions(folder, std::filesystem::perms(0755));
  }
  ~ClusterTest() override {
    if (std::filesystem::exists(folder / "data")) {
      if (auto cluster = start()) (void)cluster->stop();
    }
    std::filesystem::remove_all(folder);
  }
  Result<PrivateCluster> start() const { return PrivateCluster::start(folder, {}, Durability::none_for_tests); }
  pid_t server() const {
    std::ifstream file(folder / "data" / "postmaster.pid");
    pid_t process = 0;
    file >> process;
    return process;
  }
  std::filesystem::path folder;
};

std::string one_value(const std::string& dsn, const std::string& sql) {
  auto connection = BlockingConnection::open(dsn);
  if (!connection) return connection.error().detail();
  auto rows = connection->run(sql);
  if (!rows) return rows.error().detail();
  return rows->empty() ? "" : rows->front().front().value_or("null");
}

bool holds_soon(const std::function<bool()>& holds) {
  for (int i = 0; i < 300; ++i) {
    if (holds()) return true;
    usleep(20'000);  // tidy-allow(test_sleeps): another process ends a session in its own time.
  }
  return false;
}

/// One cluster for the tests that leave it whole.
struct SharedClusterTest : ::testing::Test {
  static void SetUpTestSuite() { own = std::make_unique<Owner>(); }
  static void TearDownTestSuite() { own.reset(); }
  struct Owner : ClusterTest {
    void TestBody() override {}
    Result<PrivateCluster> cluster = start();
  };
  static inline std::unique_ptr<Owner> own;
  static Result<PrivateCluster>& shared() { return own->cluster; }
};

TEST_F(ClusterTest, a_second_start_finds_the_running_server_and_a_killed_one_comes_back_with_its_data) {
  auto cluster = start();
  ASSERT_TRUE(cluster) << cluster.error().to_string();
  const auto dsn = cluster->ensure_database("order");
  ASSERT_TRUE(dsn) << dsn.error().to_string();
  EXPECT_EQ(one_value(*dsn, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7) RETURNING n"), "7");
  const pid_t first = server();

  // A second start while it runs.
  auto again = start();
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(server(), first);
  EXPECT_EQ(again->ensure_database("order").value(), *dsn);

  // The server is killed, its backends are still there and postmaster.pid is stale.
  ASSERT_TRUE(cluster->superuser_dsn("postgres").find("password") != std::string::npos);
  EXPECT_EQ(one_value(cluster->superuser_dsn("postgres"), "CHECKPOINT"), "");
  ASSERT_EQ(kill(first, SIGKILL), 0);
  auto after_crash = start();
  ASSERT_TRUE(after_crash) << after_crash.error().to_string();
  EXPECT_NE(server(), first);
  EXPECT_EQ(one_value(*dsn, "SELECT n FROM kept"), "7");

  // A stop, and a postmaster.pid that names a process that lives but is no server.
  ASSERT_TRUE(after_crash->stop());
  EXPECT_TRUE(after_crash->stop());
  std::ofstream(folder / "data" / "postmaster.pid") << getpid() << "\n" << (folder / "data").string() << "\n0\n5432\n\n\n0 0\nready\n";
  auto after_reuse = start();
  ASSERT_TRUE(after_reuse) << after_reuse.error().to_string();
  EXPECT_EQ(one_value(*dsn, "SELECT n FROM kept"), "7");
}

/// A process that starts the cluster and then does nothing more: it takes no child's status. Answers once the cluster runs.
pid_t another_starter(const std::filesystem::path& folder) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    const char done = PrivateCluster::start(folder, {}, Durability::none_for_tests) ? 'y' : 'n';
    if (write(ends[1], &done, 1) != 1) _exit(1);
    for (;;) pause();
  }
  char answer = 'n';
  const bool heard = read(ends[0], &answer, 1) == 1;
  close(ends[0]);
  close(ends[1]);
  return heard && answer == 'y' ? child : -1;
}
void kill_and_forget(pid_t process) {
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
}

TEST_F(ClusterTest, a_server_whose_starter_was_killed_is_taken_over_and_stopped) {
  const pid_t starter = another_starter(folder);
  ASSERT_GT(starter, 0);
  const pid_t orphan = server();
  kill_and_forget(starter);
  auto cluster = start();
  ASSERT_TRUE(cluster) << cluster.error().to_string();
  EXPECT_TRUE(cluster->was_running());
  EXPECT_EQ(server(), orphan);
  EXPECT_TRUE(cluster->stop());
  EXPECT_FALSE(is_in_use(std::filesystem::canonical(folder / "data")));
}

TEST_F(ClusterTest, a_server_whose_starter_takes_no_notice_of_its_end_is_stopped_all_the_same) {
  const pid_t starter = another_starter(folder);
  ASSERT_GT(starter, 0);
  auto cluster = start();
  ASSERT_TRUE(cluster) << cluster.error().to_string();
  const auto stopped = cluster->stop();
  EXPECT_TRUE(stopped) << stopped.error().to_string();
  EXPECT_FALSE(is_in_use(std::filesystem::canonical(folder / "data")));
  kill_and_forget(starter);
}

TEST_F(ClusterTest, parallel_starters_make_one_cluster) {
  std::vector<std::thread> starters;
  std::vector<int> ok(4, 0);
  for (std::size_t i = 0; i < ok.size(); ++i) {
    starters.emplace_back([this, &ok, i] {
      auto cluster = start();
      ok[i] = cluster && cluster->ensure_database("order") ? 1 : 0;
    });
  }
  for (auto& starter : starters) starter.join();
  EXPECT_EQ(ok, std::vector<int>(4, 1));
}

TEST_F(SharedClusterTest, a_module_s_role_enters_its_own_database_only) {
  auto& cluster = shared();
  ASSERT_TRUE(cluster) << cluster.error().to_string();
  const auto order = cluster->ensure_database("order");
  const auto payment = cluster->ensure_database("payment");
  ASSERT_TRUE(order && payment);

  for (const char* foreign : {"emporion_payment", "postgres", "template1"}) {
    const auto refused = BlockingConnection::open(text(*order, " ", dsn_part("dbname", foreign)));
    ASSERT_FALSE(refused) << foreign;
    EXPECT_NE(refused.error().detail().find("permission denied for database"), std::string::npos) << refused.error().detail();
  }
  EXPECT_EQ(one_value(*payment, "SELECT current_user"), "emporion_payment");
}

TEST_F(ClusterTest, a_dropped_database_is_not_made_again_by_who_looks_for_it) {
  auto cluster = start();
  ASSERT_TRUE(cluster) << cluster.error().to_string();
  const auto dsn = cluster->ensure_database("order");
  ASSERT_TRUE(dsn);
  const auto left = [&] {
    return one_value(cluster->superuser_dsn("postgres"),
                     "SELECT (SELECT count(*) FROM pg_database WHERE datname = 'emporion_order') || ' ' || (SELECT count(*) FROM pg_roles WHERE rolname = "
                     "'emporion_order')");
  };
  {
    auto user = BlockingConnection::open(*dsn);
    ASSERT_TRUE(user);
    const auto refused = cluster->drop_database("order", "it is elsewhere");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason(), "DATABASE_IN_USE");
    EXPECT_EQ(left(), "1 1");
    EXPECT_TRUE(cluster->ensure_database("order")) << "what was refused changed nothing";
  }
  ASSERT_TRUE(holds_soon([&] { return cluster->drop_database("order", "it is elsewhere").has_value(); }));  // The session ends in its own time.
  EXPECT_EQ(left(), "0 0");
  EXPECT_TRUE(cluster->drop_database("order", "it is elsewhere")) << "a repeat";
  const auto refused = cluster->ensure_database("order");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "MODULE_MOVED");
  EXPECT_EQ(refused.error().detail(), "it is elsewhere");
  EXPECT_EQ(left(), "0 0");
  // Who brings it back makes it, and lets the others in when it is time.
  const auto again = cluster->make_again("order");
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_NE(*again, *dsn) << "it has another password";
  EXPECT_EQ(cluster->ensure_database("order").error().reason(), "MODULE_MOVED");
  ASSERT_TRUE(cluster->readmit("order"));
  EXPECT_TRUE(cluster->readmit("order")) << "a repeat";
  EXPECT_EQ(cluster->ensure_database("order").value(), *again);
  EXPECT_EQ(one_value(*again, "SELECT 1"), "1");
}

TEST_F(ClusterTest, a_folder_with_a_long_path_and_a_quote_works) {
  const auto deep = folder / std::string(80, 'd') / "it's \\here" / std::string(60, 'e');
  auto cluster = PrivateCluster::start(deep, {}, Durability::none_for_tests);
  ASSERT_TRUE(cluster) << cluster.error().to_string();
  const auto dsn = cluster->ensure_database("order");
  ASSERT_TRUE(dsn) << dsn.error().to_string();
  EXPECT_EQ(one_value(*dsn, "SELECT 1"), "1");
  EXPECT_TRUE(cluster->stop());
}

TEST_F(ClusterTest, a_home_that_cannot_be_written_is_refused_with_a_reason) {
  std::ofstream(folder / "file") << "x";
  const auto refused = PrivateCluster::start(folder / "file" / "home");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "HOME_NOT_WRITABLE");
}

TEST_F(SharedClusterTest, migrations_run_once_even_when_two_run_them) {
  auto& cluster = shared();
  ASSERT_TRUE(cluster) << cluster.error().to_string();
  const auto dsn = cluster->ensure_database("checkout");
  ASSERT_TRUE(dsn);
  const std::vector<Migration> wanted{{1, "item", "CREATE TABLE item (id int); SELECT pg_sleep(0.2);"}};

  std::vector<std::thread> runners;
  std::vector<int> applied(3, -1);
  for (std::size_t i = 0; i < applied.size(); ++i) {
    runners.emplace_back([&, i] { applied[i] = migrate(*dsn, wanted).value_or(-1); });
  }
  for (auto& runner : runners) runner.join();

  std::ranges::sort(applied);
  EXPECT_EQ(applied, (std::vector<int>{0, 0, static_cast<int>(kernel_migrations().size()) + 1}));
}

TEST_F(SharedClusterTest, a_failed_migration_leaves_nothing_and_a_changed_one_is_refused) {
  auto& cluster = shared();
  ASSERT_TRUE(cluster) << cluster.error().to_string();
  const auto dsn = cluster->ensure_database("pricing");
  ASSERT_TRUE(dsn);

  const std::vector<Migration> broken{{1, "item", "CREATE TABLE item (id int); SELECT nothing_like_it;"}};
  const auto failed = migrate(*dsn, broken);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().reason(), "MIGRATION_FAILED");
  EXPECT_NE(failed.error().detail().find("module/0001_item.sql"), std::string::npos) << failed.error().detail();
  EXPECT_EQ(one_value(*dsn, "SELECT to_regclass('item')::text"), "null");

  const std::vector<Migration> mended{{1, "item", "CREATE TABLE item (id int);"}};
  EXPECT_EQ(migrate(*dsn, mended).value(), 1);
  const std::vector<Migration> changed{{1, "item", "CREATE TABLE item (id bigint);"}};
  const auto refused = migrate(*dsn, changed);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "MIGRATION_CHANGED");
}

TEST_F(ClusterTest, a_database_that_is_not_there_is_unavailable) {
  const auto refused = migrate("host=/nonexistent dbname=x user=y", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "DATABASE_UNAVAILABLE");
}

}  // namespace
}  // namespace emporion::postgres
