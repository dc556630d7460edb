#include "kernel/testing/test_cluster.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <set>

#include "kernel/base/text.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/cluster.hpp"

namespace emporion::testing {
namespace {

namespace fs = std::filesystem;
using postgres::BlockingConnection;
using postgres::PrivateCluster;

constexpr std::string_view role = "emporion_test";
constexpr std::string_view role_password = "test";

template <typename T>
T must(Result<T> result, const char* what) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "test cluster: %s: %s\n", what, result.error().to_string().c_str());
  std::abort();
}

fs::path folder() {
  const char* given = std::getenv("EMPORION_TEST_CLUSTER");
  return given != nullptr ? given : EMP_TEST_CLUSTER_FOLDER;
}
fs::path kept_mark() { return folder() / "kept"; }

/// Held shared by each process that uses the cluster, exclusively by the one that starts or stops it.
class Users {
 public:
  Users() {
    fs::create_directories(folder());
    file_ = open((folder() / "users.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0) must<bool>(fail(ErrorKind::internal, "TEST_CLUSTER", (folder() / "users.lock").string()), "lock");
  }
  ~Users() { close(file_); }
  Users(const Users&) = delete;
  Users& operator=(const Users&) = delete;
  bool alone() const { return flock(file_, LOCK_EX | LOCK_NB) == 0; }
  void join() const { flock(file_, LOCK_SH); }

 private:
  int file_;
};

PrivateCluster start_cluster() {
  return must(PrivateCluster::start(
                  folder(), [](std::string_view line) { std::fprintf(stderr, "test cluster: %.*s\n", static_cast<int>(line.size()), line.data()); },
                  postgres::Durability::none_for_tests),
              "start");
}

class TestCluster {
 public:
  static TestCluster& instance() {
    static TestCluster cluster;
    return cluster;
  }

  TestCluster() {
    const bool first = users_.alone();
    if (!first) users_.join();  // Waits while the first one sets up, or the last one stops the server.
    cluster_.emplace(start_cluster());
    administrator_.emplace(must(BlockingConnection::open(cluster_->superuser_dsn("postgres")), "connect"));
    run(text("SELECT pg_advisory_lock(1)"));
    if (run(text("SELECT FROM pg_roles WHERE rolname = '", role, "'")).empty()) run(text("CREATE ROLE ", role, " LOGIN PASSWORD '", role_password, "'"));
    if (first) drop_left_behind();
    run("SELECT pg_advisory_unlock(1)");
    users_.join();
  }
  ~TestCluster() {
    administrator_.reset();
    if (users_.alone() && !fs::exists(kept_mark())) (void)cluster_->stop();
  }

  std::string make_database(std::span<const postgres::Migration> migrations) {
    const std::string pattern = ensure_template(migrations);
    static std::atomic<int> made{0};
    const std::string name = text("test_", getpid(), "_", ++made);
    run(text("CREATE DATABASE ", name, " TEMPLATE ", pattern, " OWNER ", role));
    return name;
  }
  void drop_database(const std::string& name) { run(text("DROP DATABASE IF EXISTS ", name, " WITH (FORCE)")); }

  std::string dsn(const std::string& name) const { return text(cluster_->superuser_dsn(name), " user=", role, " password=", role_password); }
  std::string superuser_dsn(const std::string& name) const { return cluster_->superuser_dsn(name); }

 private:
  BlockingConnection::TextRows run(const std::string& sql) {
    const std::lock_guard guard(mutex_);
    return must(administrator_->run(sql), sql.c_str());
  }

  std::string ensure_template(std::span<const postgres::Migration> migrations) {
    std::string all(fault::mutation());  // A rewritten migration makes another template.
    for (const auto& part : {postgres::kernel_migrations(), migrations}) {
      for (const auto& migration : part) all.append(text(migration.number, migration.name, migration.sql));
      all.push_back('\0');
    }
    std::string name = text("template_", Uuid::from_name(all));
    std::erase(name, '-');
    if (templates_.contains(name)) return name;
    run("SELECT pg_advisory_lock(2)");
    if (run(text("SELECT FROM pg_database WHERE datname = '", name, "'")).empty()) {
      const std::string draft = name + "_new";
      run(text("DROP DATABASE IF EXISTS ", draft, " WITH (FORCE)"));
      run(text("CREATE DATABASE ", draft, " OWNER ", role));
      must(postgres::migrate(dsn(draft), migrations), "migrate");
      run(text("ALTER DATABASE ", draft, " RENAME TO ", name));
    }
    run("SELECT pg_advisory_unlock(2)");
    templates_.insert(name);
    return name;
  }

  /// Databases of processes that died, and templates when many have piled up.
  void drop_left_behind() {
    const auto templates = run("SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%'");
    if (templates.size() > 60) {
      for (const auto& row : templates) drop_database(*row[0]);
    }
    for (const auto& row : run("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'")) {
      pid_t process = 0;
      std::from_chars(row[0]->data() + 5, row[0]->data() + row[0]->size(), process);
      if (kill(process, 0) != 0) drop_database(*row[0]);
    }
  }

  Users users_;
  std::mutex mutex_;
  std::optional<PrivateCluster> cluster_;
  std::optional<BlockingConnection> administrator_;
  std::set<std::string> templates_;
};

}  // namespace

void keep_test_cluster_running() {
  TestCluster::instance();
  std::ofstream(kept_mark()) << "";
}

void stop_test_cluster() {
  std::error_code ignored;
  fs::remove(kept_mark(), ignored);
  if (!fs::exists(folder() / "data" / "PG_VERSION")) return;
  auto cluster = start_cluster();  // Finds the running one.
  if (const auto stopped = cluster.stop(); !stopped) must<bool>(fail(stopped.error()), "stop");
}

TestDatabase::TestDatabase(std::span<const postgres::Migration> migrations)
    : name_(TestCluster::instance().make_database(migrations)), dsn_(TestCluster::instance().dsn(name_)) {}
TestDatabase::~TestDatabase() { TestCluster::instance().drop_database(name_); }
std::string TestDatabase::superuser_dsn() const { return TestCluster::instance().superuser_dsn(name_); }

}  // namespace emporion::testing
