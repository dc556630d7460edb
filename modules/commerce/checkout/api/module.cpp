#include "modules/commerce/checkout/api/module.hpp"

#include "contracts/commerce/checkout/v1/checkout_api_binding.hpp"
#include "kernel/base/text.hpp"
#include "modules/commerce/checkout/adapters/events/event_handlers.hpp"
#include "modules/commerce/checkout/adapters/jobs/housekeeping.hpp"
#include "modules/commerce/checkout/adapters/postgres/cart_store.hpp"
#include "modules/commerce/checkout/adapters/postgres/session_store.hpp"
#include "modules/commerce/checkout/adapters/rpc/checkout_service.hpp"
#include "modules/commerce/checkout/app/place_order/place_order.hpp"

namespace emporion::checkout {

std::span<const postgres::Migration> migrations();

namespace {

/// Defaults of the amounts, in major units. The specs state them for VND; the others are of the same order.
struct AmountDefaults {
  std::int64_t order_max;
  std::int64_t cod_max;
};
AmountDefaults defaults_for(Currency currency) {
  if (currency.code() == "VND") return {100'000'000, 5'000'000};
  return {10'000, 200};
}

CheckoutSettings read_settings(const config::Settings& settings) {
  CheckoutSettings out;
  const std::string profile = settings.string("checkout.profile", "retail");
  const bool wholesale = profile == "wholesale";
  out.limits = wholesale ? CartLimits::wholesale() : CartLimits::retail();
  out.limits.lines_max = static_cast<std::int32_t>(settings.integer("checkout.lines_max", out.limits.lines_max, 1, 2'000));
  out.limits.units_max = static_cast<std::int32_t>(settings.integer("checkout.units_max", out.limits.units_max, 1, 100'000));
  if (const auto currency = Currency::parse(settings.string("checkout.currency", "VND"))) out.shop_currency = *currency;
  out.payment_window = std::chrono::duration_cast<seconds>(settings.span("checkout.payment_window_s", out.payment_window));
  out.transfer_window = std::chrono::duration_cast<seconds>(settings.span("checkout.transfer_window_s", out.transfer_window));
  out.pending_transfers_max = static_cast<std::int32_t>(settings.integer("checkout.pending_transfers_max", out.pending_transfers_max, 1, 1'000));
  out.amounts = [&settings, wholesale](Currency currency) {
    const std::string code = ascii_lower(currency.code());
    std::int64_t unit = 1;
    for (int i = 0; i < currency.exponent(); ++i) unit *= 10;
    const auto defaults = defaults_for(currency);
    const auto amount = [&](std::string_view name, std::int64_t fallback) {
      return Money(settings.integer(text("checkout.", name, ".", code), fallback, 0, Money::amount_max), currency);
    };
    return AmountLimits{.order_min = amount("order_min", 0),
                        .order_max = amount("order_max", wholesale ? Money::amount_max : defaults.order_max * unit),
                        .cod_max = amount("cod_max", wholesale ? Money::amount_max : defaults.cod_max * unit),
                        .cod_fee = amount("cod_fee", 0)};
  };
  return out;
}

class CheckoutModule final : public Module {
 public:
  explicit CheckoutModule(ModuleContext context)
      : context_(std::move(context)),
        settings_(read_settings(context_.settings)),
        neighbours_(context_.calls),
        cart_store_(context_.runtime, context_.database, context_.clock, context_.random),
        sessions_(context_.runtime, context_.database, context_.clock, context_.random),
        quoting_(neighbours_, settings_, context_.clock, context_.random),
        place_order_(neighbours_, sessions_, quoting_, settings_),
        engine_(context_.runtime, context_.database, context_.clock, context_.random, context_.name, place_order_.definition(),
                {.lease = std::chrono::duration_cast<seconds>(context_.settings.span("checkout.saga_lease_s", seconds(30)))}),
        carts_(neighbours_, cart_store_, settings_, context_.clock, context_.random),
        placement_(neighbours_, sessions_, engine_, settings_, context_.clock, context_.random),
        service_(neighbours_, carts_, cart_store_, sessions_, quoting_, placement_, engine_, settings_, context_.random),
        events_(engine_),
        housekeeping_(context_.database) {
    sessions_.attach(engine_);
    for (const std::string_view code : {"VND", "USD", "GBP", "EUR"})
      (void)settings_.amounts(Currency::of(code));  // Read now, so that a bad value stops the start.
  }

  void bind(Calls& calls) override { calls.bind<v1::CheckoutApi>(std::make_shared<v1::LocalCheckoutApi>(service_, context_.clock)); }
  Result<> routes(http::Router& router) override { return v1::add_routes(router, context_.calls.get<v1::CheckoutApi>()); }
  void subscribe(messaging::Subscriptions& subscriptions) override { events_.subscribe(subscriptions); }
  Task<Result<>> start() override {
    engine_.start();
    housekeeping_.schedule(context_.jobs);
    co_return Result<>();
  }
  Task<void> stop() override {
    co_await engine_.stop();
    co_await cart_store_.close();
    co_await sessions_.close();
  }

 private:
  ModuleContext context_;
  CheckoutSettings settings_;
  Neighbours neighbours_;
  PostgresCartStore cart_store_;
  PostgresSessionStore sessions_;
  Quoting quoting_;
  PlaceOrder place_order_;
  saga::Engine engine_;
  Carts carts_;
  Placement placement_;
  CheckoutService service_;
  EventHandlers events_;
  Housekeeping housekeeping_;
};

}  // namespace

ModuleDefinition definition() {
  return {
      .name = "checkout",
      .migrations = migrations(),
      .create = [](ModuleContext context) -> std::unique_ptr<Module> { return std::make_unique<CheckoutModule>(std::move(context)); },
      .audit_checks =
          {{"C-I3 a cart has one line per SKU and no empty line",
            "SELECT cart_id::text, sku FROM cart_line GROUP BY cart_id, sku HAVING count(*) > 1 OR min(qty) <= 0"},
           {"C-I8 a locked cart has a saga under way",
            "SELECT c.id::text, 'saga ' || coalesce(c.saga_id::text, 'none') FROM cart c LEFT JOIN saga s ON s.id = c.saga_id WHERE c.status = 'locked' AND "
            "(s.id IS NULL OR s.state IN ('completed', 'failed'))"},
           {"C-I8 a converted cart has a completed saga",
            "SELECT c.id::text, 'saga ' || coalesce(s.state, 'missing') FROM cart c LEFT JOIN saga s ON s.id = c.saga_id WHERE c.status = 'converted' AND "
            "s.state IS DISTINCT FROM 'completed'"},
           {"every confirm that was accepted has its saga",
            "SELECT k.saga_id::text, 'of session ' || k.session_id FROM confirm_key k WHERE NOT EXISTS (SELECT FROM saga s WHERE s.id = k.saga_id)"},
           {"an awaited transfer belongs to a saga under way",
            "SELECT t.saga_id::text, 'saga ' || coalesce(s.state, 'missing') FROM pending_transfer t LEFT JOIN saga s ON s.id = t.saga_id WHERE s.id IS NULL "
            "OR s.state IN "
            "('completed', 'failed')"},
           {"no saga is lost: each is terminal, waiting, or due within its lease",
            "SELECT id::text, state || ' at ' || step || ' since ' || updated_at FROM saga WHERE state NOT IN ('completed', 'failed', 'stuck') AND next_run_at "
            "< now() - interval "
            "'10 minutes' AND (lease_until IS NULL OR lease_until < now() - interval '10 minutes')"}},
      .audit_facts = {
          {"checkout.placed_orders",
           "SELECT coalesce(context::json ->> 'order', 'saga ' || id), 'placed' FROM saga WHERE definition = 'checkout.place_order' AND state = 'completed'"},
          {"checkout.pursued_orders",
           "SELECT coalesce(context::json ->> 'order', 'saga ' || id), 'placed' FROM saga WHERE definition = 'checkout.place_order' AND state <> 'failed'"},
          {"checkout.live_sagas", "SELECT id::text, 'held' FROM saga WHERE state NOT IN ('completed', 'failed')"}}};
}

}  // namespace emporion::checkout
