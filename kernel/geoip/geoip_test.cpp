#include "kernel/geoip/geoip.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "kernel/testing/mmdb_writer.hpp"

namespace emporion::geoip {
namespace {

struct GeoIp : ::testing::Test {
  std::string file(const char* name) const { return (folder / name).string(); }
  void SetUp() override { std::filesystem::create_directories(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() /
      ("geoip-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + "-" + std::to_string(::getpid()));
};

TEST_F(GeoIp, MergesWhatSeveralDatabasesSay) {
  testing::MmdbWriter countries;
  countries.add("203.0.113.0/25", {{"country", {{"iso_code", "VN"}}}, {"registered_country", {{"iso_code", "SG"}}}});
  countries.add("203.0.113.128/25", {{"registered_country", {{"iso_code", "DE"}}}});
  countries.add("2001:db8::/32", {{"country", {{"iso_code", "US"}}}});
  countries.write(file("countries.mmdb"));
  testing::MmdbWriter networks;
  networks.add("203.0.113.0/24", {{"autonomous_system_number", std::uint32_t{64500}}});
  networks.write(file("networks.mmdb"));
  testing::MmdbWriter anonymous;
  anonymous.add("203.0.113.7/32", {{"is_anonymous", true}, {"is_tor_exit_node", true}});
  anonymous.add("203.0.113.9/32", {{"traits", {{"is_hosting_provider", true}}}});
  anonymous.add("203.0.113.10/32", {{"is_hosting_provider", false}});
  anonymous.write(file("anonymous.mmdb"));
  const Databases databases({file("countries.mmdb"), file("networks.mmdb"), file("anonymous.mmdb")});
  EXPECT_TRUE(databases.unreadable().empty());

  const auto tor = databases.find("203.0.113.7");
  ASSERT_TRUE(tor);
  EXPECT_EQ(tor->country, "VN");
  EXPECT_EQ(tor->network, 64500u);
  EXPECT_TRUE(tor->is_anonymous);
  EXPECT_TRUE(tor->is_tor_exit);
  EXPECT_TRUE(databases.find("203.0.113.9")->is_anonymous);
  EXPECT_FALSE(databases.find("203.0.113.9")->is_tor_exit);
  EXPECT_FALSE(databases.find("203.0.113.10")->is_anonymous);
  EXPECT_EQ(databases.find("203.0.113.200")->country, "DE");
  EXPECT_EQ(databases.find("2001:db8::5")->country, "US");
  for (const char* unknown : {"198.51.100.1", "2001:db9::1", "", "nowhere", "203.0.113.7/32"}) EXPECT_FALSE(databases.find(unknown)) << unknown;
}

TEST_F(GeoIp, LeavesOutWhatItCannotOpenAndTakesItWhenItIsThere) {
  std::ofstream(file("broken.mmdb")) << "not a database";
  Databases databases({file("missing.mmdb"), file("broken.mmdb")});
  EXPECT_EQ(databases.unreadable().size(), 2u);
  EXPECT_FALSE(databases.find("203.0.113.7"));

  testing::MmdbWriter countries;
  countries.add("203.0.113.0/24", {{"country", {{"iso_code", "VN"}}}});
  countries.write(file("missing.mmdb"));
  databases.refresh();
  EXPECT_EQ(databases.unreadable(), std::vector{file("broken.mmdb")});
  EXPECT_EQ(databases.find("203.0.113.7")->country, "VN");

  // Replaced, as tools that update it do: written beside it and moved over it.
  testing::MmdbWriter moved;
  moved.add("203.0.113.0/24", {{"country", {{"iso_code", "DE"}}}});
  moved.write(file("new.mmdb"));
  std::filesystem::rename(file("new.mmdb"), file("missing.mmdb"));
  databases.refresh();
  EXPECT_EQ(databases.find("203.0.113.7")->country, "DE");
  // Broken by the next update: the one that works stays.
  std::ofstream(file("new.mmdb")) << "half a file";
  std::filesystem::rename(file("new.mmdb"), file("missing.mmdb"));
  databases.refresh();
  EXPECT_EQ(databases.find("203.0.113.7")->country, "DE");
}

}  // namespace
}  // namespace emporion::geoip
