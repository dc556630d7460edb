#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "kernel/base/text.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/cluster.hpp"
#include "kernel/testing/eventually.hpp"
#include "tests/journeys/fault_file.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_in_parts.hpp"

// One shop in several processes of which each is there more than once: nothing in memory of one of them may decide anything. Two minutes on a busy machine.
namespace emporion::journeys {
namespace {

using http::Method;
using ::testing::Gt;
using ::testing::IsEmpty;

/// The sum of a metric's lines that begin so.
double sum_of(const std::string& metrics, const std::string& begin) {
  double out = 0;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(begin)) out += std::stod(line.substr(line.rfind(' ') + 1));
  }
  return out;
}

bool is_confirmed(const Reply& reply) { return (reply.status == 200 || reply.status == 201) && member_of(reply.body, "status") == "confirmed"; }

/// A guest whose browser knows all entries of the shop, and asks the next one if it gets no answer.
class Guest {
 public:
  Guest(http::Client& client, const std::vector<std::string>& entries, std::size_t first) : entries_(entries), at_(first), buyer_(client, entry()) {}
  Buyer& buyer() noexcept { return buyer_; }
  void change_entry() { buyer_.move_to(entries_[++at_ % entries_.size()]); }

  /// To a session that needs only its confirm, begun anew with a new name if an entry or a module is lost in the middle.
  Task<Reply> prepare(Runtime& runtime, std::string sku, std::int32_t qty, std::string name) {
    Reply last;
    for (int tries = 0; tries < 60; ++tries) {
      last = co_await buyer_.prepare(sku, qty, tries == 0 ? name : text(name, ".", tries));
      if (last.status != 0 && last.status < 500) break;
      change_entry();
      co_await runtime.sleep_for(milliseconds(300));  // tidy-allow(test_sleeps): a buyer looks again.
    }
    co_return last;
  }
  /// Again and again with one key, at the entries in turn, until the shop has said yes or no.
  Task<Reply> confirm(Runtime& runtime, std::string key) {
    Reply last;
    for (int tries = 0; tries < 200; ++tries) {
      last = co_await buyer_.confirm(key);
      const bool is_open = last.status == 0 || last.status == 202 || last.status >= 500 || last.reason == "CHECKOUT_IN_PROGRESS" ||
                           last.reason == "REQUEST_IN_PROGRESS" || (last.status == 200 && !is_confirmed(last));
      if (!is_open) break;
      change_entry();
      co_await runtime.sleep_for(milliseconds(200));  // tidy-allow(test_sleeps): a buyer looks again.
    }
    co_return last;
  }

 private:
  const std::string& entry() const { return entries_[at_ % entries_.size()]; }
  const std::vector<std::string>& entries_;
  std::size_t at_;
  Buyer buyer_;
};

struct Replicas : ::testing::Test {
  void open(const std::string& placement, const std::string& settings = {}) {
    shop = std::make_unique<ShopInParts>(placement, "demo: true\n" + settings);
    auto started = postgres::PrivateCluster::start(shop->whole().home() / "postgres", {}, postgres::Durability::none_for_tests);
    ASSERT_TRUE(started.has_value()) << started.error().to_string();
    cluster = std::move(*started);
  }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  std::string value(const std::string& module, const std::string& sql) {
    auto at = postgres::BlockingConnection::open(cluster->superuser_dsn("emporion_" + module));
    EXPECT_TRUE(at.has_value());
    const auto rows = at->run(sql);
    EXPECT_TRUE(rows.has_value()) << rows.error().to_string();
    return rows && !rows->empty() ? rows->front().front().value_or("") : "";
  }
  std::string metrics_of(const std::string& part) { return run(Buyer(client, shop->metrics_url(part)).call(Method::get, "/metrics")).body; }
  void start_selling() {
    for (std::size_t entry = 0; entry < shop->urls().size(); ++entry) {
      Guest scout(client, shop->urls(), entry);
      const auto ready = run(scout.prepare(runtime, "TEA-JASMINE-100", 1, text("scout-", entry)));
      ASSERT_EQ(ready.status, 200) << ready.body;
    }
  }
  void expect_clean_books() { EXPECT_EQ(shop->whole().audit(), 0) << shop->whole().audit_report() << shop->whole().complained(); }
  void expect_clean_end() {
    for (const auto& [name, code] : shop->stop_all()) EXPECT_EQ(code, 0) << name << shop->log_of(name);
  }

  std::unique_ptr<ShopInParts> shop;
  std::optional<postgres::PrivateCluster> cluster;
  Runtime runtime;
  http::Client client{runtime, 128};
};

// ---- All are there

/// One browser's confirm in two tabs, at two entries, with one key, at the same moment.
Task<std::vector<Reply>> confirm_twice(Guest& guest, Buyer& other_tab, std::string key) {
  std::vector<Task<Reply>> both;
  both.push_back(guest.buyer().confirm(key));
  both.push_back(other_tab.confirm(key));
  co_return co_await when_all(std::move(both));
}

struct Wanting {
  std::vector<std::unique_ptr<Guest>> guests;
  std::map<std::string, int> outcomes;
  std::set<std::string> orders;
  std::vector<std::string> wrong;
};

Task<int> want(Runtime& runtime, http::Client& client, const std::vector<std::string>& entries, Wanting& all, std::size_t mine) {
  Guest& guest = *all.guests[mine];
  Buyer other_tab(client, entries[(mine + 1) % entries.size()]);
  other_tab.resume(guest.buyer().cart_token(), guest.buyer().session(), guest.buyer().quote(), guest.buyer().total());
  const std::string key = text("buy-", mine);
  const auto both = co_await confirm_twice(guest, other_tab, key);
  const auto last = co_await guest.confirm(runtime, key);
  const std::string order = is_confirmed(last) ? member_of(last.body, "order_id") : "";
  for (const auto& reply : both) {
    if (is_confirmed(reply) && member_of(reply.body, "order_id") != order) all.wrong.push_back(text(mine, ": ", reply.body, " and then ", last.body));
  }
  ++all.outcomes[order.empty() ? text(last.status, " ", last.reason) : "confirmed"];
  if (!order.empty()) all.orders.insert(order);
  co_return 0;
}

// The demo holds 3 × 200 lotus teas of 50 g. 24 guests, half of them at each entry, want 50 each, so there are units for exactly twelve of them; each confirms
// at both entries at once.
TEST_F(Replicas, TwoOfEachSellAtBothEntriesAtOnceAndNothingTwice) {
  open("replicas");
  shop->start_all();
  start_selling();
  Wanting all;
  std::vector<Task<Reply>> preparing;
  for (std::size_t i = 0; i < 56; ++i) {
    all.guests.push_back(std::make_unique<Guest>(client, shop->urls(), i));
    preparing.push_back(all.guests.back()->prepare(runtime, "TEA-LOTUS-50", 12, text("guest-", i)));
  }
  for (const auto& prepared : run(when_all(std::move(preparing)))) ASSERT_EQ(prepared.status, 200) << prepared.body;
  std::vector<Task<int>> wanting;
  for (std::size_t i = 0; i < all.guests.size(); ++i) wanting.push_back(want(runtime, client, shop->urls(), all, i));
  (void)run(when_all(std::move(wanting)));
  EXPECT_EQ(all.outcomes, (std::map<std::string, int>{{"confirmed", 50}, {"409 OUT_OF_STOCK", 6}}));
  EXPECT_EQ(all.orders.size(), 50u);
  EXPECT_THAT(all.wrong, IsEmpty());
  EXPECT_EQ(value("order", "SELECT count(*) FROM order_header"), "50");
  // Each replica had its share.
  const std::map<std::string, std::string> served{{"entry", "emporion_gateway_own_seconds_count"},
                                                  {"sales", R"(emporion_calls_total{operation="checkout.)"},
                                                  {"goods", R"(emporion_calls_total{operation="warehouse.)"}};
  for (const auto& [process, metric] : served) {
    for (const char* replica : {"-1", "-2"}) EXPECT_THAT(sum_of(metrics_of(process + replica), metric), Gt(0)) << process << replica;
  }
  expect_clean_books();
  expect_clean_end();
}

// ---- One of each dies

/// Guests who buy until they are told to stop, and what they were promised.
struct Shopping {
  const std::vector<std::string>& entries;
  bool stopped = false;
  std::set<std::string> orders;
  std::vector<std::string> lost;
  UtcTime last_order;
  microseconds longest_gap{0};
};

Task<int> shop_on(Runtime& runtime, http::Client& client, Shopping& all, int number) {
  const SystemClock clock;
  for (int purchase = 0; !all.stopped; ++purchase) {
    Guest guest(client, all.entries, static_cast<std::size_t>(number + purchase));
    const std::string name = text("shopper-", number, "-", purchase);
    const auto prepared = co_await guest.prepare(runtime, "TEA-JASMINE-100", 1, name);
    const auto confirmed = prepared.status == 200 ? co_await guest.confirm(runtime, "buy-" + name) : prepared;
    if (is_confirmed(confirmed)) {
      const UtcTime now = clock.now();
      if (!all.orders.empty()) all.longest_gap = std::max(all.longest_gap, now - all.last_order);
      all.last_order = now;
      all.orders.insert(member_of(confirmed.body, "order_id"));
    } else {
      all.lost.push_back(text(name, ": ", confirmed.status, " ", confirmed.body));
    }
  }
  co_return 0;
}

struct ReplicasDying : Replicas {
  static constexpr const char* settings = "checkout: {saga_lease_s: 3}\n";
  /// Of the sagas that place orders: those that have not ended.
  std::string open_sagas() { return value("checkout", "SELECT count(*) FROM saga WHERE state NOT IN ('completed', 'failed')"); }

  template <typename Condition>
  static Task<bool> until(Runtime& loop, int limit_s, Condition condition) {
    for (int i = 0; i < limit_s * 20; ++i) {
      if (condition()) co_return true;
      co_await loop.sleep_for(milliseconds(50));  // tidy-allow(test_sleeps): polls other processes.
    }
    co_return false;
  }
  /// Kills one of each process in the middle, and lets the guests stop once they have bought much more from those that are left.
  static Task<int> reap(ReplicasDying& test, FaultFile& fault, Shopping& shopping) {
    Runtime& loop = test.runtime;
    EXPECT_TRUE(co_await until(loop, 60, [&] { return shopping.orders.size() >= 6; }));
    fault.arm("crash:checkout.place_order.create_payment.do.before:3");
    EXPECT_TRUE(co_await until(loop, 60, [&] { return fault.has_fired() && !test.shop->part("sales-1").is_running(); })) << "the saga was not met";
    test.orphans = test.value("checkout", "SELECT count(*) FROM saga WHERE state NOT IN ('completed', 'failed') AND step = 'create_payment'");
    for (const char* victim : {"goods-1", "entry-1"}) {
      const auto bought = shopping.orders.size();
      EXPECT_TRUE(co_await until(loop, 60, [&] { return shopping.orders.size() >= bought + 4; })) << "before " << victim << " dies";
      test.shop->part(victim).kill();
    }
    const auto bought = shopping.orders.size();
    EXPECT_TRUE(co_await until(loop, 60, [&] { return shopping.orders.size() >= bought + 8; })) << "of one of each";
    shopping.stopped = true;
    co_return 0;
  }
  std::string orphans;
};

TEST_F(ReplicasDying, OneOfEachCostsNoOrderAndItsSagasAreTakenOver) {
  open("replicas", settings);
  FaultFile fault(shop->whole().home() / "fault");
  fault.disarm();
  shop->launch("sales-1", {fault.environment()});
  shop->start_all();
  (void)shop->part("sales-1").wait_until_ready();
  start_selling();
  Shopping shopping{.entries = shop->urls()};
  std::vector<Task<int>> all;
  for (int i = 0; i < 5; ++i) all.push_back(shop_on(runtime, client, shopping, i));
  all.push_back(reap(*this, fault, shopping));
  (void)run(when_all(std::move(all)));
  std::printf("%zu orders, the longest time without one was %lld ms\n", shopping.orders.size(), static_cast<long long>(shopping.longest_gap.count() / 1000));
  EXPECT_THAT(shopping.lost, IsEmpty());
  EXPECT_NE(orphans, "0") << "the one that died left no saga behind";
  // The dead stay away until all that they had begun has ended.
  EXPECT_TRUE(testing::eventually(runtime, [&] { return open_sagas() == "0"; }, [&] { return open_sagas() + " sagas are open"; }, seconds(60)));
  std::set<std::string> there;
  for (const auto& order : shopping.orders) {
    if (value("order", text("SELECT status FROM order_header WHERE id = '", order, "'")) != "") there.insert(order);
  }
  EXPECT_EQ(there, shopping.orders);
  EXPECT_EQ(value("order", "SELECT count(*) FROM order_header"), std::to_string(shopping.orders.size()));
  expect_clean_books();
  // They come back, and the shop sells at the entry that was lost.
  shop->start_all();
  start_selling();
  Guest next(client, shop->urls(), 0);
  ASSERT_EQ(run(next.prepare(runtime, "TEA-JASMINE-100", 1, "next")).status, 200);
  EXPECT_TRUE(is_confirmed(run(next.confirm(runtime, "buy-next"))));
  expect_clean_books();
  expect_clean_end();
}

// ---- Limits

Task<Reply> look(http::Client& client, std::string entry, std::vector<std::string>& without_time) {
  auto answer = co_await client.send({.method = Method::get, .url = entry + "/api/v1/catalog/products?page_size=1", .timeout = seconds(30)});
  if (!answer) co_return Reply{0, answer.error().reason(), {}};
  const auto is_time = [](const http::Header& header) { return ascii_lower(header.name) == "retry-after"; };
  if (answer->status == 429 && std::ranges::none_of(answer->headers, is_time)) without_time.push_back(answer->body);
  co_return Reply{answer->status, member_of(answer->body, "reason"), answer->body};
}

TEST_F(Replicas, acceptance_platform_3_6_4_AThousandRequestsOfOneAddressAtFourEntriesPassTheBurstAndABlockEach) {
  open("entries");
  shop->start_all({"EMPORION_GATEWAY__RATE__GUEST__PER_MINUTE=100", "EMPORION_GATEWAY__RATE__GUEST__BURST=20"});
  ASSERT_EQ(shop->urls().size(), 4u);
  const auto all_share = [&] {
    return std::ranges::all_of(shop->names(),
                               [&](const std::string& name) { return name == "rest" || sum_of(metrics_of(name), "emporion_gateway_limits_shared") == 1; });
  };
  EXPECT_TRUE(testing::eventually(runtime, all_share, [] { return "limits are not shared"; }, seconds(20)));
  EXPECT_EQ(value("gateway", "SELECT count(*) FROM gateway_replica"), "4");
  const SystemClock clock;
  const UtcTime began = clock.now();
  std::vector<std::string> without_time;
  std::vector<Task<Reply>> requests;
  for (std::size_t i = 0; i < 1'000; ++i) requests.push_back(look(client, shop->urls()[i % 4], without_time));
  std::map<std::string, int> outcomes;
  for (const auto& reply : run(when_all(std::move(requests)))) ++outcomes[reply.status == 200 ? "200" : text(reply.status, " ", reply.reason)];
  const auto refilled = static_cast<int>((clock.now() - began).count() * 100 / 60'000'000) + 1;
  std::printf("%d of 1000 passed within %lld ms\n", outcomes["200"], static_cast<long long>((clock.now() - began).count() / 1000));
  EXPECT_GE(outcomes["200"], 20);
  EXPECT_LE(outcomes["200"], 20 + 4 * 10 + refilled);
  EXPECT_EQ(outcomes["200"] + outcomes["429 RATE_LIMITED"], 1'000) << ::testing::PrintToString(outcomes);
  EXPECT_THAT(without_time, IsEmpty());
  expect_clean_end();
}

}  // namespace
}  // namespace emporion::journeys
