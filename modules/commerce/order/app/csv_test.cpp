#include "modules/commerce/order/app/csv.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace emporion::order {
namespace {

std::string line(std::vector<std::optional<std::string>> cells) {
  std::string out;
  append_csv(out, cells);
  return out;
}

TEST(Csv, QuotesWhatWouldEndACell) {
  EXPECT_EQ(line({"a", "b c", ""}), "a,b c,\r\n");
  EXPECT_EQ(line({"a,b", "say \"hi\"", "two\r\nlines"}), "\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\r\n");
  EXPECT_EQ(line({std::nullopt, "Áo dài đỏ"}), ",Áo dài đỏ\r\n");
}

TEST(Csv, TakesTheEdgeOffAFormula) {
  EXPECT_EQ(line({"=HYPERLINK(\"http://x\")", "+1", "-1", "@a", "1-1"}), "\"'=HYPERLINK(\"\"http://x\"\")\",\"'+1\",\"'-1\",\"'@a\",1-1\r\n");
}

}  // namespace
}  // namespace emporion::order
