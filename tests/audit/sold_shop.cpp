#include "tests/audit/sold_shop.hpp"

#include <gtest/gtest.h>

#include "apps/emporion/modules.hpp"
#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/testing/eventually.hpp"
#include "tests/journeys/free_ports.hpp"

namespace emporion::audit {
namespace {

using journeys::Buyer;
using journeys::member_of;
using postgres::BlockingConnection;
using postgres::PrivateCluster;

constexpr std::string_view copy_name = "emporion_broken";
constexpr const char* quick_carrier = "demo: true\nshipping:\n  demo_carrier:\n    step_ms: 100\n";

BlockingConnection superuser(const PrivateCluster& cluster, std::string_view database) {
  auto connection = BlockingConnection::open(cluster.superuser_dsn(database));
  EXPECT_TRUE(connection) << connection.error().to_string();
  EMP_ASSERT(connection.has_value());
  return std::move(*connection);
}

/// Takes a constraint or a unique index away, whichever has the name.
std::string drop_of(std::string_view name) {
  return text("DO $$ DECLARE owner regclass := (SELECT conrelid FROM pg_constraint WHERE conname = '", name,
              "' AND conparentid = 0); BEGIN IF owner IS NULL THEN EXECUTE 'DROP INDEX ", name, "'; ELSE EXECUTE format('ALTER TABLE %s DROP CONSTRAINT ", name,
              "', owner); END IF; END $$");
}

}  // namespace

SoldShop::SoldShop() : process_(quick_carrier) {
  sell_and_deliver();
  sell_and_cancel();
  auto share = app::HomeShare::take(process_.home());
  EMP_ASSERT(share.has_value());
  share_ = std::move(*share);
  cluster_ = quick_cluster();
}

SoldShop::~SoldShop() {
  if (share_) (void)share_->leave([this] { return cluster_->stop(); });
}

PrivateCluster SoldShop::quick_cluster() const {
  auto cluster = PrivateCluster::start(process_.home() / "postgres", {}, postgres::Durability::none_for_tests);
  EXPECT_TRUE(cluster) << cluster.error().to_string();
  EMP_ASSERT(cluster.has_value());
  return std::move(*cluster);
}

void SoldShop::start(const std::vector<std::string>& environment, std::uint16_t port) {
  (void)quick_cluster();  // The server takes the cluster that runs, and stops it with itself.
  process_.start(environment, port);
}

void SoldShop::buy(Buyer& buyer, const std::string& sku, int qty, const std::string& name, const std::string& coupon, bool with_gift_card) {
  const auto prepared = run_until_done(runtime_, buyer.prepare(sku, qty, name));
  ASSERT_EQ(prepared.status, 200) << prepared.reason << prepared.body;
  if (!coupon.empty()) {
    const auto reduced = run_until_done(runtime_, buyer.use_coupon(coupon));
    ASSERT_EQ(reduced.status, 200) << reduced.reason << reduced.body;
  }
  if (with_gift_card) {
    const auto less = run_until_done(runtime_, buyer.use_gift_card(std::string(journeys::demo_gift_card), 20'000));
    ASSERT_EQ(less.status, 200) << less.reason << less.body;
  }
  const auto confirmed = run_until_done(runtime_, buyer.confirm("buy-" + name));
  ASSERT_EQ(confirmed.status, 201) << confirmed.reason << confirmed.body;
}

void SoldShop::wait_for(std::string_view module, const std::string& sql, const std::string& wanted) {
  auto database = superuser(quick_cluster(), text("emporion_", module));
  std::string seen;
  const auto comes_true = [&] {
    const auto rows = database.run(sql);
    seen = !rows ? rows.error().detail() : rows->empty() ? "no row" : (*rows)[0][0].value_or("null");
    return seen == wanted;
  };
  ASSERT_TRUE(testing::eventually(runtime_, comes_true, [&] { return seen; }, seconds(60))) << sql;
}

void SoldShop::wait_for_clean_books() { ASSERT_EQ(process_.audit(), 0) << process_.audit_report(); }

// The warehouse has no people and the courier no roads: this order is picked, sent, delivered and paid at the door.
void SoldShop::sell_and_deliver() {
  start({}, journeys::free_ports(1).front());  // The demo carrier must know where it reports to before the server listens.
  http::Client client(runtime_);
  Buyer guest(client, process_.url());
  buy(guest, "TEA-JASMINE-100", 2, "guest");
  wait_for("order", "SELECT status FROM order_header", "delivered");
  wait_for("payment", "SELECT status FROM payment", "captured");
  wait_for("fulfillment", "SELECT status FROM fulfillment", "completed");
  wait_for_clean_books();
  ASSERT_EQ(process_.stop(), 0);
}

// The people of the warehouse have gone home, so that what is sold now stays where it is.
void SoldShop::sell_and_cancel() {
  start({"EMPORION_FULFILLMENT__AUTOPILOT=false"}, 0);
  http::Client client(runtime_);
  Buyer customer(client, process_.url());
  const auto registered = run_until_done(
      runtime_, customer.call(http::Method::post, "/api/v1/auth/register", R"({"email":"linh@example.com","password":"a long quiet river"})", "register"));
  ASSERT_EQ(registered.status, 202) << registered.body;
  // She signs in on two devices and leaves one of them.
  const std::string credentials = R"({"identifier":"linh@example.com","password":"a long quiet river"})";
  Buyer other_device(client, process_.url());
  const auto elsewhere = run_until_done(runtime_, other_device.call(http::Method::post, "/api/v1/auth/login", credentials));
  ASSERT_EQ(elsewhere.status, 200) << elsewhere.body;
  const std::string leaving = text(R"({"refresh_token":")", member_of(elsewhere.body, "refresh_token"), R"("})");
  const auto logout = run_until_done(runtime_, other_device.call(http::Method::post, "/api/v1/auth/logout", leaving));
  ASSERT_EQ(logout.status, 204) << logout.body;
  const auto login = run_until_done(runtime_, customer.call(http::Method::post, "/api/v1/auth/login", credentials));
  ASSERT_EQ(login.status, 200) << login.body;
  customer.sign_in(member_of(login.body, "access_token"));
  buy(customer, "CER-BOWL-BLUE", 4, "linh-keeps", "WELCOME10", true);
  buy(customer, "TEA-LOTUS-50", 3, "linh-cancels");
  const auto placed = run_until_done(runtime_, customer.call(http::Method::get, "/api/v1/checkout/" + customer.session() + "/confirmation"));
  const auto cancelled = run_until_done(
      runtime_, customer.call(http::Method::post, "/api/v1/orders/" + member_of(placed.body, "order_id") + "/cancel", R"({"reason":"too many"})", "cancel"));
  ASSERT_EQ(cancelled.status, 200) << cancelled.body << placed.body;
  Buyer undecided(client, process_.url());
  ASSERT_EQ(run_until_done(runtime_, undecided.prepare("TEA-JASMINE-250", 1, "undecided")).status, 200);
  wait_for("payment", "SELECT status FROM payment ORDER BY created_at DESC LIMIT 1", "voided");
  wait_for("warehouse", "SELECT status FROM reservation ORDER BY created_at DESC LIMIT 1", "released");
  // All three orders have their invoice, and the cancelled one its credit note.
  wait_for("order", "SELECT string_agg(kind || ' ' || status, ', ' ORDER BY kind, status) FROM invoice",
           "credit_note issued, invoice credited, invoice issued, invoice issued");
  wait_for_clean_books();
  ASSERT_EQ(process_.stop(), 0);
}

app::Placement SoldShop::placement() const {
  app::Placement out;
  out.use_home(process_.home().string());
  return out;
}

app::AuditReport SoldShop::audit() { return audit(placement()); }

app::AuditReport SoldShop::audit(const Broken& broken) {
  auto with_the_copy = placement();
  with_the_copy.settings.set("databases." + broken.database, broken.dsn);
  return audit(std::move(with_the_copy));
}

app::AuditReport SoldShop::audit(app::Placement placement) {
  const auto modules = app::all_modules();
  auto databases = app::Databases::open(placement, modules, app::Purpose::tool, {});
  EXPECT_TRUE(databases) << databases.error().to_string();
  EMP_ASSERT(databases.has_value());
  auto report = run_until_done(runtime_, app::audit(runtime_, *databases, modules, milliseconds(0)));
  EXPECT_TRUE(report) << report.error().to_string();
  EMP_ASSERT(report.has_value());
  return std::move(*report);
}

Result<SoldShop::Broken> SoldShop::break_copy(const Break& rows) {
  Broken out;
  out.database = rows.database.empty() ? rows.module : rows.database;
  const std::string original = "emporion_" + out.database;
  {
    auto administrator = superuser(*cluster_, "postgres");
    EMP_TRY(administrator.run(text("DROP DATABASE IF EXISTS ", copy_name, " WITH (FORCE)")));
    EMP_TRY(administrator.run(text("CREATE DATABASE ", copy_name, " TEMPLATE ", original, " OWNER ", original)));
  }
  EMP_ASSIGN(const auto dsn, cluster_->ensure_database(out.database));
  out.dsn = text(dsn, " dbname=", copy_name);
  auto copy = superuser(*cluster_, copy_name);
  EMP_TRY(copy.run("SET session_replication_role = replica"));
  auto broken = copy.run(std::string(rows.sql));
  for (const std::string_view name : rows.held_by) {
    if (broken) return fail(ErrorKind::internal, "NOT_HELD", text(name, " does not refuse it"));
    if (broken.error().detail().find(name) == std::string::npos) return fail(broken.error());
    EMP_TRY(copy.run(drop_of(name)));
    broken = copy.run(std::string(rows.sql));
  }
  if (!broken) return fail(broken.error());
  for (const auto& row : *broken) out.ids.insert(row.at(0).value_or("null"));
  return out;
}

}  // namespace emporion::audit
