#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "apps/emporion/export/exported_files.hpp"
#include "apps/emporion/export/module_needs.hpp"
#include "apps/emporion/export/settings_yaml.hpp"
#include "kernel/testing/temporary_folder.hpp"

namespace emporion::app {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string content_of(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

struct Export : ::testing::Test {
  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(temporary.path() / name) << content;
    return (temporary.path() / name).string();
  }
  /// Of a placement with two processes, `rest` added.
  Result<DeploymentPlan> plan(const std::string& rest = "", const std::string& edge = "edge") const {
    return plan_deployment(file("shop.yaml", "processes:\n  " + edge +
                                                 ": {modules: [auth, gateway, user], listen: 127.0.0.1:9101, replicas: 2}\n"
                                                 "  sales: {modules: [catalog, checkout, fulfillment, location, order, payment, pricing, promotion, shipping, "
                                                 "warehouse], listen: 127.0.0.1:9111}\n" +
                                                 rest));
  }
  std::string refusal(const std::string& rest, const std::string& edge = "edge") const {
    const auto refused = plan(rest, edge);
    return refused ? "none" : refused.error().to_string();
  }
  testing::TemporaryFolder temporary{"export"};
};

TEST_F(Export, APlacementForContainersHoldsAndKeepsTheSettings) {
  const auto planned = plan("checkout: {currency: GBP, note: \"two words: \\\"quoted\\\"\"}\nlist: [a, \"b: c\", \"\"]\nhttp: {port: 99}\nhome: /srv\n");
  ASSERT_TRUE(planned) << planned.error().to_string();
  const auto again = placement_in(file("again.yaml", planned->placement));
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(again->settings.string("checkout.currency", ""), "GBP");
  EXPECT_EQ(again->settings.string("checkout.note", ""), "two words: \"quoted\"");
  EXPECT_THAT(again->settings.strings("list"), ElementsAre("a", "b: c", ""));
  EXPECT_EQ(again->home, "/var/lib/emporion");
  EXPECT_EQ(again->described.processes.front().listen.front().to_string(), "edge:9100");
  EXPECT_EQ(again->described.processes.front().http.front().to_string(), "0.0.0.0:8080");
  EXPECT_EQ(again->dsn_of("order"), "host=postgres dbname=emporion_order user=emporion_order");
  EXPECT_EQ(settings_yaml(again->settings), settings_yaml(placement_in(file("third.yaml", planned->placement))->settings));
}

TEST_F(Export, ADatabaseThatThePlacementNamesStaysWhereItIs) {
  const auto planned = plan("databases: {order: \"host=db2 port=6432 dbname=o user=o\"}\n");
  ASSERT_TRUE(planned);
  EXPECT_THAT(planned->placement, HasSubstr("order: \"host=db2 port=6432 dbname=o user=o\""));
  const auto script = database_script(*planned, "x");
  EXPECT_THAT(script, HasSubstr("make sales emporion_payment emporion_payment\n"));
  EXPECT_THAT(script, Not(HasSubstr("make sales o o")));
  EXPECT_THAT(kubernetes_files(*planned)["overlays/production/database-policy.yaml"], HasSubstr("port: 6432"));
}

TEST_F(Export, WhoTellsTheBrokerReachesIt) {
  const auto planned = plan("bridge: {topics: [order.order.confirmed]}\n");
  ASSERT_TRUE(planned);
  auto files = kubernetes_files(*planned);
  EXPECT_THAT(files["base/process-sales.yaml"], HasSubstr("port: 5671"));
  EXPECT_THAT(files["base/process-edge.yaml"], Not(HasSubstr("port: 5671")));
}

TEST_F(Export, TheEnvironmentIsNotAskedForAnything) {
  const auto before = plan();
  ::setenv("EMPORION_CHECKOUT__CURRENCY", "XXX", 1);
  const auto after = plan();
  ::unsetenv("EMPORION_CHECKOUT__CURRENCY");
  ASSERT_TRUE(before && after);
  EXPECT_EQ(kubernetes_files(*before), kubernetes_files(*after));
}

TEST_F(Export, SecretsAndNamesThatNoNetworkTakesAreRefused) {
  EXPECT_THAT(refusal("payment: {stripe: {secret_key: sk_test}}\n"), HasSubstr("payment.stripe.secret_key is a secret"));
  EXPECT_THAT(refusal("payment: {stripe: {secret_key: sk_test}}\n"), HasSubstr("EMPORION_PAYMENT__STRIPE__SECRET_KEY"));
  EXPECT_THAT(refusal("shipping: {demo_carrier: {secrets: [a]}}\n"), HasSubstr("SECRET_IN_PLACEMENT"));
  EXPECT_THAT(refusal("databases: {order: host=db dbname=o user=o password=x}\n"), HasSubstr("PGPASSWORD"));
  EXPECT_THAT(refusal("bridge: {amqp: {url: \"amqp://u:p@host\"}}\n"), HasSubstr("EMPORION_BRIDGE__AMQP__URL"));
  EXPECT_EQ(refusal("mail: {smtp: {password_file: /run/secrets/mail}}\n"), "none");
  EXPECT_THAT(refusal("", "Edge"), HasSubstr("PROCESS_NAME_UNFIT"));
  EXPECT_THAT(refusal("", "my_edge"), HasSubstr("PROCESS_NAME_UNFIT"));
  EXPECT_THAT(refusal("", std::string(60, 'x')), HasSubstr("PROCESS_NAME_UNFIT"));
}

TEST_F(Export, WhatAnEarlierOneWroteGoesAndWhatOthersWroteStays) {
  const fs::path folder = temporary.path() / "out";
  const std::string mark(export_mark);
  ASSERT_TRUE(write_export(folder, {{"a.yaml", mark + "1"}, {"b/c.sh", "#!/bin/sh\n" + mark}}));
  std::ofstream(folder / "b" / "own.yaml") << "mine";
  ASSERT_TRUE(write_export(folder, {{"d.yaml", mark}, {"b/e.sh", "#!/bin/sh\n" + mark}}));
  EXPECT_FALSE(fs::exists(folder / "a.yaml"));
  EXPECT_FALSE(fs::exists(folder / "b" / "c.sh"));
  EXPECT_TRUE(fs::exists(folder / "b" / "own.yaml"));
  EXPECT_NE(fs::status(folder / "b" / "e.sh").permissions() & fs::perms::owner_exec, fs::perms::none);
}

TEST_F(Export, AForeignFileIsNotWrittenOverAndNothingIsHalfDone) {
  const fs::path folder = temporary.path() / "out";
  fs::create_directories(folder);
  std::ofstream(folder / "b.yaml") << "mine";
  const auto refused = write_export(folder, {{"a.yaml", std::string(export_mark)}, {"b.yaml", std::string(export_mark)}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "FILE_FOREIGN");
  EXPECT_EQ(content_of(folder / "b.yaml"), "mine");
  EXPECT_FALSE(fs::exists(folder / "a.yaml"));
}

TEST_F(Export, APatternKeepsWhatIsNoName) { EXPECT_EQ(filled("a @b@ c@d @b@", {{"b", "x"}}), "a x c@d x"); }

/// Whether a module's own sources, tests apart, mention it.
bool mentions(const fs::path& module, std::string_view words) {
  for (const auto& entry : fs::recursive_directory_iterator(module)) {
    const auto path = entry.path();
    if ((path.extension() != ".cpp" && path.extension() != ".hpp") || path.string().contains("/testing/") || path.string().contains("test.cpp")) continue;
    if (content_of(path).contains(words)) return true;
  }
  return false;
}

TEST(ModuleNeeds, AreWhatTheModulesSourcesShow) {
  std::vector<std::string> wrong;
  for (const auto& domain : fs::directory_iterator(fs::path(EMPORION_SOURCE_DIR) / "modules")) {
    if (!domain.is_directory()) continue;
    for (const auto& module : fs::directory_iterator(domain)) {
      const std::string name = module.path().filename();
      const auto found = std::ranges::find(module_needs, name, &ModuleNeeds::module);
      const ModuleNeeds stated = found == module_needs.end() ? ModuleNeeds{.module = name} : *found;
      if (stated.identity_key != mentions(module, "identity.master_key_file")) wrong.push_back(name + ": identity key");
      if (stated.mail != mentions(module, "#include \"kernel/mail/")) wrong.push_back(name + ": mail");
      if (stated.https != mentions(module, "#include \"kernel/http/client.hpp\"")) wrong.push_back(name + ": https");
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

}  // namespace
}  // namespace emporion::app
