#include <algorithm>

#include "kernel/postgres/blocking.hpp"
#include "kernel/testing/seeded_random.hpp"
#include "modules/commerce/checkout/testing/placement_fixture.hpp"

// What one buyer asks for at the same time meets on the rows of a cart and its session, and one waits for the other: none is the victim of a deadlock. The
// order that sees to it stands in migrations/0002_checkout.sql.
namespace emporion::checkout {
namespace {

/// The module as one process of several runs it, over a single connection.
struct Replica {
  Replica(Runtime& runtime, std::unique_ptr<postgres::Database> own, const Calls& neighbours, const Clock& clock, Random& random,
          const config::Settings& settings)
      : database(std::move(own)),
        calls(neighbours),
        jobs(runtime, *database, clock, random),
        module(definition().create({"checkout", runtime, *database, calls, clock, random, settings, jobs})) {
    module->bind(calls);
  }
  v1::CheckoutApi& api() { return calls.get<v1::CheckoutApi>(); }

  std::unique_ptr<postgres::Database> database;
  Calls calls;
  Jobs jobs;
  std::unique_ptr<Module> module;
};

struct LockOrder : PlacementTest {
  LockOrder() {
    drives_sagas = false;  // The replicas do.
    auto opened = postgres::BlockingConnection::open(superuser_dsn());
    EXPECT_TRUE(opened.has_value());
    aside = std::make_unique<postgres::BlockingConnection>(std::move(*opened));
  }

  Replica& a_replica() {
    auto wanted = options();
    wanted.connections_shared = 1;
    replicas.push_back(std::make_unique<Replica>(runtime(), another(wanted), calls(), clock, random, settings()));
    EXPECT_TRUE(run(replicas.back()->module->start()));
    return *replicas.back();
  }
  /// A connection tells of its deadlocks at the latest when it ends.
  std::string deadlocks_once_all_have_ended() {
    const std::string own = "datname = current_database() AND usename <> current_user";
    for (const auto& replica : replicas) {
      run(replica->module->stop());
      run(replica->database->close());
    }
    replicas.clear();
    EXPECT_TRUE(testing::eventually(
        runtime(), [&] { return value("SELECT count(*) <= 2 FROM pg_stat_activity WHERE " + own) == "t"; },
        [&] { return value("SELECT string_agg(query, '; ') FROM pg_stat_activity WHERE " + own); }));
    return value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
  }

  /// Those who wait for a lock, and those who have been answered.
  int arrived() { return answered + std::stoi(value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")); }

  /// Sends `request` as the `turn`th of a round, and again when it has been answered, each time under a new key. Says which answers were "try again".
  template <typename Request>
  Task<std::string> insist(int turn, std::string name, Request request) {
    while (arrived() < turn) co_await runtime().yield();
    std::string out;
    for (int i = 0; i < times; ++i) {
      const auto answer = co_await request(text(name, ' ', i));
      if (i == 0) ++answered;
      if (!answer && answer.error().reason() == "DATABASE_RETRY") out += text(name, ' ', i, ": ", answer.error().to_string(), '\n');
    }
    co_return out;
  }
  Task<std::string> let_go_once_all_have_arrived(int turns) {
    while (arrived() < turns) co_await runtime().yield();
    const auto done = aside->run("COMMIT");
    co_return done ? "" : done.error().to_string();
  }

  static constexpr int times = 3;
  int answered = 0;
  std::unique_ptr<postgres::BlockingConnection> aside;
  std::vector<std::unique_ptr<Replica>> replicas;
};

TEST_F(LockOrder, WhateverABuyerAsksForAtOnceNoRequestIsTheVictimOfADeadlock) {
  constexpr int rounds = 60;
  auto seeded = testing::SeededRandom::of_this_run();
  // Given a buyer whose confirms are accepted and then fail for want of stock, so that cart and session go to and fro
  faults.refuse("warehouse.reserve", Error(ErrorKind::conflict, "INSUFFICIENT_STOCK", ""), times * 2 * rounds);
  auto buyer = a_buyer("linh", card("pm_ok"));
  const Uuid line = run(api().get_cart(buyer.call, {}))->cart.lines.at(0).line_id;
  const std::string session = text('\'', buyer.session, '\'');
  auto &confirms = a_replica(), &confirms_too = a_replica(), &opens = a_replica(), &quotes = a_replica(), &edits = a_replica(), &merges = a_replica();
  for (int round = 0; round < rounds && !HasFailure(); ++round) {
    SCOPED_TRACE(text("round ", round));
    expect_ok(preview(buyer));
    const auto guests = run(api().add_cart_item(keyed(guest(), text("guest ", round)), {.sku = "TEA", .qty = 1}));
    expect_ok(guests);
    // When the requests arrive in an order of their own at a cart, or a session, that is taken
    const auto named = [&](std::string_view what, const std::string& name) { return keyed(buyer.call, text(what, ' ', name, " of ", round)); };
    const auto confirm_at = [&](Replica& replica, std::string_view what) {
      return [&, what](const std::string& name) { return replica.api().confirm_checkout(named(what, name), confirmation_of(buyer)); };
    };
    const auto open = [&](const std::string& name) { return opens.api().start_checkout(named("open", name), {}); };
    const auto quote = [&](const std::string& name) { return quotes.api().preview_checkout(named("quote", name), {.id = buyer.session}); };
    const auto edit = [&](const std::string& name) { return edits.api().update_cart_item(named("edit", name), {.line_id = line, .qty = 2 + round % 2}); };
    const auto merge = [&](const std::string& name) { return merges.api().merge_cart(named("merge", name), {.cart_token = guests->set_cart_token}); };
    std::vector<int> turns{0, 1, 2, 3, 4, 5};
    for (std::size_t i = turns.size() - 1; i > 0; --i) std::swap(turns[i], turns[seeded.below(i + 1)]);
    answered = 0;
    ASSERT_TRUE(aside->run("BEGIN").has_value());
    ASSERT_TRUE(aside
                    ->run(seeded.below(2) == 0
                              ? text("SELECT FROM checkout_session WHERE id = ", session, " FOR UPDATE")
                              : text("SELECT FROM cart c JOIN checkout_session s ON s.cart_id = c.id WHERE s.id = ", session, " FOR UPDATE OF c"))
                    .has_value());
    std::vector<Task<std::string>> all;
    all.push_back(insist(turns[0], "a confirm", confirm_at(confirms, "one")));
    all.push_back(insist(turns[1], "another confirm", confirm_at(confirms_too, "another")));
    all.push_back(insist(turns[2], "an open", open));
    all.push_back(insist(turns[3], "a quote", quote));
    all.push_back(insist(turns[4], "an edit", edit));
    all.push_back(insist(turns[5], "a merge", merge));
    all.push_back(let_go_once_all_have_arrived(static_cast<int>(turns.size())));
    // Then each waits for its turn
    for (const auto& said : run(when_all(std::move(all)))) EXPECT_EQ(said, "");
    EXPECT_TRUE(testing::eventually(runtime(), [&] { return count("saga WHERE state NOT IN ('completed', 'failed')") == "0"; }));
  }
  EXPECT_EQ(deadlocks_once_all_have_ended(), "0");
  if (!HasFailure()) EXPECT_GT(std::stoi(count("saga WHERE state = 'failed'")), rounds / 4) << "confirms that were accepted";
}

// Sagas move in batches: the one that ends the guest's may have ended the customer's just before, and then waits for the guest's cart.
TEST_F(LockOrder, AMergeOfACartThatIsBeingBoughtIsRefusedBeforeItAsksForTheCustomers) {
  const auto buyer = a_buyer("linh", card("pm_ok"));
  const auto guests = run(api().add_cart_item(keyed(guest(), "guest"), {.sku = "TEA", .qty = 1}));
  expect_ok(guests);
  sql("UPDATE cart SET status = 'locked', saga_id = gen_random_uuid() WHERE customer_id IS NULL");
  ASSERT_TRUE(aside->run("BEGIN").has_value());
  ASSERT_TRUE(aside->run("SELECT FROM cart WHERE customer_id IS NOT NULL FOR UPDATE").has_value());
  EXPECT_EQ(run(api().merge_cart(keyed(buyer.call, "merge"), {.cart_token = guests->set_cart_token})).error().reason(), "CART_LOCKED");
  ASSERT_TRUE(aside->run("COMMIT").has_value());
}

}  // namespace
}  // namespace emporion::checkout
