#include "apps/emporion/placement_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/emporion/placement_graph.hpp"

namespace emporion::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A shop of four: the gateway needs auth before it has started, order calls payment and hears it, and the tests of the start add what they need.
struct SmallShop {
  static constexpr std::string_view auth[] = {"auth"};
  static constexpr std::string_view order[] = {"order"};
  static constexpr std::string_view payment[] = {"payment"};
  static constexpr std::string_view captured[] = {"payment.payment.captured"};
  contracts::Topic topics[1] = {{"payment.payment.captured", "payment", order}};
  contracts::ModuleLinks modules[4] = {{"auth", {}, {}, {}}, {"gateway", auth, auth, {}}, {"order", payment, {}, captured}, {"payment", {}, {}, {}}};
  ContractLinks links() const { return {.modules = modules, .topics = topics}; }
};

Placement placement_of(std::string_view yaml) {
  Placement out;
  out.settings = config::Settings::parse(yaml).value();
  out.described = read_processes(out.settings, std::vector<std::string>{"auth", "gateway", "order", "payment"}, {out.address, out.port});
  return out;
}

std::vector<std::string> faults(std::string_view yaml, const SmallShop& shop = {}) { return faults_of(placement_of(yaml), shop.links()); }

constexpr std::string_view two = R"(
processes:
  edge: {modules: [auth, gateway], listen: 127.0.0.1:9001}
  sales: {modules: [order, payment], listen: 127.0.0.1:9002}
)";

TEST(PlacementCheck, AWholePlacementHolds) {
  EXPECT_THAT(faults(""), IsEmpty());
  EXPECT_THAT(faults(two), IsEmpty());
}

TEST(PlacementCheck, AFaultOfTheWritingIsOne) {
  EXPECT_THAT(faults("processes: {all: {modules: [auth, gateway, order, payment], ports: 1}}"), ElementsAre(HasSubstr("there is no 'ports'")));
}

TEST(PlacementCheck, AnUnknownModuleIsRefused) {
  EXPECT_THAT(faults("processes: {all: {modules: [auth, gateway, order, payment, paymant]}}"), ElementsAre("process all: there is no module paymant"));
}

TEST(PlacementCheck, AModuleInNoProcessIsNamedWithThoseWhoMissIt) {
  EXPECT_THAT(faults("processes: {all: {modules: [auth, gateway, order]}}"), ElementsAre("module payment is in no process; called by order; heard by order"));
  EXPECT_THAT(faults("processes: {all: {modules: [auth, gateway, payment]}}"), ElementsAre("module order is in no process"));
}

TEST(PlacementCheck, AModuleInTwoProcessesHasTwoOwnersOfItsRole) {
  EXPECT_THAT(faults("processes:\n  a: {modules: [auth, gateway, order, payment], listen: h:1}\n  b: {modules: [order], listen: h:2}\n"),
              ElementsAre("module order is in a and b, but its database role has one owner; several of it are replicas of one process"));
}

TEST(PlacementCheck, TwoModulesWithOneRoleOrOneDatabaseAreRefused) {
  EXPECT_THAT(faults("databases:\n  order: host=db user=shop dbname=order\n  payment: postgresql://shop@db/payment\n"),
              ElementsAre("databases.order and databases.payment have one role shop at db:5432; each module has its own"));
  EXPECT_THAT(faults("databases:\n  order: host=db user=order dbname=shop\n  payment: host=db user=payment dbname=shop\n"),
              ElementsAre("databases.order and databases.payment have one database shop at db:5432; each module has its own"));
  EXPECT_THAT(faults("databases:\n  order: host=db user=order\n  payment: host=db user=payment\n"), IsEmpty());
  EXPECT_THAT(faults("databases:\n  order: host=db1 user=shop\n  payment: host=db2 user=shop\n"), IsEmpty());
}

TEST(PlacementCheck, ADatabaseOfNobodyAndAStringThatIsNoneAreRefused) {
  EXPECT_THAT(faults("databases: {orders: host=db}"), ElementsAre("databases.orders: there is no module orders"));
  EXPECT_THAT(faults("databases: {order: the big one}"), ElementsAre("databases.order: not a connection string of PostgreSQL"));
}

TEST(PlacementCheck, AServerForAllModulesNamesNoneOfTheirRoles) {
  EXPECT_THAT(faults("postgres: host=db1,db2 port=5433"), IsEmpty());
  EXPECT_THAT(faults("postgres: host=db1 user=shop"), ElementsAre("postgres: it names a user or a database, but each module has its own on this server"));
  EXPECT_THAT(faults("postgres: the big one"), ElementsAre("postgres: not a connection string of PostgreSQL"));
  EXPECT_THAT(faults("postgres: host=db\ndatabases: {payment: host=db user=emporion_order dbname=payment}"),
              ElementsAre("databases.order and databases.payment have one role emporion_order at db:5432; each module has its own"));
}

TEST(PlacementCheck, AModulesOwnLineWinsOverTheServerForAll) {
  const auto placement = placement_of("postgres: host=db1,db2\ndatabases: {order: host=db3 user=sales}");
  EXPECT_EQ(placement.dsn_of("order"), "host=db3 user=sales");
  EXPECT_EQ(placement.dsn_of("payment"), "dbname='emporion_payment' host='db1,db2' user='emporion_payment'");
  EXPECT_EQ(placement_of("").dsn_of("order"), std::nullopt);
}

TEST(PlacementCheck, TwoProcessesOnOneAddressAreRefused) {
  const auto at = [](std::string_view edge, std::string_view sales) {
    return faults("processes:\n  edge: {modules: [auth, gateway], http: 0.0.0.0:80, listen: " + std::string(edge) +
                  "}\n  sales: {modules: [order, payment], listen: " + std::string(sales) + "}\n");
  };
  EXPECT_THAT(at("h:9001", "h:9001"), ElementsAre("process sales takes h:9001, which edge has already"));
  EXPECT_THAT(at("localhost:9001", "127.0.0.1:9001"), ElementsAre("process sales takes 127.0.0.1:9001, which edge has already"));
}

TEST(PlacementCheck, AReplicasAddressAndThePublicOneAreTakenToo) {
  EXPECT_THAT(faults("processes:\n  edge: {modules: [auth, gateway], listen: h:9001, replicas: 2}\n  sales: {modules: [order, payment], listen: h:9002}\n"),
              ElementsAre("process sales takes h:9002, which edge (replica 2) has already"));
  EXPECT_THAT(faults("processes:\n  edge: {modules: [auth, gateway], listen: h:9001, metrics: h:9002}\n  sales: {modules: [order, payment], listen: h:9002}\n"),
              ElementsAre("process sales takes h:9002, which edge has already"));
  EXPECT_THAT(faults("processes:\n  edge: {modules: [auth, gateway], listen: h:80, http: 0.0.0.0:80}\n  sales: {modules: [order, payment], listen: h:9002}\n"),
              ElementsAre("process edge takes 0.0.0.0:80, which it has already"));
}

TEST(PlacementCheck, AProcessThatOthersCannotReachIsRefused) {
  EXPECT_THAT(faults("processes:\n  edge: {modules: [auth, gateway], listen: h:1}\n  sales: {modules: [order, payment]}\n"),
              ElementsAre("process sales has no listen: others cannot call or hear it"));
}

TEST(PlacementCheck, ProcessesThatWaitForEachOtherAtTheirStartAreRefused) {
  SmallShop shop;
  shop.modules[3].needs_at_start = SmallShop::order;
  EXPECT_THAT(faults(two, shop), IsEmpty()) << "payment and order share a process";
  shop.modules[3].needs_at_start = SmallShop::auth;
  EXPECT_THAT(faults(two, shop), IsEmpty()) << "sales waits for edge, which waits for nobody";
  EXPECT_THAT(faults("processes:\n  edge: {modules: [gateway, order], listen: h:1}\n  sales: {modules: [auth, payment], listen: h:2}\n", shop), IsEmpty());
  shop.modules[0].needs_at_start = SmallShop::order;
  EXPECT_THAT(
      faults("processes:\n  edge: {modules: [gateway, order], listen: h:1}\n  sales: {modules: [auth, payment], listen: h:2}\n", shop),
      ElementsAre("processes edge and sales wait for each other at their start: gateway in edge needs auth in sales and auth in sales needs order in edge"));
}

TEST(PlacementCheck, ModulesThatWaitForEachOtherAreRefusedInOneProcessToo) {
  SmallShop shop;
  shop.modules[2].needs_at_start = SmallShop::payment;
  shop.modules[3].needs_at_start = SmallShop::order;
  EXPECT_THAT(faults(two, shop), ElementsAre("modules order and payment wait for each other at their start"));
}

struct ChosenProcess : ::testing::Test {
  Result<> choose(std::string_view yaml, const std::optional<std::string>& name, int replica = 1) {
    placement = placement_of(yaml);
    return choose_process(placement, name, replica);
  }
  Placement placement;
};

TEST_F(ChosenProcess, TheOnlyOneNeedsNoName) {
  EXPECT_TRUE(choose("", std::nullopt));
  EXPECT_TRUE(choose("processes: {shop: {modules: [auth, gateway, order, payment]}}", "shop"));
}

TEST_F(ChosenProcess, OneOfSeveralIsNamed) {
  EXPECT_EQ(choose(two, std::nullopt).error().reason(), "PROCESS_UNNAMED");
  EXPECT_THAT(choose(two, std::nullopt).error().detail(), HasSubstr("edge and sales"));
  EXPECT_EQ(choose(two, "salez").error().reason(), "PROCESS_UNKNOWN");
}

TEST_F(ChosenProcess, AReplicaTakesItsPublicAddress) {
  constexpr std::string_view yaml = "processes: {all: {modules: [auth, gateway, order, payment], http: 10.0.0.1:80, replicas: 2}}";
  ASSERT_TRUE(choose(yaml, "all", 2));
  EXPECT_EQ(placement.address, "10.0.0.1");
  EXPECT_EQ(placement.port, 81);
  EXPECT_EQ(choose(yaml, "all", 3).error().reason(), "REPLICA_UNKNOWN");
  EXPECT_EQ(choose(yaml, "all", 0).error().reason(), "REPLICA_UNKNOWN");
}

TEST_F(ChosenProcess, KnowsWhichItIsAndWhetherThereAreOthers) {
  EXPECT_EQ(placement.own_process(), nullptr);
  ASSERT_TRUE(choose(two, "sales"));
  EXPECT_EQ(placement.process, "sales");
  EXPECT_EQ(placement.replica, 1);
  ASSERT_NE(placement.own_process(), nullptr);
  EXPECT_THAT(placement.own_process()->modules, ElementsAre("order", "payment"));
  EXPECT_TRUE(placement.has_other_processes());
  ASSERT_TRUE(choose("", std::nullopt));
  EXPECT_FALSE(placement.has_other_processes());
}

TEST_F(ChosenProcess, FindsItsCertificatesInTheHomeUnlessTheyAreElsewhere) {
  ASSERT_TRUE(choose(two, "sales"));
  placement.use_home("/srv/shop");
  EXPECT_EQ(placement.pki_folder(), "/srv/shop/pki");
  ASSERT_TRUE(choose(std::string(two) + "pki: /etc/emporion/pki\n", "sales"));
  placement.use_home("/srv/shop");
  EXPECT_EQ(placement.pki_folder(), "/etc/emporion/pki");
}

TEST(PlacementGraph, TellsWhoCallsAndHearsWhomAndWhere) {
  EXPECT_EQ(graph_text(placement_of(two), SmallShop().links()),
            "process edge, public at 127.0.0.1:8080, listens on 127.0.0.1:9001: auth and gateway\n"
            "process sales, listens on 127.0.0.1:9002: order and payment\n"
            "\n"
            "gateway in edge calls auth in edge, also before it has started\n"
            "order in sales calls payment in sales\n"
            "order in sales hears payment in sales: payment.payment.captured\n"
            "\n"
            "between processes: 0 of 2 calls, 0 of 1 hearings\n");
}

TEST(PlacementGraph, DrawsWhatGoesBetweenProcessesBold) {
  const auto dot =
      graph_dot(placement_of("processes:\n  a: {modules: [auth, gateway, order], listen: h:1}\n  b: {modules: [payment], listen: h:2, replicas: 2}\n"),
                SmallShop().links());
  EXPECT_THAT(dot, HasSubstr("subgraph \"cluster_b\" {\n    label=\"b ×2\";\n    \"payment\";\n  }\n"));
  EXPECT_THAT(dot, HasSubstr("\"gateway\" -> \"auth\" [color=gray];\n"));
  EXPECT_THAT(dot, HasSubstr("\"order\" -> \"payment\" [penwidth=2];\n"));
  EXPECT_THAT(dot, HasSubstr("\"payment\" -> \"order\" [style=dashed, penwidth=2, tooltip=\"payment.payment.captured\"];\n"));
}

}  // namespace
}  // namespace emporion::app
