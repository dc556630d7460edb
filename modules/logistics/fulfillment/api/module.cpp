#include "modules/logistics/fulfillment/api/module.hpp"

#include <memory>
#include <utility>

#include "contracts/logistics/fulfillment/v1/fulfillment_api_binding.hpp"
#include "modules/logistics/fulfillment/adapters/postgres/fulfillment_store.hpp"
#include "modules/logistics/fulfillment/app/autopilot.hpp"
#include "modules/logistics/fulfillment/app/triggers.hpp"
#include "modules/logistics/fulfillment/app/workflow.hpp"

namespace emporion::fulfillment {
namespace {

class FulfillmentModule final : public Module {
 public:
  explicit FulfillmentModule(ModuleContext context)
      : context_(std::move(context)),
        has_autopilot_(context_.settings.boolean("fulfillment.autopilot", false)),
        store_(context_.database),
        picking_(store_, context_.database, context_.calls),
        workflow_(store_, picking_, context_.database, context_.calls, context_.clock),
        triggers_(store_),
        autopilot_(store_, picking_, context_.database, context_.settings.integer("fulfillment.unit_weight_g", 100, 1, 30'000)),
        binding_(std::make_shared<v1::LocalFulfillmentApi>(workflow_, context_.clock)) {}

  void bind(Calls& calls) override { calls.bind<v1::FulfillmentApi>(binding_); }
  Result<> routes(http::Router& router) override { return v1::add_routes(router, *binding_); }
  void subscribe(messaging::Subscriptions& subscriptions) override { triggers_.subscribe(subscriptions); }

  Task<Result<>> start() override {
    context_.jobs.every("fulfillment.scans", seconds(5), &picking_, &Picking::finish_stale);
    if (has_autopilot_) context_.jobs.every("fulfillment.autopilot", milliseconds(500), &autopilot_, &Autopilot::run);
    co_return Result<>();
  }

 private:
  ModuleContext context_;
  bool has_autopilot_;
  PostgresFulfillmentStore store_;
  Picking picking_;
  Workflow workflow_;
  Triggers triggers_;
  Autopilot autopilot_;
  std::shared_ptr<v1::LocalFulfillmentApi> binding_;
};

}  // namespace

ModuleDefinition definition() {
  return {
      .name = "fulfillment",
      .migrations = migrations(),
      .create = [](ModuleContext context) -> std::unique_ptr<Module> { return std::make_unique<FulfillmentModule>(std::move(context)); },
      .audit_checks =
          {
              {"F-I1 an item holds packed ≤ picked, and picked + short + cancelled ≤ qty",
               "SELECT f.id::text, i::text FROM fulfillment f, jsonb_array_elements(f.state -> 'items') i WHERE (i ->> 'packed')::int > (i ->> 'picked')::int"
               " OR (i ->> 'picked')::int + (i ->> 'short_qty')::int + (i ->> 'cancelled')::int > (i ->> 'qty')::int"},
              {"F-I2 packages hold each packed unit once",
               "SELECT f.id::text, p.units || ' in packages, ' || i.units || ' packed' FROM fulfillment f,"
               " LATERAL (SELECT coalesce(sum((u ->> 'qty')::int), 0) AS units FROM jsonb_array_elements(f.state -> 'packages') g, jsonb_array_elements(g -> "
               "'items') u) p,"
               " LATERAL (SELECT coalesce(sum((u ->> 'packed')::int), 0) AS units FROM jsonb_array_elements(f.state -> 'items') u) i WHERE p.units <> i.units"},
              {"F-I2 the cash of the packages is the cash of the fulfillment",
               "SELECT f.id::text, coalesce((f.state -> 'cod')::text, 'no cash') FROM fulfillment f WHERE jsonb_array_length(f.state -> 'packages') > 0 AND "
               "coalesce((f.state #>> '{cod,amount}')::bigint, 0) <>"
               " (SELECT coalesce(sum((g #>> '{cod,amount}')::bigint), 0) FROM jsonb_array_elements(f.state -> 'packages') g)"},
              {"F-I5 what is shipped has a shipment with tracking number for every package",
               "SELECT f.id::text, g ->> 'id' FROM fulfillment f, jsonb_array_elements(f.state -> 'packages') g WHERE f.status IN ('shipped', 'completed') AND "
               "g ->> 'status' <> 'cancelled'"
               " AND (g ->> 'tracking_number' IS NULL OR g ->> 'shipment_id' IS NULL)"},
              {"F-I9 a cancelled order has nothing left in house",
               "SELECT f.id::text, f.status FROM fulfillment f JOIN order_book o USING (order_id) WHERE o.is_cancelled"
               " AND f.status NOT IN ('cancelled', 'compensation_pending', 'compensated', 'completed')"},
              {"F the columns say what the state says",
               "SELECT id::text, status || ' but ' || coalesce(state ->> 'status', 'nothing') FROM fulfillment WHERE status IS DISTINCT FROM state ->> "
               "'status' OR version IS DISTINCT FROM (state ->> 'version')::bigint"},
          },
      .audit_facts =
          {
              {"fulfillment.shipped_units_by_order",
               "SELECT f.order_id || ':' || (i ->> 'sku'), sum((i ->> 'packed')::bigint)::text FROM fulfillment f, jsonb_array_elements(f.state -> 'items') i"
               " WHERE f.status IN ('shipped', 'completed', 'compensation_pending', 'compensated') AND (i ->> 'packed')::bigint > 0 GROUP BY 1"},
              {"fulfillment.picked_units_by_order",
               "SELECT f.order_id || ':' || (i ->> 'sku'), sum((i ->> 'picked')::bigint)::text FROM fulfillment f, jsonb_array_elements(f.state -> 'items') i"
               " WHERE f.status <> 'cancelled' AND (i ->> 'picked')::bigint > 0 GROUP BY 1"},
          },
  };
}

}  // namespace emporion::fulfillment
