#include "kernel/security/replace_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "kernel/testing/temporary_folder.hpp"

namespace emporion::security {
namespace {

namespace fs = std::filesystem;
constexpr auto for_its_owner = fs::perms::owner_read | fs::perms::owner_write;
constexpr auto for_all_to_read = for_its_owner | fs::perms::group_read | fs::perms::others_read;

struct ReplacedFiles : ::testing::Test {
  static std::string text_of(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static fs::perms mode_of(const fs::path& path) { return fs::status(path).permissions(); }
  std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(folder), {}); }

  testing::TemporaryFolder temporary{"file"};
  fs::path folder = temporary.path();
  fs::path file = folder / "a.key";
};

TEST_F(ReplacedFiles, AreTheOldOneUntilTheyAreInPlace) {
  std::ofstream(file) << "old";
  auto prepared = ReplacedFile::prepare(file, "new", for_its_owner);
  ASSERT_TRUE(prepared) << prepared.error().to_string();
  EXPECT_EQ(text_of(file), "old");
  ASSERT_TRUE(prepared->place());
  EXPECT_EQ(text_of(file), "new");
  EXPECT_EQ(mode_of(file), for_its_owner);
  EXPECT_EQ(files(), 1);
}

TEST_F(ReplacedFiles, ThatAreNotPutInPlaceLeaveNothing) {
  {
    ASSERT_TRUE(ReplacedFile::prepare(file, "new", for_its_owner));
  }
  EXPECT_EQ(files(), 0);
}

TEST_F(ReplacedFiles, HaveTheirModeWhateverTheMaskAndWhateverACrashLeft) {
  std::ofstream(file.string() + ".new") << "left by a crash, for all to read, and longer";
  const mode_t mask = umask(0);
  auto key = ReplacedFile::prepare(file, "key", for_its_owner);
  umask(0077);
  auto certificate = ReplacedFile::prepare(folder / "a.pem", "certificate", for_all_to_read);
  umask(mask);
  ASSERT_TRUE(key && certificate);
  EXPECT_EQ(mode_of(file.string() + ".new"), for_its_owner) << "not even while it is aside";
  ASSERT_TRUE(key->place() && certificate->place());
  EXPECT_EQ(mode_of(file), for_its_owner);
  EXPECT_EQ(text_of(file), "key");
  EXPECT_EQ(mode_of(folder / "a.pem"), for_all_to_read);
}

TEST_F(ReplacedFiles, SayWhichFileCannotBeWritten) {
  const auto refused = ReplacedFile::prepare(folder / "none" / "a.key", "key", for_its_owner);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "FILE_UNWRITABLE");
  EXPECT_NE(refused.error().detail().find("none/a.key cannot be written: No such file"), std::string::npos) << refused.error().detail();
}

}  // namespace
}  // namespace emporion::security
