#include "bench/checkout/figures.hpp"

#include <gmock/gmock.h>

namespace emporion::bench {
namespace {

std::string written(Figures& figures) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  figures.write(writer);
  writer.end_object();
  return out;
}

TEST(Figures, TheMedianAndThe99thOfAHundredSpansAreTheFiftiethAndTheNinetyNinth) {
  Figures figures;
  for (int i = 100; i >= 1; --i) figures.answered("confirm", 201, milliseconds(i), microseconds(0));
  EXPECT_EQ(written(figures), R"({"steps":[{"step":"confirm","calls":100,"p50_ms":50.00,"p99_ms":99.00}],"errors":{}})");
}

TEST(Figures, OneSpanIsEveryPercentile) {
  Figures figures;
  figures.answered("preview", 200, microseconds(1'250), microseconds(0));
  EXPECT_EQ(written(figures), R"({"steps":[{"step":"preview","calls":1,"p50_ms":1.25,"p99_ms":1.25}],"errors":{}})");
}

TEST(Figures, AnswersThatRefuseHaveTheirOwnTimes) {
  Figures figures;
  figures.answered("confirm", 201, milliseconds(200), microseconds(0));
  figures.answered("confirm", 409, milliseconds(3), microseconds(0));
  EXPECT_EQ(written(figures), R"({"steps":[{"step":"confirm","calls":1,"p50_ms":200.00,"p99_ms":200.00},{"step":"confirm, refused","calls":1,"p50_ms":3.00,)"
                              R"("p99_ms":3.00}],"errors":{}})");
}

TEST(Figures, RefusalsAreCountedByStepAndReason) {
  Figures figures;
  figures.refused("confirm", 409, "OUT_OF_STOCK");
  figures.refused("confirm", 409, "OUT_OF_STOCK");
  figures.refused("cart item", 409, "CART_LOCKED");
  EXPECT_EQ(written(figures), R"({"steps":[],"errors":{"cart item CART_LOCKED":1,"confirm OUT_OF_STOCK":2}})");
}

}  // namespace
}  // namespace emporion::bench
