#include "modules/product/promotion/api/module.hpp"

#include "kernel/base/text.hpp"
#include "modules/product/promotion/api/audit.hpp"
#include "modules/product/promotion/api/face.hpp"

namespace emporion::promotion {

std::span<const postgres::Migration> migrations();

namespace {

Policy policy_of(const config::Settings& settings) {
  return {.discount_max_bp = settings.integer("promotion.max_total_discount_bp", 8'000, 0, 10'000),
          .lines_max = settings.integer("promotion.lines_max", 200, 1, 2'000)};
}

std::string master_key_file(const config::Settings& settings) {
  return settings.string("identity.master_key_file", text(settings.string("home", "var"), "/identity.key"));
}

class PromotionModule final : public Module {
 public:
  explicit PromotionModule(const ModuleContext& context)
      : master_key_file_(master_key_file(context.settings)),
        parts_(context, policy_of(context.settings)),
        face_(parts_),
        jobs_(context.jobs),
        binding_(std::make_shared<v1::LocalPromotionApi>(face_, context.clock)) {}

  void bind(Calls& calls) override { calls.bind<v1::PromotionApi>(binding_); }
  Result<> routes(http::Router& router) override { return v1::add_routes(router, *binding_); }
  void subscribe(messaging::Subscriptions& subscriptions) override { parts_.events.subscribe(subscriptions); }

  Task<Result<>> start() override {
    EMP_CO_TRY(parts_.keys.open(master_key_file_, parts_.random));
    jobs_.every("promotion.windows", seconds(1), &parts_.promotions, &Promotions::pass_boundaries);
    jobs_.every("promotion.reservation_expiry", seconds(10), &parts_.upkeep, &Upkeep::expire);
    jobs_.every("promotion.orphans", hours(1), &parts_.upkeep, &Upkeep::ask_orders);
    jobs_.every("promotion.coupon_expiry", hours(1), &parts_.coupons, &Coupons::expire);
    jobs_.every("promotion.counters", hours(24), &parts_.insight, &Insight::audit_counters);
    co_return Result<>();
  }
  Task<void> stop() override {
    co_await parts_.reserving.close();
    co_await parts_.book.close();
  }

 private:
  std::string master_key_file_;
  Parts parts_;
  PromotionFace face_;
  Jobs& jobs_;
  std::shared_ptr<v1::PromotionApi> binding_;
};

}  // namespace

ModuleDefinition definition() {
  return {.name = "promotion",
          .migrations = migrations(),
          .create = [](ModuleContext context) -> std::unique_ptr<Module> { return std::make_unique<PromotionModule>(context); },
          .audit_checks = audit_checks(),
          .audit_facts = audit_facts()};
}

}  // namespace emporion::promotion
