#include <algorithm>
#include <set>

#include "contracts/openapi.hpp"
#include "kernel/json/value.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "modules/identity/user/api/module.hpp"

namespace emporion::user {
namespace {

/// Adds what stands below "x-staff-permissions" anywhere in `value`: the access options of all contracts. "*" is any member of staff, and no permission.
void collect(json::Value value, std::set<std::string>& out) {
  value.for_each_member([&](std::string_view name, json::Value member) {
    if (name != "x-staff-permissions") {
      collect(member, out);
      return true;
    }
    member.for_each_element([&](json::Value permission) {
      if (const auto text = permission.string(); text && *text != "*") out.emplace(*text);
      return true;
    });
    return true;
  });
}

struct PermissionTest : testing::PostgresTest {
  PermissionTest() : PostgresTest("user", migrations()) {}
  std::set<std::string> column(const std::string& statement) {
    std::set<std::string> out;
    for (const auto& row : sql(statement)) out.insert(row.front().value_or("null"));
    return out;
  }
};

std::set<std::string> without(const std::set<std::string>& these, const std::set<std::string>& those) {
  std::set<std::string> out;
  std::ranges::set_difference(these, those, std::inserter(out, out.end()));
  return out;
}

TEST_F(PermissionTest, TheRegistryHoldsWhatTheContractsNameAndNothingElse) {
  std::set<std::string> named;
  const auto openapi = json::Document::parse(openapi_json());
  ASSERT_TRUE(openapi.has_value());
  collect(openapi->root(), named);
  ASSERT_FALSE(named.empty());
  const auto registered = column("SELECT name FROM permission");
  EXPECT_EQ(without(named, registered), std::set<std::string>()) << "named by a contract, missing in the registry: nobody can be given it";
  EXPECT_EQ(without(registered, named), std::set<std::string>()) << "in the registry, named by no contract: it permits nothing";
}

}  // namespace
}  // namespace emporion::user
