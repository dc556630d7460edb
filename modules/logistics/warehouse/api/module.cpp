#include "modules/logistics/warehouse/api/module.hpp"

#include "contracts/logistics/warehouse/v1/warehouse_api_binding.hpp"
#include "modules/logistics/warehouse/adapters/postgres_stores.hpp"
#include "modules/logistics/warehouse/api/audit.hpp"
#include "modules/logistics/warehouse/app/event_handlers.hpp"
#include "modules/logistics/warehouse/app/service.hpp"
#include "modules/logistics/warehouse/app/upkeep.hpp"

namespace emporion::warehouse {

std::span<const postgres::Migration> migrations();

namespace {

class WarehouseModule final : public Module {
 public:
  explicit WarehouseModule(const ModuleContext& context)
      : stores_{postgres_warehouse_store(context.database), postgres_stock_store(context.database), postgres_receipt_store(context.database),
                postgres_reservation_store(context.database)},
        options_(Options::read(context.settings)),
        service_(context.runtime, stores_, context.clock, context.random, options_),
        local_(std::make_shared<v1::LocalWarehouseApi>(service_, context.clock)),
        handlers_(*stores_.reservations),
        upkeep_(stores_, options_),
        jobs_(context.jobs) {}

  void bind(Calls& calls) override { calls.bind<v1::WarehouseApi>(local_); }
  Result<> routes(http::Router& router) override { return v1::add_routes(router, *local_); }
  void subscribe(messaging::Subscriptions& subscriptions) override { handlers_.subscribe(subscriptions); }
  Task<Result<>> start() override {
    upkeep_.schedule(jobs_);
    co_return Result<>();
  }
  Task<void> stop() override { return service_.close(); }

 private:
  Stores stores_;
  Options options_;
  WarehouseService service_;
  std::shared_ptr<v1::LocalWarehouseApi> local_;
  EventHandlers handlers_;
  Upkeep upkeep_;
  Jobs& jobs_;
};

}  // namespace

ModuleDefinition definition() {
  return {.name = "warehouse",
          .migrations = migrations(),
          .create = [](ModuleContext context) -> std::unique_ptr<Module> { return std::make_unique<WarehouseModule>(context); },
          .audit_checks = audit_checks(),
          .audit_facts = audit_facts()};
}

}  // namespace emporion::warehouse
