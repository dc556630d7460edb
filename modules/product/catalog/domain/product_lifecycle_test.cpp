#include "modules/product/catalog/domain/product_lifecycle.hpp"

#include <gtest/gtest.h>

#include <map>
#include <tuple>

namespace emporion::catalog {
namespace {

constexpr UtcTime noon = UtcTime::from_micros(1'750'000'000'000'000);
using Status = ProductStatus;
using Step = ProductStep;

TEST(ProductLifecycle, AllowsTheStepsOfTheTableAndNoOthers) {
  const std::map<std::pair<Status, Step>, Status> allowed{
      {{Status::draft, Step::submit}, Status::pending_review},    {{Status::rejected, Step::submit}, Status::pending_review},
      {{Status::draft, Step::publish}, Status::active},           {{Status::pending_review, Step::approve}, Status::active},
      {{Status::pending_review, Step::reject}, Status::rejected}, {{Status::scheduled, Step::fall_due}, Status::active},
      {{Status::active, Step::deactivate}, Status::inactive},     {{Status::inactive, Step::activate}, Status::active},
      {{Status::active, Step::archive}, Status::archived},        {{Status::inactive, Step::archive}, Status::archived},
      {{Status::archived, Step::restore}, Status::inactive},      {{Status::draft, Step::remove}, Status::deleted},
      {{Status::rejected, Step::remove}, Status::deleted},        {{Status::archived, Step::remove}, Status::deleted},
  };
  for (int status = 0; status < 8; ++status) {
    for (int step = 0; step < 10; ++step) {
      const auto from = static_cast<Status>(status);
      const auto with = static_cast<Step>(step);
      SCOPED_TRACE(std::string(to_string(from)) + " " + std::string(to_string(with)));
      const auto result = take(with, from, std::nullopt, noon);
      const auto expected = allowed.find({from, with});
      ASSERT_EQ(result.has_value(), expected != allowed.end());
      if (result) {
        EXPECT_EQ(result->status, expected->second);
      } else {
        EXPECT_EQ(result.error().kind(), ErrorKind::conflict);
        EXPECT_EQ(result.error().reason(), "ILLEGAL_TRANSITION");
      }
    }
  }
}

TEST(ProductLifecycle, SchedulesWhatIsToAppearLater) {
  EXPECT_EQ(take(Step::publish, Status::draft, noon + seconds(1), noon)->status, Status::scheduled);
  EXPECT_EQ(take(Step::approve, Status::pending_review, noon + seconds(1), noon)->status, Status::scheduled);
  EXPECT_EQ(take(Step::publish, Status::draft, noon, noon)->status, Status::active);
  EXPECT_EQ(take(Step::activate, Status::inactive, noon + seconds(1), noon)->status, Status::active);
}

TEST(ProductLifecycle, ChecksCompletenessBeforeAnythingIsShown) {
  for (const auto& row : product_transitions()) {
    const bool shows = row.to == Status::active && row.step != Step::fall_due;
    EXPECT_EQ(row.needs_complete, shows || row.step == Step::submit) << to_string(row.step);
  }
}

TEST(ProductLifecycle, NamesReadBack) {
  for (int status = 0; status < 8; ++status) {
    const auto value = static_cast<Status>(status);
    EXPECT_EQ(product_status_of(to_string(value)), value);
  }
}

}  // namespace
}  // namespace emporion::catalog
