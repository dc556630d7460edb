#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "contracts/product/promotion/v1/promotion_events.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/testing/fake_clock.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "kernel/testing/seeded_random.hpp"
#include "modules/product/promotion/api/audit.hpp"
#include "modules/product/promotion/api/face.hpp"

namespace emporion::promotion {

std::span<const postgres::Migration> migrations();

inline Money usd(std::int64_t amount) { return Money(amount, Currency::of("USD")); }

template <typename T>
std::string reason_of(const Result<T>& result) {
  return result ? std::string("ok") : result.error().reason();
}

/// The module's parts over a fresh database, reached through its contract; time moves by hand, jobs do not run by themselves. At the end of each test the
/// module's own audit must be clean.
class PromotionFixture : public testing::PostgresTest {
 public:
  PromotionFixture() : PostgresTest("promotion", migrations()) {
    home_ = std::filesystem::temp_directory_path() / new_id().to_string();
    std::filesystem::create_directories(home_);
    parts_ = make_parts(database());
    face_ = std::make_unique<PromotionFace>(*parts_);
    api_ = std::make_unique<v1::LocalPromotionApi>(*face_, clock_);
    parts_->events.subscribe(subscriptions_);
  }
  ~PromotionFixture() override {
    run(parts_->reserving.close());
    run(parts_->book.close());
    std::filesystem::remove_all(home_);
  }
  void TearDown() override {
    for (const auto& check : audit_checks()) {
      for (const auto& row : sql(std::string(check.sql))) ADD_FAILURE() << check.invariant << ": " << *row[0] << ": " << *row[1];
    }
  }

 protected:
  v1::PromotionApi& api() { return *api_; }
  Parts& parts() { return *parts_; }
  testing::FakeClock& clock() { return clock_; }
  Uuid new_id() { return Uuid::v7(clock_.now(), random_); }
  /// The module over another connection to the same rows: a second replica.
  std::unique_ptr<Parts> make_parts(postgres::Database& store) {
    auto parts =
        std::make_unique<Parts>(ModuleContext{"promotion", runtime(), store, calls_, clock_, random_, settings_, jobs_}, Policy{.discount_max_bp = 10'000});
    EMP_ASSERT(parts->keys.open((home_ / "identity.key").string(), random_).has_value());
    return parts;
  }

  CallContext service(const std::string& key = "k") { return context("checkout").as_service("checkout", key); }
  CallContext staff(std::vector<std::string> permissions = {"promotion.*"}) { return as(Realm::staff, Uuid::from_name("staff"), std::move(permissions)); }
  CallContext customer(const Uuid& id) { return as(Realm::customer, id, {}); }
  CallContext guest(const std::string& address = "192.0.2.1") {
    CallContext out = as(Realm::guest, Uuid(), {});
    out.client = std::make_shared<const ClientFacts>(ClientFacts{.address = address, .user_agent = {}});
    return out;
  }

  v1::CampaignTerms campaign_terms(std::optional<std::int64_t> budget = {}) {
    return {.name = "spring",
            .type = v1::CampaignType::seasonal,
            .funded_by_seller_id = {},
            .priority = {},
            .starts_at = clock_.now() - hours(1),
            .ends_at = clock_.now() + hours(1'000),
            .budget_limit = budget ? std::optional(usd(*budget)) : std::nullopt};
  }
  Uuid a_campaign(std::optional<std::int64_t> budget = {}) {
    const auto made = run(api().create_campaign(staff(), {campaign_terms(budget)}));
    EXPECT_TRUE(made) << made.error().to_string();
    EXPECT_EQ(reason_of(run(api().activate_campaign(staff(), {made->id, {}}))), "ok");
    return made->id;
  }
  /// Ten percent off everything, for a thousand hours.
  v1::PromotionTerms ten_percent() {
    v1::PromotionTerms terms;
    terms.name = "ten";
    terms.rule_type = v1::RuleType::cart;
    terms.kind = v1::PromotionKind::percentage;
    terms.percentage_bp = 1'000;
    terms.starts_at = clock_.now() - minutes(1);
    terms.ends_at = clock_.now() + hours(999);
    return terms;
  }
  v1::Promotion a_promotion(const v1::PromotionTerms& terms) {
    const auto made = run(api().create_promotion(staff(), {terms}));
    EXPECT_TRUE(made) << made.error().to_string();
    const auto active = run(api().activate_promotion(staff(), {made->id, {}}));
    EXPECT_TRUE(active) << active.error().to_string();
    return *active;
  }
  v1::Coupon a_coupon(const Uuid& promotion, const std::string& code, v1::CouponTerms terms = {.type = v1::CouponType::multi}) {
    const auto made = run(api().create_coupon(staff(), {promotion, code, std::move(terms)}));
    EXPECT_TRUE(made) << made.error().to_string();
    return *made;
  }
  v1::Promotion a_promotion_by_coupon(const std::string& code, std::optional<std::int64_t> limit = {}) {
    auto terms = ten_percent();
    terms.requires_coupon = true;
    const auto made = a_promotion(terms);
    a_coupon(made.id, code, {.type = v1::CouponType::multi, .customer_id = {}, .limit = limit});
    return made;
  }

  /// One line of 30.00 bought by somebody new.
  v1::EvaluateRequest an_input(std::vector<std::string> coupons = {}) {
    v1::EvaluateRequest out;
    out.lines = {{.line_id = "1", .sku = "S", .qty = 3, .unit_amount = usd(1'000)}};
    out.coupons = std::move(coupons);
    out.priced_at = clock_.now();
    out.customer_id = new_id();
    return out;
  }
  v1::Evaluation evaluate(const v1::EvaluateRequest& input) {
    auto made = run(api().evaluate(service(), input));
    EXPECT_TRUE(made) << made.error().to_string();
    return made.value_or(v1::Evaluation{});
  }
  v1::ReserveRequest a_reserve(const v1::EvaluateRequest& input) {
    return {.checkout_id = new_id(), .input = input, .evaluation_hash = evaluate(input).evaluation_hash};
  }
  Result<v1::Redemption> reserve(const v1::ReserveRequest& request) { return run(api().reserve(service(), request)); }
  v1::Redemption a_redemption(const v1::EvaluateRequest& input) {
    auto made = reserve(a_reserve(input));
    EXPECT_TRUE(made) << made.error().to_string();
    return made.value_or(v1::Redemption{});
  }
  v1::Redemption a_committed(const v1::EvaluateRequest& input, const Uuid& order) {
    auto made = run(api().commit(service(), {a_redemption(input).checkout_id, order}));
    EXPECT_TRUE(made) << made.error().to_string();
    return made.value_or(v1::Redemption{});
  }
  template <typename Event>
  Result<> hear(Event event) {
    return run(apply(to_json(event), std::string(Event::topic)));
  }
  template <typename Event>
  Event about(const Uuid& order, const Uuid& checkout, std::optional<Uuid> buyer = {}) {
    Event event;
    event.order_id = order;
    event.saga_id = checkout;
    event.customer_id = buyer;
    event.currency = "USD";
    event.contact.email = "ann@example.com";
    auto& totals = event.totals;
    for (Money* term : {&totals.subtotal, &totals.discount, &totals.shipping, &totals.shipping_discount, &totals.tax, &totals.payment_fee, &totals.points_value,
                        &totals.grand_total})
      *term = usd(0);
    return event;
  }
  std::string usage(const Uuid& promotion) {
    return value(text("SELECT used || ' ' || used_units || ' ' || status FROM promotion WHERE id = '", promotion, "'"));
  }
  std::int64_t count(const std::string& from) { return std::stoll(value("SELECT count(*) FROM " + from)); }
  Calls& calls() { return calls_; }

 private:
  CallContext as(Realm realm, const Uuid& id, std::vector<std::string> permissions) {
    CallContext out = context();
    out.principal = Principal{.realm = realm, .id = id, .session = {}, .service = {}, .permissions = std::move(permissions), .acting_staff = {}};
    out.idempotency_key = new_id().to_string();
    return out;
  }
  Task<Result<>> apply(std::string data, std::string topic) {
    EMP_CO_ASSIGN(auto work, co_await database().begin(context()));
    messaging::Envelope envelope;
    envelope.data = std::move(data);
    EMP_CO_TRY(co_await subscriptions_.handlers().find(topic)->second(work, envelope));
    co_return co_await work.commit();
  }

  testing::FakeClock clock_;
  testing::SeededRandom random_ = testing::SeededRandom::of_this_run();
  config::Settings settings_;
  Calls calls_;
  Jobs jobs_{runtime(), database(), clock_, random_};
  std::filesystem::path home_;
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<PromotionFace> face_;
  std::unique_ptr<v1::LocalPromotionApi> api_;
  messaging::Subscriptions subscriptions_;
};

}  // namespace emporion::promotion
