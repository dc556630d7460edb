#include "modules/logistics/shipping/api/module.hpp"

#include <memory>
#include <utility>

#include "contracts/logistics/shipping/v1/shipping_api_binding.hpp"
#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/logistics/shipping/adapters/demo_carrier/demo_carrier.hpp"
#include "modules/logistics/shipping/adapters/demo_carrier/demo_carrier_gateway.hpp"
#include "modules/logistics/shipping/adapters/postgres/rate_store.hpp"
#include "modules/logistics/shipping/adapters/postgres/shipment_store.hpp"
#include "modules/logistics/shipping/app/carrier_work.hpp"
#include "modules/logistics/shipping/app/shipping_service.hpp"

namespace emporion::shipping {
namespace {

struct CarrierSettings {
  bool is_enabled;
  std::string url;
  std::string webhook_url;
  std::vector<std::string> secrets;
  microseconds step;

  std::vector<std::string> dormant() const {
    std::vector<std::string> out;
    if (!is_enabled && url.empty()) out.emplace_back("demo");
    return out;
  }
  static CarrierSettings read(const ModuleContext& context) {
    const config::Settings& settings = context.settings;
    CarrierSettings out{.is_enabled = settings.boolean("shipping.demo_carrier.enabled", false),
                        .url = settings.string("shipping.demo_carrier.url", ""),
                        .webhook_url = settings.string("shipping.demo_carrier.webhook_url", "http://127.0.0.1:8080/api/v1/webhooks/demo"),
                        .secrets = settings.strings("shipping.demo_carrier.secrets"),
                        .step = settings.span("shipping.demo_carrier.step_ms", seconds(2))};
    // Signer and verifier are one process then, and parcels of earlier runs are signed anew: no secret needs to be kept.
    if (out.is_enabled && out.secrets.empty()) out.secrets.push_back(security::random_token(context.random));
    return out;
  }
};

class ShippingModule final : public Module {
 public:
  explicit ShippingModule(ModuleContext context)
      : context_(std::move(context)),
        settings_(CarrierSettings::read(context_)),
        rates_(context_.database),
        store_(context_.database),
        rating_(rates_, context_.database, context_.runtime, context_.clock, context_.random, context_.settings.span("shipping.quote_life_min", minutes(30))),
        shipments_(store_, context_.database, context_.clock, context_.random, context_.settings.string("shipping.default_carrier", "demo")),
        tracking_(store_, context_.database, context_.runtime, context_.jobs, context_.clock, settings_.secrets),
        work_(store_, context_.database, carriers_, context_.clock, settings_.dormant()),
        service_(rating_, shipments_, tracking_),
        binding_(std::make_shared<v1::LocalShippingApi>(service_, context_.clock)) {
    carriers_.emplace("own_fleet", std::make_unique<OwnFleetGateway>(context_.clock));
    if (settings_.is_enabled) {
      demo_ =
          std::make_unique<DemoCarrier>(context_.runtime, context_.database, context_.clock,
                                        DemoCarrierOptions{.secret = settings_.secrets.front(), .webhook_url = settings_.webhook_url, .step = settings_.step});
      carriers_.emplace("demo", std::make_unique<DemoCarrierGateway>(context_.runtime, [demo = demo_.get()] { return demo->url(); }, seconds(3)));
    } else if (!settings_.url.empty()) {
      carriers_.emplace("demo", std::make_unique<DemoCarrierGateway>(context_.runtime, [url = settings_.url] { return url; }, seconds(3)));
    }
  }

  void bind(Calls& calls) override { calls.bind<v1::ShippingApi>(binding_); }
  Result<> routes(http::Router& router) override { return v1::add_routes(router, *binding_); }

  void subscribe(messaging::Subscriptions& subscriptions) override {
    subscriptions.on<fulfillment::v1::PackageReadied>(&shipments_, &Shipments::on_package_readied);
    subscriptions.on<fulfillment::v1::PackageCancelled>(&shipments_, &Shipments::on_package_cancelled);
    subscriptions.on<fulfillment::v1::FulfillmentShipped>(&shipments_, &Shipments::on_fulfillment_shipped);
    subscriptions.on<order::v1::OrderCancelled>(&shipments_, &Shipments::on_order_cancelled);
    subscriptions.on<order::v1::OrderAddressChanged>(&shipments_, &Shipments::on_address_changed);
  }

  Task<Result<>> start() override {
    EMP_CO_TRY(co_await rating_.load());
    if (demo_) EMP_CO_TRY(demo_->start());
    context_.jobs.every("shipping.book", milliseconds(500), &work_, &CarrierWork::book);
    context_.jobs.every("shipping.tell", milliseconds(500), &work_, &CarrierWork::tell);
    context_.jobs.every(Tracking::job_name, seconds(1), &tracking_, &Tracking::process);
    context_.jobs.every("shipping.clean_up", hours(1), this, &ShippingModule::clean_up);
    co_return Result<>();
  }

  Task<void> stop() override {
    if (demo_) co_await demo_->stop();
    co_await tracking_.stop();
    co_await rating_.stop();
  }

 private:
  Task<Result<>> clean_up(CallContext) { co_return co_await store_.clean_up(); }

  ModuleContext context_;
  CarrierSettings settings_;
  PostgresRateStore rates_;
  PostgresShipmentStore store_;
  std::unique_ptr<DemoCarrier> demo_;
  Carriers carriers_;
  Rating rating_;
  Shipments shipments_;
  Tracking tracking_;
  CarrierWork work_;
  ShippingService service_;
  std::shared_ptr<v1::LocalShippingApi> binding_;
};

}  // namespace

ModuleDefinition definition() {
  return {
      .name = "shipping",
      .migrations = migrations(),
      .create = [](ModuleContext context) -> std::unique_ptr<Module> { return std::make_unique<ShippingModule>(std::move(context)); },
      .audit_checks =
          {
              {"S-I1 a package has one live outbound shipment at most",
               "SELECT package_id::text, count(*)::text FROM shipment WHERE direction = 'outbound' AND status <> 'cancelled' GROUP BY package_id HAVING "
               "count(*) > 1"},
              {"S-I3 a shipment stands where the last report that moved it put it",
               "SELECT s.id::text, s.status || ' but ' || e.status FROM shipment s JOIN LATERAL (SELECT status FROM tracking_event WHERE shipment_id = s.id "
               "AND is_applied"
               " ORDER BY at DESC, seq DESC LIMIT 1) e ON true WHERE s.status <> e.status AND s.status <> 'cancelled'"},
              {"S-I4 what is delivered was so once, at the carrier's time",
               "SELECT id::text, status FROM shipment s WHERE (status = 'delivered') <> (delivered_at IS NOT NULL) OR (status = 'delivered' AND NOT EXISTS"
               " (SELECT FROM tracking_event e WHERE e.shipment_id = s.id AND e.is_applied AND e.status = 'delivered' AND e.at = s.delivered_at))"},
              {"S-I5 cash collected is at most what was asked",
               "SELECT id::text, cod_collected_minor::text FROM shipment WHERE cod_collected_minor > coalesce(cod_minor, 0)"},
          },
      .audit_facts =
          {
              {"shipping.shipped_units_by_order",
               "SELECT s.order_id || ':' || (i ->> 'sku'), sum((i ->> 'qty')::bigint)::text FROM shipment s, jsonb_array_elements(s.items) i"
               " WHERE s.direction = 'outbound' AND s.handed_over_at IS NOT NULL AND s.status <> 'cancelled' GROUP BY 1"},
              // Also where staff corrected the carrier's word later: Order counts the first one.
              {"shipping.delivered_units_by_order",
               "SELECT s.order_id || ':' || (i ->> 'sku'), sum((i ->> 'qty')::bigint)::text FROM shipment s, jsonb_array_elements(s.items) i"
               " WHERE s.direction = 'outbound' AND EXISTS (SELECT FROM tracking_event e WHERE e.shipment_id = s.id AND e.is_applied AND e.status = "
               "'delivered') GROUP BY 1"},
              {"shipping.collected_cash_by_parcel",
               "SELECT id::text, cod_collected_minor || ' ' || currency FROM shipment WHERE cod_collected_minor IS NOT NULL"},
          },
  };
}

}  // namespace emporion::shipping
