#include "apps/emporion/credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "kernel/testing/temporary_folder.hpp"

namespace emporion::app {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct CredentialsOfAProcess : ::testing::Test {
  CredentialsOfAProcess() {
    placement.use_home(home.path().string());
    placement.file = "shop.yaml";
    placement.process = "sales";
    fs::create_directory(placement.home / "pki");
  }
  void make(const std::string& name) const { std::ofstream(placement.home / "pki" / name) << "made\n"; }
  testing::TemporaryFolder home{"credentials"};
  Placement placement;
};

TEST_F(CredentialsOfAProcess, AreThreeFilesNamedAfterIt) {
  for (const std::string name : {"ca.pem", "sales.pem", "sales.key"}) make(name);
  const auto found = credentials_of(placement);
  ASSERT_TRUE(found.has_value()) << found.error().to_string();
  EXPECT_EQ(found->authority_file, placement.home / "pki" / "ca.pem");
  EXPECT_EQ(found->certificate_file, placement.home / "pki" / "sales.pem");
  EXPECT_EQ(found->key_file, placement.home / "pki" / "sales.key");
}

TEST_F(CredentialsOfAProcess, ThatAreNotThereAreNamedWithWhatMakesThem) {
  for (const std::string missing : {"ca.pem", "sales.pem", "sales.key"}) {
    const auto found = credentials_of(placement);
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().reason(), "PKI_MISSING");
    EXPECT_THAT(found.error().detail(), HasSubstr("pki/" + missing + ": No such file"));
    EXPECT_THAT(found.error().detail(), HasSubstr("emporion pki init --placement shop.yaml"));
    make(missing);
  }
}

}  // namespace
}  // namespace emporion::app
