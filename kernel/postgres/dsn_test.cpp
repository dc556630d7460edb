#include "kernel/postgres/dsn.hpp"

#include <gtest/gtest.h>

namespace emporion::postgres {
namespace {

TEST(Dsn, BothFormsNameTheSame) {
  const DsnTarget order{.host = "db1", .port = "5433", .user = "order", .database = "sales"};
  EXPECT_EQ(target_of_dsn("host=db1 port=5433 user=order dbname=sales password=secret").value(), order);
  EXPECT_EQ(target_of_dsn("postgresql://order:secret@db1:5433/sales").value(), order);
}

TEST(Dsn, WhatIsLeftOutIsTheDriversDefault) {
  EXPECT_EQ(target_of_dsn("user=order").value(), (DsnTarget{.host = "localhost", .port = "5432", .user = "order", .database = "order"}));
}

TEST(Dsn, WhatIsNoConnectionStringIsRefusedAndNotRepeated) {
  const auto read = target_of_dsn("password=secret nonsense");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().reason(), "DSN_MALFORMED");
  EXPECT_EQ(read.error().detail().find("secret"), std::string::npos);
}

TEST(Dsn, ServersAreListedInTheirOrder) {
  const auto hosts = [](std::string_view dsn) { return hosts_of_dsn(dsn).value(); };
  EXPECT_EQ(hosts("host=a,b port=5433"), (std::vector<DsnHost>{{"a", "", "5433"}, {"b", "", "5433"}}));
  EXPECT_EQ(hosts("postgresql://a:1,b:2/x"), (std::vector<DsnHost>{{"a", "", "1"}, {"b", "", "2"}}));
  EXPECT_EQ(hosts("host=a,b hostaddr=10.0.0.1,10.0.0.2"), (std::vector<DsnHost>{{"a", "10.0.0.1", ""}, {"b", "10.0.0.2", ""}}));
  EXPECT_EQ(hosts("user=order"), std::vector<DsnHost>(1));
  EXPECT_EQ(hosts("host=a,b,c port=1,2"), std::vector<DsnHost>(1)) << "the driver says what is wrong with it";
  EXPECT_FALSE(hosts_of_dsn("host"));
}

TEST(Dsn, AServerHasARoleAndADatabaseForEachName) {
  const auto dsn = dsn_on_server("host=a,b port=5433 sslrootcert='/etc/a b.pem'", "emporion_order");
  ASSERT_TRUE(dsn) << dsn.error().to_string();
  EXPECT_EQ(target_of_dsn(*dsn).value(), (DsnTarget{.host = "a,b", .port = "5433", .user = "emporion_order", .database = "emporion_order"}));
  EXPECT_NE(dsn->find("sslrootcert='/etc/a b.pem'"), std::string::npos);
  EXPECT_EQ(dsn_on_server("host=a user=shop", "emporion_order").error().reason(), "DSN_NOT_A_SERVER");
  EXPECT_EQ(dsn_on_server("host=a dbname=shop", "emporion_order").error().reason(), "DSN_NOT_A_SERVER");
}

}  // namespace
}  // namespace emporion::postgres
