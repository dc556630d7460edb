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

}  // namespace
}  // namespace emporion::postgres
