#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <ostream>

#include "apps/emporion/modules.hpp"
#include "kernel/base/text.hpp"
#include "tests/audit/sold_shop.hpp"

// Issue "The first sale", done when 5: the audit says no where there is something wrong. Each of its invariants is broken on purpose, in a shop that sold.
namespace emporion::audit {

/// How a failed test names its row.
static void PrintTo(const Break& rows, std::ostream* out) { *out << rows.module << ": " << rows.invariant << ": " << rows.sql; }

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

/// One shop for all tests: each break happens to a copy.
class Shop final : public ::testing::Environment {
 public:
  void SetUp() override { shop = std::make_unique<SoldShop>(); }
  void TearDown() override {
    EXPECT_TRUE(shop->audit().holds()) << "a break was not to a copy";
    shop.reset();
  }
  static std::unique_ptr<SoldShop> shop;
};
std::unique_ptr<SoldShop> Shop::shop;
::testing::Environment* const registered = ::testing::AddGlobalTestEnvironment(new Shop);

std::vector<Break> all_breaks() {
  std::vector<Break> out;
  for (const auto domain :
       {breaks_of_gateway, breaks_of_identity, breaks_of_product, breaks_of_promotion, breaks_of_order, breaks_of_invoices, breaks_of_payment, breaks_of_money,
        breaks_of_credit, breaks_of_checkout, breaks_of_warehouse, breaks_of_delivery, breaks_between_modules, breaks_of_events}) {
    for (const Break& rows : domain()) out.push_back(rows);
  }
  return out;
}

std::string name_of(std::string_view module, std::string_view invariant) { return text(module, ": ", invariant); }

std::set<std::string> checked(const app::AuditReport& report) {
  std::set<std::string> out;
  for (const auto& line : report.lines) out.insert(name_of(line.module, line.invariant));
  return out;
}

std::string violations_of(const app::AuditReport& report) {
  std::string out;
  for (const auto& violation : report.violations) out += text(violation.module, ": ", violation.invariant, ": ", violation.id, ": ", violation.detail, "\n");
  return out;
}

TEST(Audit, HoldsOverAShopThatSold) {
  const auto report = Shop::shop->audit();
  EXPECT_TRUE(report.holds()) << violations_of(report);
}

// A new invariant needs a row that breaks it, and a break that outlived its invariant goes.
TEST(Audit, HasARowThatBreaksEachInvariant) {
  const auto invariants = checked(Shop::shop->audit());
  std::set<std::string> broken;
  for (const Break& rows : all_breaks()) broken.insert(name_of(rows.module, rows.invariant));
  EXPECT_THAT(broken, UnorderedElementsAreArray(invariants));
  std::printf("%zu invariants, %zu breaks\n", invariants.size(), all_breaks().size());
}

TEST(Audit, NamesEachFactOnce) {
  std::set<std::string_view> names;
  for (const auto& module : app::all_modules()) {
    for (const auto& fact : module.audit_facts) EXPECT_TRUE(names.insert(fact.name).second) << fact.name;
  }
}

// What the tests below see in process is what a person sees: the command's list is the same, and a broken row ends it with 1 and the row's id.
TEST(Audit, IsToldByTheCommand) {
  EXPECT_EQ(Shop::shop->process().audit("", {"--json"}), 0);
  for (const auto& line : Shop::shop->audit().lines) EXPECT_THAT(Shop::shop->process().audit_report(), HasSubstr(line.invariant));
  const auto breaks = breaks_of_warehouse();
  const auto broken = Shop::shop->break_copy(breaks[1]);
  ASSERT_TRUE(broken) << broken.error().to_string();
  EXPECT_EQ(Shop::shop->process().audit(text("databases:\n  warehouse: \"", broken->dsn, "\"\n")), 1);
  const std::string& report = Shop::shop->process().audit_report();
  EXPECT_THAT(report, HasSubstr(text("FAILS warehouse                    ", breaks[1].invariant, ": 1 violations")));
  EXPECT_THAT(report, HasSubstr(*broken->ids.begin()));
  EXPECT_THAT(report, HasSubstr("NOT CLEAN"));
}

struct BrokenRow : ::testing::TestWithParam<Break> {};

TEST_P(BrokenRow, IsNamedByTheAudit) {
  const Break& rows = GetParam();
  const auto broken = Shop::shop->break_copy(rows);
  ASSERT_TRUE(broken) << broken.error().to_string();
  ASSERT_THAT(broken->ids, Not(IsEmpty())) << "the shop has no row to break: " << rows.sql;
  const auto report = Shop::shop->audit(*broken);
  std::set<std::string> failed, named;
  for (const auto& line : report.lines) {
    if (line.violations > 0) failed.insert(line.invariant);
  }
  for (const auto& violation : report.violations) {
    if (violation.invariant == rows.invariant) named.insert(violation.id);
  }
  std::set<std::string> expected(rows.also.begin(), rows.also.end());
  expected.emplace(rows.invariant);
  EXPECT_EQ(failed, expected) << violations_of(report);
  EXPECT_EQ(named, broken->ids) << violations_of(report);
}

std::string test_name(const ::testing::TestParamInfo<Break>& info) {
  std::string out = text(info.index, "_", info.param.module.substr(0, info.param.module.find('.')), "_", info.param.invariant);
  std::ranges::replace_if(out, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return out;
}
INSTANTIATE_TEST_SUITE_P(Audit, BrokenRow, ::testing::ValuesIn(all_breaks()), test_name);

}  // namespace
}  // namespace emporion::audit
