// The placements in deploy/ and the modules of this build: neither may drift from the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "apps/emporion/modules.hpp"
#include "apps/emporion/placement_check.hpp"

namespace emporion::app {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Names = std::set<std::string>;

const fs::path source_dir = EMPORION_SOURCE_DIR;

/// Process by process, what it serves.
std::map<std::string, Names> modules_by_process(const Placement& placement) {
  std::map<std::string, Names> out;
  for (const auto& process : placement.described.processes) out[process.name] = Names(process.modules.begin(), process.modules.end());
  return out;
}

/// Domain by domain, the folders of modules/.
std::map<std::string, Names> modules_by_domain() {
  std::map<std::string, Names> out;
  for (const auto& domain : fs::directory_iterator(source_dir / "modules")) {
    if (!domain.is_directory()) continue;
    for (const auto& module : fs::directory_iterator(domain)) out[domain.path().filename()].insert(module.path().filename());
  }
  return out;
}

Names names_of_this_build() {
  Names out;
  for (const auto& module : all_modules()) out.emplace(module.name);
  return out;
}

/// A file of deploy/placement that holds.
Placement deployed(const std::string& name) {
  auto placement = Placement::load((source_dir / "deploy" / "placement" / name).string());
  EXPECT_TRUE(placement.has_value()) << placement.error().to_string();
  EXPECT_THAT(faults_of(*placement), IsEmpty()) << name;
  return std::move(*placement);
}

TEST(PlacementFiles, EachModuleOfThisBuildHasItsContractAndItsFolder) {
  Names with_contract;
  for (const auto& links : contracts::modules()) with_contract.emplace(links.name);
  EXPECT_EQ(with_contract, names_of_this_build());
  Names with_folder;
  for (const auto& [domain, modules] : modules_by_domain()) with_folder.insert(modules.begin(), modules.end());
  EXPECT_EQ(with_folder, names_of_this_build());
}

TEST(PlacementFiles, OneHasAllModules) {
  auto one = deployed("one.yaml");
  EXPECT_EQ(modules_by_process(one), (std::map<std::string, Names>{{"all", names_of_this_build()}}));
  EXPECT_TRUE(choose_process(one, std::nullopt, 1));
}

TEST(PlacementFiles, PerDomainHasAProcessForEachDomain) { EXPECT_EQ(modules_by_process(deployed("per-domain.yaml")), modules_by_domain()); }

TEST(PlacementFiles, PerModuleHasAProcessForEachModule) {
  std::map<std::string, Names> expected;
  for (const auto& name : names_of_this_build()) expected[name] = {name};
  EXPECT_EQ(modules_by_process(deployed("per-module.yaml")), expected);
}

TEST(PlacementFiles, EveryOtherFileOfDeployHolds) {
  int read = 0;
  for (const auto& file : fs::recursive_directory_iterator(source_dir / "deploy")) {
    // What was made of placements for orchestrators is theirs to read, but for the placement that lies in it.
    const auto place = fs::relative(file.path(), source_dir / "deploy").begin()->string();
    const bool is_made = place == "kubernetes" || place == "compose" || place == "systemd";
    if (file.path().extension() != ".yaml" || (is_made && file.path().filename() != "placement.yaml")) continue;
    ++read;
    const auto placement = Placement::load(file.path().string());
    ASSERT_TRUE(placement.has_value()) << placement.error().to_string();
    EXPECT_THAT(faults_of(*placement), IsEmpty()) << file.path();
  }
  EXPECT_GE(read, 4);
}

/// Host starts modules in this order, one after the other.
TEST(PlacementFiles, NoModuleStartsBeforeOneThatItNeeds) {
  Names started;
  for (const auto& module : all_modules()) {
    for (const auto& links : contracts::modules()) {
      if (links.name != module.name) continue;
      for (const std::string_view needed : links.needs_at_start) EXPECT_TRUE(started.contains(std::string(needed))) << module.name << " needs " << needed;
    }
    started.emplace(module.name);
  }
}

}  // namespace
}  // namespace emporion::app
