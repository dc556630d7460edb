// Point reads through the kernel's client against `pgbench -M prepared -S`: same server, same table, same number of callers, rounds in turn.
// Usage: bench_postgres_read [FOLDER [ROUNDS [SECONDS]]]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/cluster.hpp"
#include "kernel/postgres/database.hpp"

using namespace emporion;

namespace {

constexpr std::int64_t rows = 100'000;  // pgbench's scale 1
constexpr int callers = 64;
constexpr postgres::Statement read_balance{"bench.read", "SELECT abalance FROM pgbench_accounts WHERE aid = $1"};

struct Round {
  postgres::Database& database;
  std::chrono::steady_clock::time_point end;
  std::int64_t done = 0;
  std::uint64_t state = 1;
};

Task<void> call_again_and_again(Round& round) {
  while (std::chrono::steady_clock::now() < round.end) {
    round.state = round.state * 6'364'136'223'846'793'005ull + 1'442'695'040'888'963'407ull;
    const auto key = static_cast<std::int32_t>((round.state >> 33) % rows + 1);
    const auto answer = co_await round.database.query(read_balance, key);
    if (!answer || answer->size() != 1) std::abort();
    ++round.done;
  }
}

Task<bool> all_callers(Round& round) {
  Scope scope;
  for (int i = 0; i < callers; ++i) scope.spawn(call_again_and_again(round));
  co_await scope.join();
  co_return true;
}

double kernel_rate(Runtime& runtime, postgres::Database& database, int span) {
  Round round{database, std::chrono::steady_clock::now() + std::chrono::seconds(span)};
  (void)run_until_done(runtime, all_callers(round));
  return static_cast<double>(round.done) / span;
}

double pgbench_rate(const std::string& dsn, int span) {
  const std::string command = text("/usr/lib/postgresql/15/bin/pgbench -n -S -M prepared -c ", callers, " -j 1 -T ", span, " \"", dsn, "\" 2>&1");
  FILE* const output = popen(command.c_str(), "r");
  double rate = 0;
  char line[512];
  while (output != nullptr && std::fgets(line, sizeof line, output) != nullptr) (void)std::sscanf(line, "tps = %lf", &rate);
  if (output == nullptr || pclose(output) != 0) std::abort();
  return rate;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int count, char** arguments) {
  const std::string folder = count > 1 ? arguments[1] : "/tmp/emporion_bench_postgres_read";
  const int rounds = count > 2 ? std::atoi(arguments[2]) : 3;
  const int span = count > 3 ? std::atoi(arguments[3]) : 3;
  auto cluster = postgres::PrivateCluster::start(folder);
  if (!cluster) {
    std::fprintf(stderr, "%s\n", cluster.error().to_string().c_str());
    return 1;
  }
  const std::string dsn = cluster->ensure_database("bench").value();
  if (std::system(text("/usr/lib/postgresql/15/bin/pgbench -i -q -s 1 \"", dsn, "\" > /dev/null 2>&1").c_str()) != 0) return 1;

  Runtime runtime;
  for (const int connections : {2, 4}) {
    postgres::DatabaseOptions options;
    options.dsn = dsn;
    options.module = "bench";
    options.connections_shared = connections;
    postgres::Database database(runtime, options);
    std::vector<double> ours, theirs;
    for (int i = 0; i < rounds; ++i) {
      ours.push_back(kernel_rate(runtime, database, span));
      theirs.push_back(pgbench_rate(dsn, span));
    }
    std::printf("{\"callers\":%d,\"connections\":%d,\"kernel_per_s\":%.0f,\"pgbench_per_s\":%.0f,\"ratio\":%.2f}\n", callers, connections, median(ours),
                median(theirs), median(ours) / median(theirs));
    (void)run_until_done(runtime, [](postgres::Database& closing) -> Task<bool> {
      co_await closing.close();
      co_return true;
    }(database));
  }
  (void)cluster->stop();
  std::filesystem::remove_all(folder);
  return 0;
}
