#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <regex>
#include <set>

#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "contracts/message_readers.hpp"
#include "contracts/topics.hpp"
#include "kernel/base/text.hpp"
#include "tests/contracts/contract_call.hpp"
#include "tests/contracts/two_bindings.hpp"

// One contract, two bindings: whoever calls an operation is answered alike, refusals included, whether its module is in the same process or in another one.
namespace emporion::contracts {
namespace {

struct Contracts : ::testing::Test {
  static void SetUpTestSuite() { shop = std::make_unique<TwoBindings>(); }
  static void TearDownTestSuite() { shop.reset(); }

  static CallContext context(Principal principal, std::string key) {
    CallContext out(SystemClock().now() + seconds(10), Uuid::from_name("trace"), std::move(principal));
    out.idempotency_key = std::move(key);
    return out;
  }
  static std::string told(const Result<std::string>& answer) {
    if (answer) return "ok " + *answer;
    const Error& error = answer.error();
    std::string out = text(to_string(error.kind()), ' ', error.reason(), ": ", error.detail());
    for (const auto& field : error.metadata()) out += text("; ", field.name, '=', field.json);
    return out;
  }
  static std::string ask(const Calls& calls, const ContractCall& call, const CallContext& context, const std::string& request) {
    return told(shop->run(call.call(calls, context, request)));
  }
  static std::unique_ptr<TwoBindings> shop;
};
std::unique_ptr<TwoBindings> Contracts::shop;

Principal staff() {
  Principal out;
  out.realm = Realm::staff;
  out.id = Uuid::from_name("staff");
  out.permissions = {"*"};
  for (const auto& module : modules()) out.permissions.push_back(text(module.name, ".*"));
  return out;
}
Principal customer() {
  Principal out;
  out.realm = Realm::customer;
  out.id = Uuid::from_name("customer");
  return out;
}

/// Somebody whom the operation lets in.
Principal admitted(const rpc::Operation& operation) {
  if (operation.service_count > 0) return Principal::of_service(operation.services[0] == "*" ? "checkout" : operation.services[0]);
  if (operation.staff_count > 0) return staff();
  return operation.customer ? customer() : Principal::guest();
}

/// What an answer says of its own moment, by operation: that is another one at each call.
const std::map<std::string_view, const char*> momentary = {
    {"/emporion.auth.v1.AuthApi/Revocations", "as_of"},
    {"/emporion.auth.v1.AuthApi/RotateKeys", "kid"},
    {"/emporion.checkout.v1.CheckoutApi/MergeCart", "idempotent_replayed"},
    {"/emporion.order.v1.OrderRecordsApi/ExportOrders", "disposition"},
    {"/emporion.warehouse.v1.WarehouseApi/PutCoverage", "topology_version"},
};

/// `told` without that member.
std::string lasting(std::string_view path, std::string told) {
  const auto found = momentary.find(path);
  if (found == momentary.end()) return told;
  return std::regex_replace(told, std::regex(text(",?\"", found->second, R"re(":("(\\.|[^"\\])*"|[^,}]*))re")), "");
}

std::string sample_of(std::string_view message) {
  const auto readers = message_readers();
  const auto found = std::ranges::find(readers, message, &MessageReader::name);
  EXPECT_NE(found, readers.end()) << message;
  return found == readers.end() ? std::string() : found->sample();
}

TEST_F(Contracts, EveryOperationThatIsOfferedIsInTheTable) {
  std::set<std::string_view> in_table, offered;
  for (const auto& call : contract_calls()) in_table.insert(call.path);
  for (const auto& [path, method] : shop->offered().methods()) offered.insert(path);
  EXPECT_EQ(in_table, offered);
  EXPECT_GT(offered.size(), 350U);
}

// Nothing is said in the request: what is refused first, who may call, the key, or a field, is the same both ways.
TEST_F(Contracts, AnEmptyRequestIsAnsweredAlike) {
  std::map<std::string, int> outcomes;
  for (const auto& call : contract_calls()) {
    const rpc::Operation& operation = *shop->offered().methods().find(call.path)->second.operation;
    const std::pair<const char*, CallContext> callers[] = {{"a guest", context(Principal::guest(), "key")},
                                                           {"a customer", context(customer(), "key")},
                                                           {"staff", context(staff(), "key")},
                                                           {"another module", context(Principal::of_service("nobody"), "key")},
                                                           {"who may", context(admitted(operation), "key")},
                                                           {"who may, without a key", context(admitted(operation), "")},
                                                           {"who may, with a bad key", context(admitted(operation), "a key")}};
    for (const auto& [who, as] : callers) {
      const std::string here = ask(shop->in_process(), call, as, "");
      EXPECT_EQ(lasting(call.path, ask(shop->over_the_wire(), call, as, "")), lasting(call.path, here)) << call.path << " by " << who;
      ++outcomes[here.substr(0, here.find(':')).substr(0, here.find(' ', here.find(' ') + 1))];
    }
  }
  for (const auto& [outcome, count] : outcomes) std::printf("%d × %s\n", count, outcome.substr(0, 60).c_str());
  EXPECT_GT(outcomes.size(), 5U);
}

// Every member filled with something that its rules allow. What changes something is asked for twice under one key: the answer is repeated.
TEST_F(Contracts, AFullRequestIsAnsweredAlike) {
  for (const auto& call : contract_calls()) {
    const rpc::Operation& operation = *shop->offered().methods().find(call.path)->second.operation;
    const auto as = context(admitted(operation), text("full-", call.module, '-', call.name));
    const std::string request = sample_of(call.request);
    const std::string here = ask(shop->in_process(), call, as, request);
    const std::string there = ask(shop->over_the_wire(), call, as, request);
    EXPECT_EQ(lasting(call.path, there), lasting(call.path, here)) << call.path;
  }
}

// Check 4.5-5: what is late is refused, whichever way it comes.
TEST_F(Contracts, acceptance_commerce_4_5_5_AReserveThatLandsAfterItsReleaseIsRefusedOverBothBindings) {
  for (const Calls* calls : {&shop->in_process(), &shop->over_the_wire()}) {
    const Uuid id = Uuid::from_name(calls == &shop->over_the_wire() ? "late, over the wire" : "late, here");
    auto& warehouse = calls->get<warehouse::v1::WarehouseApi>();
    const auto as = [](const char* key) { return context(Principal::of_service("checkout"), key); };
    const auto released = shop->run(warehouse.release_reservation(as("release"), {.reservation_id = id, .reason = "aborted"}));
    EXPECT_TRUE(released) << released.error().to_string();
    warehouse::v1::ReserveRequest request;
    request.reservation_id = id;
    request.reference = warehouse::v1::ReservationReference::checkout;
    request.reference_id = id;
    request.attempt = 1;
    request.payment_method = warehouse::v1::ReservationPaymentMethod::cod;
    request.lines = {{.line_no = 1, .sku = "TEA-LOTUS-50", .qty = 1, .warehouse_id = Uuid::from_name("a warehouse")}};
    const auto late = shop->run(warehouse.reserve(as("reserve"), request));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().reason(), "RESERVATION_STATE");
    EXPECT_EQ(late.error().kind(), ErrorKind::conflict);
  }
}

}  // namespace
}  // namespace emporion::contracts
