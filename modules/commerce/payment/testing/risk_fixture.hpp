#pragma once

#include <map>

#include "modules/commerce/payment/adapters/postgres/fraud_lists.hpp"
#include "modules/commerce/payment/testing/payment_fixture.hpp"

namespace emporion::payment {

/// Origins as a test says.
class KnownOrigins final : public AddressOrigins {
 public:
  std::optional<AddressOrigin> find(std::string_view address) override {
    const auto found = origins.find(std::string(address));
    return found == origins.end() ? std::nullopt : std::optional(found->second);
  }
  std::map<std::string, AddressOrigin> origins;
};

/// Cards as a test says.
class KnownCards final : public CardVault {
 public:
  bool is_enabled() const noexcept override { return true; }
  std::string_view provider() const noexcept override { return "stripe"; }
  Task<Result<CardOnFile>> describe(std::string token, milliseconds) override {
    const auto found = cards.find(token);
    if (found == cards.end()) co_return fail(ErrorKind::deadline_exceeded, "PROVIDER_OUTCOME_UNKNOWN", "no answer in time");
    co_return found->second;
  }
  Task<Result<std::string>> open_customer(Uuid, std::string) override { co_return fail(ErrorKind::unavailable, "PROVIDER_UNREACHABLE", ""); }
  Task<Result<CardSetup>> set_up(std::string, std::string) override { co_return fail(ErrorKind::unavailable, "PROVIDER_UNREACHABLE", ""); }
  Task<Result<CardOnFile>> attach(std::string, std::string, std::string) override { co_return fail(ErrorKind::unavailable, "PROVIDER_UNREACHABLE", ""); }
  Task<Result<>> detach(std::string, std::int32_t) override { co_return Result<>(); }
  std::map<std::string, CardOnFile> cards;
};

/// A purchase that nothing speaks against, until a test says so.
struct RiskTest : PaymentTest {
  RiskTest() {
    origins.origins["203.0.113.7"] = AddressOrigin{.country = "VN"};
    service_options.risk.origins = &origins;
    service_options.risk.cards = &cards;
  }

  v1::AssessRiskRequest a_purchase(std::int64_t amount = 253'000) {
    v1::AssessRiskRequest request;
    request.saga_id = Uuid::v7(clock.now(), random);
    request.order_id = Uuid::v7(clock.now(), random);
    request.customer_id = Uuid::v7(clock.now(), random);
    request.amount = Money(amount, Currency::of("VND"));
    request.method = v1::PaymentMethod::card;
    request.distinct_skus = 1;
    request.facts.email = request.customer_id->to_string() + "@example.com";
    request.facts.ip_address = "203.0.113.7";
    request.facts.billing_country = request.facts.shipping_country = "VN";
    return request;
  }
  Result<v1::RiskAssessment> try_assess(const v1::AssessRiskRequest& request) {
    return run(module().service.assess_risk(by("checkout", request.saga_id.to_string()), request));
  }
  v1::RiskAssessment assess(const v1::AssessRiskRequest& request) {
    auto answer = try_assess(request);
    EXPECT_TRUE(answer) << answer.error().to_string();
    return answer ? *answer : v1::RiskAssessment{};
  }
  /// "payments_per_day 25, billing_differs 5"
  static std::string signals(const v1::RiskAssessment& assessment) {
    std::string out;
    for (const auto& signal : assessment.signals) out += text(out.empty() ? "" : ", ", signal.name, " ", signal.points);
    return out;
  }
  CallContext staff(std::string key = "key") {
    CallContext out = by("gateway", std::move(key));
    out.principal = Principal{.realm = Realm::staff, .id = staff_id, .permissions = {"payment.fraud.read", "payment.fraud.write"}};
    return out;
  }
  FraudLists& lists() {
    if (!fraud_lists) fraud_lists = std::make_unique<FraudLists>(database(), clock, random);
    return *fraud_lists;
  }
  Result<v1::AddFraudEntryResponse> list(v1::FraudKind kind, std::string value, std::string key = "add") {
    v1::AddFraudEntryRequest request;
    request.kind = kind;
    request.value = std::move(value);
    request.reason = "chargebacks in March";
    return run(lists().add_fraud_entry(staff(text(key, "-", Uuid::from_name(text(to_string(kind), *request.value)))), request));
  }

  KnownOrigins origins;
  KnownCards cards;
  Uuid staff_id = Uuid::v7(clock.now(), random);
  std::unique_ptr<FraudLists> fraud_lists;
};

}  // namespace emporion::payment
