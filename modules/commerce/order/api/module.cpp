#include "modules/commerce/order/api/module.hpp"

#include "contracts/commerce/order/v1/order_api_binding.hpp"
#include "modules/commerce/order/adapters/postgres/postgres_order_store.hpp"
#include "modules/commerce/order/adapters/rpc/contract_neighbours.hpp"
#include "modules/commerce/order/api/audit.hpp"
#include "modules/commerce/order/app/event_handlers.hpp"
#include "modules/commerce/order/app/housekeeping.hpp"
#include "modules/commerce/order/app/service.hpp"

namespace emporion::order {
namespace {

class OrderModule final : public Module {
 public:
  explicit OrderModule(ModuleContext context)
      : context_(context),
        store_(context.database, context.clock),
        neighbours_(context.calls),
        cancelling_(store_, neighbours_),
        handlers_(store_, cancelling_),
        housekeeping_(store_, neighbours_, context.clock),
        service_(context.runtime, store_, cancelling_, context.clock, context.random),
        binding_(std::make_shared<v1::LocalOrderApi>(service_, context.clock)) {}

  void bind(Calls& calls) override { calls.bind<v1::OrderApi>(binding_); }
  Result<> routes(http::Router& router) override { return v1::add_routes(router, *binding_); }
  void subscribe(messaging::Subscriptions& subscriptions) override { handlers_.subscribe(subscriptions); }
  Task<Result<>> start() override {
    context_.jobs.every("order.end_overdue", minutes(5), &housekeeping_, &Housekeeping::end_overdue);
    context_.jobs.every("order.complete_delivered", hours(1), &housekeeping_, &Housekeeping::complete_delivered);
    context_.jobs.every("order.check_cancellations", minutes(10), &housekeeping_, &Housekeeping::check_cancellations);
    context_.jobs.every("order.flag_late", hours(1), &housekeeping_, &Housekeeping::flag_late);
    co_return Result<>();
  }
  Task<void> stop() override { co_await service_.close(); }

 private:
  ModuleContext context_;
  PostgresOrderStore store_;
  ContractNeighbours neighbours_;
  Cancelling cancelling_;
  EventHandlers handlers_;
  Housekeeping housekeeping_;
  OrderService service_;
  std::shared_ptr<v1::OrderApi> binding_;
};

}  // namespace

ModuleDefinition definition() {
  return ModuleDefinition{.name = "order",
                          .migrations = migrations(),
                          .create = [](ModuleContext context) -> std::unique_ptr<Module> { return std::make_unique<OrderModule>(context); },
                          .audit_checks = audit_checks(),
                          .audit_facts = audit_facts()};
}

}  // namespace emporion::order
