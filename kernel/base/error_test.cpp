#include "kernel/base/error.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "kernel/base/result.hpp"

namespace emporion {
namespace {

TEST(Error, CarriesNamedFactsAsJson) {
  const auto error = Error(ErrorKind::rule_violated, "OUT_OF_STOCK", "no more").with("sku", "A\"1").with("left", 2).with_json("lines", "[1]");
  EXPECT_EQ(error.metadata_json("sku"), R"("A\"1")");
  EXPECT_EQ(error.metadata_json("left"), "2");
  EXPECT_EQ(error.metadata_json("lines"), "[1]");
  EXPECT_EQ(error.metadata_json("absent"), "");
  EXPECT_EQ(error.to_string(), R"(rule_violated OUT_OF_STOCK: no more sku="A\"1" left=2 lines=[1])");
}

TEST(Error, IsTransientOnlyWhereARepeatCanHelp) {
  for (const auto kind : {ErrorKind::unavailable, ErrorKind::deadline_exceeded, ErrorKind::resource_exhausted, ErrorKind::internal})
    EXPECT_TRUE(Error(kind, "X").is_transient());
  for (const auto kind :
       {ErrorKind::invalid_argument, ErrorKind::unauthenticated, ErrorKind::payment_refused, ErrorKind::permission_denied, ErrorKind::not_found,
        ErrorKind::conflict, ErrorKind::gone, ErrorKind::precondition_failed, ErrorKind::rule_violated, ErrorKind::unimplemented}) {
    EXPECT_FALSE(Error(kind, "X").is_transient()) << to_string(kind);
  }
}

Result<int> half(int value) {
  if (value % 2 != 0) return fail(ErrorKind::invalid_argument, "ODD");
  return value / 2;
}
Result<int> quarter(int value) {
  EMP_ASSIGN(const int once, half(value));
  EMP_ASSIGN(const int twice, half(once));
  return twice;
}
Result<> checked(int value) {
  EMP_TRY(half(value));
  return {};
}
Result<std::unique_ptr<int>> owned(int value) {
  EMP_ASSIGN(auto number, half(value));
  return std::make_unique<int>(number);
}

TEST(Result, LeavesWithTheFirstError) {
  EXPECT_EQ(quarter(8), 2);
  EXPECT_EQ(quarter(6).error().reason(), "ODD");
  EXPECT_TRUE(checked(2).has_value());
  EXPECT_EQ(checked(3).error().reason(), "ODD");
  EXPECT_EQ(**owned(4), 2);
}

}  // namespace
}  // namespace emporion
