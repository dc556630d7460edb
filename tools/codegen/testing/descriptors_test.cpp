#include "contracts/descriptors.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

namespace emporion::contracts {
namespace {

TEST(Descriptors, DeclareEveryContractAfterWhatItImports) {
  google::protobuf::DescriptorPool pool;  // Refuses a file that imports one that it does not know yet.
  for (const std::string_view bytes : descriptors()) {
    google::protobuf::FileDescriptorProto file;
    ASSERT_TRUE(file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    EXPECT_NE(pool.BuildFile(file), nullptr) << file.name();
  }
  for (const char* method : {"emporion.warehouse.v1.WarehouseApi.Reserve", "emporion.payment.v1.CreditApi.IssueGiftCard", "emporion.Feed.Read"}) {
    EXPECT_NE(pool.FindMethodByName(method), nullptr) << method;
  }
  const auto* event = pool.FindMessageTypeByName("emporion.order.v1.OrderConfirmed");
  ASSERT_NE(event, nullptr) << "events are contracts, too";
  EXPECT_GT(event->options().ByteSizeLong(), 0u) << "with their options";
}

}  // namespace
}  // namespace emporion::contracts
