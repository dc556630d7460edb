#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/cluster.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/postgres/dsn.hpp"
#include "kernel/testing/eventually.hpp"
#include "kernel/testing/temporary_folder.hpp"

// Several servers of which one takes writes, as a primary and its standbys are; which one that is changes while a module works.
namespace emporion::postgres {
namespace {

namespace fs = std::filesystem;

constexpr Statement where{"test.where", "SELECT name FROM place"};
constexpr Statement write{"test.write", "INSERT INTO item SELECT $1 FROM place RETURNING (SELECT name FROM place)", Effect::writes};
constexpr Statement write_slowly{"test.write_slowly", "INSERT INTO item SELECT $1 FROM pg_sleep(1)", Effect::writes};

/// A server with a role and a database of its own. What it holds is not what the others hold, which no test needs.
class Server {
 public:
  explicit Server(const std::string& name) : folder_("failover-" + name) {
    fs::permissions(folder_.path(), fs::perms(0755));
    auto started = PrivateCluster::start(folder_.path(), {}, Durability::none_for_tests);
    EMP_ASSERT(started.has_value());
    cluster_.emplace(std::move(*started));
    tell("postgres", "CREATE ROLE mover LOGIN PASSWORD 'moves'");
    tell("postgres", "CREATE DATABASE mover OWNER mover");
    tell("mover", text("CREATE TABLE item (id int8 PRIMARY KEY); CREATE TABLE place AS SELECT '", name,
                       "'::text AS name; ALTER TABLE item OWNER TO mover; ALTER TABLE place OWNER TO mover"));
  }
  ~Server() { (void)cluster_->stop(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// What a switch of the primary looks like to a session that stays open.
  void take_writes(bool takes) {
    tell("postgres", text("ALTER SYSTEM SET default_transaction_read_only = ", takes ? "off" : "on"));
    tell("postgres", "SELECT pg_reload_conf()");
  }
  void end_sessions() { tell("postgres", "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'mover'"); }
  void tell(const std::string& database, const std::string& sql) {
    auto connection = BlockingConnection::open(cluster_->superuser_dsn(database) + " target_session_attrs=any");
    EMP_ASSERT(connection.has_value());
    (void)connection->run("SET default_transaction_read_only = off");
    const auto done = connection->run(sql);
    if (!done) std::fprintf(stderr, "%s: %s\n", sql.c_str(), done.error().to_string().c_str());
    EMP_ASSERT(done.has_value());
  }
  std::string socket_folder() const { return hosts_of_dsn(cluster_->superuser_dsn("postgres")).value().front().host; }

 private:
  testing::TemporaryFolder folder_;
  std::optional<PrivateCluster> cluster_;
};

/// Takes connections and says nothing: what a host that is cut off looks like.
class SilentHost {
 public:
  SilentHost() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EMP_ASSERT(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(socket_, 16) == 0);
    EMP_ASSERT(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
  }
  ~SilentHost() { close(socket_); }
  SilentHost(const SilentHost&) = delete;
  SilentHost& operator=(const SilentHost&) = delete;
  std::uint16_t port = 0;

 private:
  int socket_;
};

struct Failover : ::testing::Test {
  static void SetUpTestSuite() {
    first = std::make_unique<Server>("first");
    second = std::make_unique<Server>("second");
  }
  static void TearDownTestSuite() {
    first.reset();
    second.reset();
  }
  void SetUp() override {
    first->take_writes(true);
    second->take_writes(false);
  }
  void TearDown() override { (void)run(ended(database)); }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  static Task<bool> ended(std::unique_ptr<Database>& database) {
    if (database) co_await database->close();
    co_return true;
  }
  static std::string dsn(const std::string& hosts, const std::string& ports) {
    return text("host=", hosts, " port=", ports, " user=mover dbname=mover password=moves");
  }
  static std::string both() { return dsn(text(second->socket_folder(), ",", first->socket_folder()), "5432"); }
  void open(const std::string& at) { database = std::make_unique<Database>(runtime, DatabaseOptions{.dsn = at, .module = "test", .connections_shared = 1}); }
  std::string place() {
    const auto rows = run(database->query(where));
    return rows ? (*rows)[0].get<std::string>(0) : rows.error().reason();
  }
  std::string written() {
    const auto rows = run(database->query(write, ++id));
    return rows ? (*rows)[0].get<std::string>(0) : rows.error().reason();
  }
  ::testing::AssertionResult is_soon(const std::string& wanted) {
    std::string last;
    return testing::eventually(runtime, [&] { return (last = written()) == wanted; }, [&] { return last; });
  }

  static inline std::unique_ptr<Server> first;
  static inline std::unique_ptr<Server> second;
  Runtime runtime;
  std::unique_ptr<Database> database;
  static inline std::int64_t id = 0;  ///< Of rows that no other test has written.
};

TEST_F(Failover, of_several_servers_the_one_that_takes_writes_is_used) {
  open(both());
  EXPECT_EQ(place(), "first");
  EXPECT_EQ(BlockingConnection::open(both())->run("SELECT name FROM place").value()[0][0], "first");
}

TEST_F(Failover, a_lost_session_is_followed_by_one_with_the_new_primary) {
  open(both());
  ASSERT_EQ(written(), "first");
  first->take_writes(false);
  second->take_writes(true);
  first->end_sessions();
  EXPECT_TRUE(is_soon("second"));
}

TEST_F(Failover, a_write_on_its_way_when_the_primary_changes_has_an_unknown_outcome) {
  open(both());
  ASSERT_EQ(written(), "first");
  std::vector<Task<Result<Rows>>> tasks;
  tasks.push_back(database->query(write_slowly, ++id));
  tasks.push_back([](Runtime& loop) -> Task<Result<Rows>> {
    co_await loop.sleep_for(milliseconds(200));  // tidy-allow(test_sleeps): the write has to be on its way.
    first->take_writes(false);
    second->take_writes(true);
    first->end_sessions();
    co_return fail(ErrorKind::internal, "DONE");
  }(runtime));
  EXPECT_EQ(run(when_all(std::move(tasks)))[0].error().reason(), "COMMIT_OUTCOME_UNKNOWN");
  EXPECT_TRUE(is_soon("second"));
}

TEST_F(Failover, a_server_that_takes_no_writes_any_more_is_left_although_it_keeps_the_session) {
  open(both());
  ASSERT_EQ(written(), "first");
  first->take_writes(false);
  second->take_writes(true);
  std::string last;
  // The server reads its settings in its own time; from the first refusal on the other one has us.
  ASSERT_TRUE(testing::eventually(runtime, [&] { return (last = written()) != "first"; }, [&] { return last; }));
  EXPECT_TRUE(last == "DATABASE_UNAVAILABLE" || last == "second") << last;
  EXPECT_EQ(written(), "second");
}

TEST_F(Failover, a_unit_of_work_refused_for_want_of_writing_frees_its_connection_for_the_next) {
  auto options = DatabaseOptions{.dsn = both(), .module = "test", .connections_shared = 1, .connections_exclusive = 1};
  database = std::make_unique<Database>(runtime, options);
  const SystemClock clock;
  SystemRandom random;
  const auto attempt = [&]() -> std::string {
    auto work = run(database->begin(CallContext(clock.now() + seconds(10), Uuid::v7(clock.now(), random), Principal::of_service("test"))));
    if (!work) return work.error().reason();
    const auto rows = run(work->query(write, ++id));
    if (!rows) return rows.error().reason();
    const auto done = run(work->commit());
    return done ? (*rows)[0].get<std::string>(0) : done.error().reason();
  };
  ASSERT_EQ(attempt(), "first");
  first->take_writes(false);
  second->take_writes(true);
  std::string last;
  ASSERT_TRUE(testing::eventually(runtime, [&] { return (last = attempt()) != "first"; }, [&] { return last; }));
  EXPECT_EQ(attempt(), "second");
}

TEST_F(Failover, a_host_that_is_cut_off_hides_the_next_one_for_its_two_seconds_only) {
  const SilentHost silent;
  open(dsn(text("127.0.0.1,", first->socket_folder()), text(silent.port, ",5432")));
  EXPECT_EQ(place(), "first");
}

TEST_F(Failover, a_standby_that_does_not_have_the_database_yet_does_not_hide_the_primary) {
  first->tell("postgres", "CREATE DATABASE fresh OWNER mover");
  const auto fresh = both() + " dbname=fresh";
  const auto opened = BlockingConnection::open(fresh);
  EXPECT_TRUE(opened) << opened.error().to_string();
  open(fresh);
  static constexpr Statement name{"test.name", "SELECT current_database()::text"};
  EXPECT_TRUE(run(database->query(name)));
}

TEST_F(Failover, where_no_server_takes_writes_the_database_is_unavailable) {
  first->take_writes(false);
  open(both());
  EXPECT_EQ(place(), "DATABASE_UNAVAILABLE");
  const auto blocked = BlockingConnection::open(both());
  ASSERT_FALSE(blocked);
  EXPECT_EQ(blocked.error().reason(), "DATABASE_UNAVAILABLE");
  open(both() + " target_session_attrs=any");
  EXPECT_EQ(place(), "second") << "who only reads says so";
}

}  // namespace
}  // namespace emporion::postgres
