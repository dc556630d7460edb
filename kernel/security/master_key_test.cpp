#include "kernel/security/master_key.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <barrier>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "kernel/testing/temporary_folder.hpp"

namespace emporion::security {
namespace {

namespace fs = std::filesystem;

struct MasterKey : ::testing::Test {
  std::string load(const fs::path& file) {
    const auto key = load_or_make_master_key(file.string(), random);
    EXPECT_TRUE(key.has_value()) << key.error().to_string();
    return key ? std::string(key->reveal()) : "";
  }
  SystemRandom random;
  testing::TemporaryFolder temporary{"key"};
  fs::path folder = temporary.path();
};

TEST_F(MasterKey, IsMadeOnceForItsOwnerAlone) {
  const auto file = folder / "home" / "identity.key";
  const std::string first = load(file);
  EXPECT_EQ(first.size(), 32U);
  EXPECT_EQ(load(file), first);
  struct stat found{};
  ASSERT_EQ(stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
}

TEST_F(MasterKey, TooShortToBeOneIsRefused) {
  std::ofstream(folder / "identity.key") << "short";
  EXPECT_EQ(load_or_make_master_key((folder / "identity.key").string(), random).error().reason(), "MASTER_KEY_TOO_SHORT");
}

/// Processes of one home start at once, and the first of them to need the key makes it.
TEST_F(MasterKey, OfManyWhoMakeItAtOnceAllHaveTheSameOne) {
  for (int round = 0; round < 50; ++round) {
    const auto file = folder / std::to_string(round) / "identity.key";
    std::barrier gate(8);
    std::vector<std::string> keys(8);
    std::vector<std::thread> threads;
    for (auto& key : keys) {
      threads.emplace_back([&] {
        gate.arrive_and_wait();
        SystemRandom own;
        const auto loaded = load_or_make_master_key(file.string(), own);
        if (loaded) key = loaded->reveal();
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(keys[0].size(), 32U);
    for (const auto& key : keys) EXPECT_EQ(key, keys[0]);
    EXPECT_EQ(std::distance(fs::directory_iterator(file.parent_path()), fs::directory_iterator()), 1) << "nothing is left beside it";
  }
}

}  // namespace
}  // namespace emporion::security
