#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/config/settings.hpp"
#include "kernel/json/value.hpp"
#include "tests/journeys/shop_in_parts.hpp"

// A gRPC client that nobody here wrote (npm @grpc/grpc-js) knows of Warehouse what its server tells by reflection, and sells from it.
namespace emporion::journeys {
namespace {

using ::testing::HasSubstr;

struct StockClient : ::testing::Test {
  /// What the client heard, as one JSON object.
  std::string hear(const std::string& certificate) {
    const auto settings = config::Settings::load(shop.placement_file());
    EMP_ASSERT(settings.has_value());
    const std::string address = settings->strings("processes.warehouse.listen").front();
    const std::string asked = text(R"({"address":")", address, R"(","folder":")", (shop.whole().home() / "pki").string(), R"(","name":")", certificate,
                                   R"(","sku":"TEA-JASMINE-100"})");
    const auto ended = run_program({"/usr/bin/env", "node", EMP_GRPC_CLIENT, asked}, shop.whole().home(), {}, 60);
    complained = ended.complained;
    return ended.printed;
  }
  /// A member of a member: "reserved.answer.status".
  static std::string part(const json::Document& document, const std::string& path) {
    json::Value value = document.root();
    for (std::size_t at = 0; at <= path.size();) {
      const std::size_t dot = std::min(path.find('.', at), path.size());
      const auto member = value.member(path.substr(at, dot - at));
      if (!member) return "absent";
      value = *member;
      at = dot + 1;
    }
    return value.to_json();
  }

  ShopInParts shop{"per-module"};
  std::string complained;
};

TEST_F(StockClient, ReservesAndReleasesWithWhatReflectionTells) {
  const auto issued = run_emporion({"pki", "issue", "tool", "--modules", "checkout", "--home", shop.whole().home().string()}, shop.whole().home(), {}, 60);
  ASSERT_EQ(issued.code, 0) << issued.complained;
  shop.launch("warehouse");
  shop.part("warehouse").wait_until_ready();
  const std::string heard = hear("tool");
  const auto document = json::Document::parse(heard);
  ASSERT_TRUE(document) << heard << complained << shop.log_of("warehouse");
  EXPECT_THAT(part(*document, "services"), HasSubstr("emporion.warehouse.v1.WarehouseApi"));
  EXPECT_EQ(part(*document, "health.answer.status"), R"("SERVING")") << heard;
  EXPECT_EQ(part(*document, "reserved.answer.status"), R"("RESERVATION_STATUS_ACTIVE")") << heard;
  EXPECT_EQ(part(*document, "reserved_again.answer.version"), part(*document, "reserved.answer.version"));
  const auto number = [&](const std::string& path) { return std::stoi(part(*document, path)); };
  EXPECT_EQ(number("while_held"), number("before") - 2);
  EXPECT_EQ(part(*document, "released.answer.reservation.status"), R"("RESERVATION_STATUS_RELEASED")") << heard;
  EXPECT_EQ(part(*document, "released_again.answer.reservation.status"), R"("RESERVATION_STATUS_RELEASED")");
  EXPECT_EQ(number("after"), number("before"));
  EXPECT_EQ(part(*document, "too_many.code"), "10") << "ABORTED, as every conflict";
  EXPECT_EQ(part(*document, "too_many.error.reason"), R"("INSUFFICIENT_STOCK")");
  EXPECT_EQ(part(*document, "not_staff.error.reason"), R"("PERMISSION_DENIED")") << "a certificate makes a module, not a member of staff";
}

}  // namespace
}  // namespace emporion::journeys
