#include <atomic>
#include <random>
#include <thread>

#include "modules/commerce/order/api/audit.hpp"
#include "modules/commerce/order/testing/invoice_fixture.hpp"

namespace emporion::order {
namespace {

constexpr int workers = 6;
constexpr int orders = 240;
constexpr int most_kills = 120;  // A kill comes as often as a batch: without an end the replicas would outlive the tests' patience.
constexpr postgres::Statement rest{"test.rest", "SELECT 1 FROM pg_sleep(0.02)", postgres::Effect::reads};

/// One replica of its own: a thread, a runtime, connections. It issues its share of the orders in batches of random size, again and again until all of them
/// have their invoice, whatever happens to its connections.
class Replica {
 public:
  Replica(postgres::DatabaseOptions options, const InvoiceSellers& sellers, unsigned share, std::atomic<int>& failures)
      : database_(runtime_, std::move(options)), store_(database_), documents_(sellers, clock_, random_, false), share_(share), failures_(failures) {}

  void run() { run_until_done(runtime_, work()); }

 private:
  Task<bool> work() {
    std::mt19937 dice(share_);
    for (int idle = 0; idle < 20;) {
      auto books = co_await store_.due(clock_.now(), 1'000);
      if (!books) {
        ++failures_;
        co_await runtime_.yield();
        continue;
      }
      // Half of them are also another replica's: both try.
      std::vector<DueAnswer> answers;
      const std::size_t batch = 1 + dice() % 9;
      for (const OrderBooks& one : *books) {
        const unsigned owner = static_cast<unsigned>(std::hash<std::string>()(one.order_id.to_string()));
        if (owner % workers != share_ && (owner / 7) % workers != share_) continue;
        answers.push_back(documents_.answer(one));
        if (answers.size() == batch) break;
      }
      if (answers.empty()) {
        ++idle;
        (void)co_await database_.query(rest);
        continue;
      }
      idle = 0;
      const auto issued = co_await store_.issue(answers, clock_.now(), Uuid());
      if (!issued) ++failures_;
    }
    co_await database_.close();
    co_return true;
  }

  Runtime runtime_;
  SystemClock clock_;
  SystemRandom random_;
  postgres::Database database_;
  PostgresInvoiceStore store_;
  InvoiceDocuments documents_;
  unsigned share_;
  std::atomic<int>& failures_;
};

// Six replicas on the same two counters while their connections are killed at random: numbers are 1 to n, one invoice per order and seller.
TEST_F(InvoiceTest, ReplicasWhoseConnectionsDieLeaveNoGapAndNoDouble) {
  for (int i = 0; i < orders; ++i) {
    const auto request = an_order_of_two(1, i % 2);
    ASSERT_TRUE(create(request));
    ASSERT_TRUE(confirm(request));
  }
  ASSERT_EQ(count("invoice_due"), std::to_string(orders));
  std::atomic<int> failures = 0;
  std::atomic<bool> ended = false;
  int kills = 0;
  std::vector<std::thread> threads;
  for (unsigned share = 0; share < workers; ++share) {
    threads.emplace_back([this, share, &failures] { Replica(options(), sellers, share, failures).run(); });
  }
  std::thread killer([&] {
    auto connection = postgres::BlockingConnection::open(superuser_dsn());
    ASSERT_TRUE(connection);
    while (!ended && kills < most_kills) {
      const auto killed = connection->run(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() AND query LIKE "
          "'%issue_invoices%' "
          "ORDER BY random() LIMIT 1");
      if (killed && !killed->empty()) ++kills;
      (void)connection->run("SELECT pg_sleep(0.02)");
    }
  });
  for (std::thread& thread : threads) thread.join();
  ended = true;
  killer.join();

  EXPECT_GT(kills, 5);
  EXPECT_GT(failures, 0) << "some of them hit a batch under way";
  EXPECT_EQ(count("invoice_due"), "0");
  EXPECT_EQ(value("SELECT count(*) || ' ' || min(no) || ' ' || max(no) || ' ' || count(DISTINCT no) FROM invoice WHERE series = 'TV'"), "240 1 240 240");
  EXPECT_EQ(value("SELECT count(*) || ' ' || min(no) || ' ' || max(no) || ' ' || count(DISTINCT no) FROM invoice WHERE series = 'GBT'"), "120 1 120 120");
  expect_clean_books();
  std::printf("%d connections killed, %d batches failed\n", kills, failures.load());
}

}  // namespace
}  // namespace emporion::order
