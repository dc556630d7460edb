#include "kernel/rpc/binding.hpp"

#include <gtest/gtest.h>

#include <array>

#include "kernel/observe/metrics.hpp"
#include "kernel/rpc/cancellation.hpp"

namespace emporion::rpc {
namespace {

const UtcTime noon = UtcTime::from_micros(1'750'000'000'000'000);
constexpr std::array<std::string_view, 2> staff_permissions{"order.order.read", "order.order.cancel"};
constexpr std::array<std::string_view, 1> calling_services{"checkout"};
constexpr std::array<std::string_view, 1> any_service{"*"};

Operation an_operation() { return {.module = "order", .name = "cancel_order"}; }

Principal customer() {
  Principal principal;
  principal.realm = Realm::customer;
  return principal;
}

Principal staff_with(std::string permission) {
  Principal principal;
  principal.realm = Realm::staff;
  principal.permissions = {std::move(permission)};
  return principal;
}

std::string outcome(const Operation& operation, const Principal& principal) {
  const auto admitted = admit(operation, CallContext(noon + seconds(1), Uuid(), principal), noon);
  return admitted ? "admitted" : admitted.error().reason();
}

TEST(Admit, LetsInWhomTheContractNames) {
  auto for_guests = an_operation();
  for_guests.guest = true;
  auto for_customers = an_operation();
  for_customers.customer = true;
  auto for_staff = an_operation();
  for_staff.staff = staff_permissions.data();
  for_staff.staff_count = staff_permissions.size();
  auto for_checkout = an_operation();
  for_checkout.services = calling_services.data();
  for_checkout.service_count = calling_services.size();
  auto for_any_module = an_operation();
  for_any_module.services = any_service.data();
  for_any_module.service_count = any_service.size();

  struct Row {
    const char* what;
    const Operation& operation;
    Principal principal;
    std::string expected;
  };
  const Row rows[] = {
      {"guest, public", for_guests, Principal::guest(), "admitted"},
      {"customer, public", for_guests, customer(), "admitted"},
      {"staff, public", for_guests, staff_with("x"), "admitted"},
      {"service, public but not named", for_guests, Principal::of_service("cart"), "PERMISSION_DENIED"},
      {"guest, customers", for_customers, Principal::guest(), "UNAUTHENTICATED"},
      {"customer, customers", for_customers, customer(), "admitted"},
      {"staff, customers", for_customers, staff_with("*"), "PERMISSION_DENIED"},
      {"staff with the permission", for_staff, staff_with("order.order.cancel"), "admitted"},
      {"staff with a wildcard", for_staff, staff_with("order.*"), "admitted"},
      {"staff with everything", for_staff, staff_with("*"), "admitted"},
      {"staff with another permission", for_staff, staff_with("order.order.edit"), "PERMISSION_DENIED"},
      {"staff with a prefix that is no wildcard", for_staff, staff_with("order.order"), "PERMISSION_DENIED"},
      {"customer, staff only", for_staff, customer(), "PERMISSION_DENIED"},
      {"guest, staff only", for_staff, Principal::guest(), "UNAUTHENTICATED"},
      {"the named module", for_checkout, Principal::of_service("checkout"), "admitted"},
      {"another module", for_checkout, Principal::of_service("review"), "PERMISSION_DENIED"},
      {"any module", for_any_module, Principal::of_service("review"), "admitted"},
      {"customer, modules only", for_any_module, customer(), "PERMISSION_DENIED"},
      {"nobody is named", an_operation(), staff_with("*"), "PERMISSION_DENIED"},
  };
  for (const auto& row : rows) EXPECT_EQ(outcome(row.operation, row.principal), row.expected) << row.what;
}

Operation a_keyed_operation() {
  auto operation = an_operation();
  operation.guest = true;
  operation.idempotent = true;
  return operation;
}

std::string outcome_with_key(std::string key, bool required = true) {
  auto operation = a_keyed_operation();
  operation.idempotent = required;
  CallContext context(noon + seconds(1), Uuid(), Principal::guest());
  context.idempotency_key = std::move(key);
  const auto admitted = admit(operation, context, noon);
  return admitted ? "admitted" : admitted.error().reason();
}

TEST(Admit, WantsAUsableKeyWhereOneIsRequired) {
  EXPECT_EQ(outcome_with_key(""), "IDEMPOTENCY_KEY_REQUIRED");
  EXPECT_EQ(outcome_with_key("", false), "admitted");
  EXPECT_EQ(outcome_with_key("k"), "admitted");
  EXPECT_EQ(outcome_with_key(std::string(255, '~')), "admitted");
  EXPECT_EQ(outcome_with_key(std::string(256, 'k')), "IDEMPOTENCY_KEY_INVALID");
  for (const char* bad : {"a b", "a\n", "caf\xC3\xA9", "\x7F"}) EXPECT_EQ(outcome_with_key(bad, false), "IDEMPOTENCY_KEY_INVALID");
}

TEST(Admit, RefusesWhatBeginsTooLate) {
  auto operation = an_operation();
  operation.guest = true;
  const CallContext context(noon, Uuid(), Principal::guest());
  EXPECT_TRUE(admit(operation, context, noon - microseconds(1)).has_value());
  EXPECT_EQ(admit(operation, context, noon).error().kind(), ErrorKind::deadline_exceeded);
}

TEST(Admit, RefusesWhatNobodyWaitsFor) {
  auto operation = an_operation();
  operation.guest = true;
  CallContext context(noon + seconds(1), Uuid(), Principal::guest());
  context.cancellation = std::make_shared<Cancellation>();
  EXPECT_TRUE(admit(operation, context, noon).has_value());
  context.cancellation->set();
  const auto after = admit(operation, context, noon);
  ASSERT_FALSE(after.has_value());
  EXPECT_EQ(after.error().reason(), "CALL_CANCELLED");
}

TEST(Admit, JudgesAccessThenKeyThenTime) {
  auto operation = a_keyed_operation();
  operation.guest = false;
  operation.customer = true;
  EXPECT_EQ(admit(operation, CallContext(noon, Uuid(), Principal::guest()), noon).error().reason(), "UNAUTHENTICATED");
  EXPECT_EQ(admit(operation, CallContext(noon, Uuid(), customer()), noon).error().reason(), "IDEMPOTENCY_KEY_REQUIRED");
}

TEST(AdmitDeathTest, ACallWhileATransactionIsOpenIsABug) {
  auto operation = an_operation();
  operation.guest = true;
  const CallContext context(noon + seconds(1), Uuid(), Principal::guest());
  context.transaction_opened();
  // The same flow of work under another name is still the same flow.
  EXPECT_DEATH((void)admit(operation, context.as_service("checkout"), noon), "open_transactions");
  context.transaction_closed();
  EXPECT_TRUE(admit(operation, context, noon).has_value());
}

TEST(CallContext, HandsOnTimeAndTraceInAModulesOwnName) {
  CallContext context(noon, Uuid(), customer());
  context.idempotency_key = "client";
  const auto inner = context.as_service("checkout", "saga:1");
  EXPECT_EQ(inner.principal.realm, Realm::service);
  EXPECT_EQ(inner.principal.service, "checkout");
  EXPECT_EQ(inner.idempotency_key, "saga:1");
  EXPECT_EQ(inner.deadline, noon);
  EXPECT_EQ(context.as_service("checkout").idempotency_key, "");
  EXPECT_EQ(context.until(noon + seconds(1)).deadline, noon);
  EXPECT_EQ(context.until(noon - seconds(1)).deadline, noon - seconds(1));
}

TEST(RecordCall, CountsByOperationAndOutcome) {
  auto operation = an_operation();
  const Error refused(ErrorKind::conflict, "X");
  record_call(operation, nullptr, milliseconds(3));
  record_call(operation, &refused, milliseconds(3));
  const auto metrics = observe::render_metrics();
  EXPECT_NE(metrics.find("emporion_calls_total{operation=\"order.cancel_order\",outcome=\"ok\"} 1"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("emporion_calls_total{operation=\"order.cancel_order\",outcome=\"conflict\"} 1"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("emporion_call_seconds_count{operation=\"order.cancel_order\"} 2"), std::string::npos) << metrics;
}

}  // namespace
}  // namespace emporion::rpc
