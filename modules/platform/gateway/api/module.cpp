#include "modules/platform/gateway/api/module.hpp"

#include "contracts/openapi.hpp"
#include "contracts/platform/gateway/v1/bff_api_binding.hpp"
#include "contracts/platform/gateway/v1/breakers_api_binding.hpp"
#include "contracts/platform/gateway/v1/cache_api_binding.hpp"
#include "contracts/platform/gateway/v1/gateway_api_binding.hpp"
#include "contracts/platform/gateway/v1/keys_api_binding.hpp"
#include "contracts/platform/gateway/v1/waiting_room_api_binding.hpp"
#include "kernel/base/text.hpp"
#include "kernel/http/server.hpp"
#include "kernel/observe/log.hpp"
#include "modules/platform/gateway/adapters/postgres/lease_store.hpp"
#include "modules/platform/gateway/adapters/postgres/override_store.hpp"
#include "modules/platform/gateway/adapters/rpc/bff_service.hpp"
#include "modules/platform/gateway/adapters/rpc/breakers_service.hpp"
#include "modules/platform/gateway/adapters/rpc/cache_service.hpp"
#include "modules/platform/gateway/adapters/rpc/gateway_service.hpp"
#include "modules/platform/gateway/adapters/rpc/hearing.hpp"
#include "modules/platform/gateway/adapters/rpc/keys_service.hpp"
#include "modules/platform/gateway/adapters/rpc/waiting_room_service.hpp"
#include "modules/platform/gateway/app/edge.hpp"

namespace emporion::gateway {

std::span<const postgres::Migration> migrations();

namespace {

RatePlan read_plan(const config::Settings& settings, std::string_view name, RatePlan fallback) {
  return {settings.integer(text("gateway.rate.", name, ".per_minute"), fallback.per_minute, 1, 1'000'000'000),
          settings.integer(text("gateway.rate.", name, ".burst"), fallback.burst, 1, 1'000'000'000)};
}

RatePlans read_plans(const config::Settings& settings) {
  const RatePlans defaults;
  return {read_plan(settings, "guest", defaults.guest), read_plan(settings, "user", defaults.user), read_plan(settings, "login", defaults.login),
          read_plan(settings, "checkout_confirm", defaults.checkout_confirm), read_plan(settings, "webhook", defaults.webhook)};
}

std::vector<std::string> read_list(const config::Settings& settings, std::string_view name) {
  std::vector<std::string> out;
  const std::string all = settings.string(name, "");
  for (std::size_t at = 0; at < all.size();) {
    const auto comma = std::min(all.find(',', at), all.size());
    if (const auto item = trimmed(std::string_view(all).substr(at, comma - at)); !item.empty()) out.emplace_back(item);
    at = comma + 1;
  }
  return out;
}

class GatewayModule final : public Module {
 public:
  explicit GatewayModule(ModuleContext context)
      : context_(std::move(context)),
        leases_(context_.database, context_.clock, context_.random),
        limits_(read_plans(context_.settings), context_.clock, &leases_),
        csrf_tokens_(context_.clock),
        master_key_file_(context_.settings.string("identity.master_key_file", text(context_.settings.string("home", "var"), "/identity.key"))),
        authenticator_(
            context_.calls,
            {.issuer = context_.settings.string("identity.issuer", "emporion"), .audience = context_.settings.string("identity.audience", "emporion")},
            context_.clock),
        cors_origins_(read_list(context_.settings, "gateway.cors_origins")),
        trusted_proxies_(read_list(context_.settings, "gateway.trusted_proxies")),
        metrics_public_(context_.settings.boolean("gateway.metrics_public", false)),
        upstreams_(static_cast<int>(context_.settings.integer("gateway.in_flight_max", 2'000, 10, 1'000'000)), context_.random),
        dispatcher_(context_.runtime, context_.clock, context_.random, upstreams_),
        rooms_(tickets_, context_.clock),
        caches_(context_.settings.boolean("gateway.cache", true)),
        cache_(context_.clock),
        keys_(context_.clock),
        hearing_(authenticator_, cache_, context_.database),
        edge_(std::make_shared<Edge>(authenticator_, limits_, csrf_tokens_, upstreams_, dispatcher_, rooms_, cache_, keys_, context_.calls, EdgeSettings{},
                                     context_.clock, context_.random, openapi_json())),
        store_(context_.database),
        service_(*edge_, store_, csrf_tokens_),
        resets_(context_.database),
        breakers_(upstreams_, resets_),
        waiting_store_(context_.runtime, context_.database, context_.clock, context_.random),
        waiting_(context_.calls, rooms_, waiting_store_, tickets_, context_.clock, context_.random),
        cache_service_(cache_, context_.database),
        key_store_(context_.database),
        keys_service_(keys_, limits_, key_store_, context_.clock, context_.random),
        page_parts_(context_.runtime, context_.clock, upstreams_),
        bff_(context_.calls, page_parts_, context_.settings.string("checkout.currency", "VND")) {}

  void bind(Calls& calls) override {
    calls.bind<v1::GatewayApi>(std::make_shared<v1::LocalGatewayApi>(service_, context_.clock));
    calls.bind<v1::BreakersApi>(std::make_shared<v1::LocalBreakersApi>(breakers_, context_.clock));
    calls.bind<v1::BffApi>(std::make_shared<v1::LocalBffApi>(bff_, context_.clock));
    calls.bind<v1::CacheApi>(std::make_shared<v1::LocalCacheApi>(cache_service_, context_.clock));
    calls.bind<v1::KeysApi>(std::make_shared<v1::LocalKeysApi>(keys_service_, context_.clock));
    calls.bind<v1::WaitingRoomApi>(std::make_shared<v1::LocalWaitingRoomApi>(waiting_, context_.clock));
    calls.bind<http::Application>(edge_);
  }
  Result<> routes(http::Router& router) override {
    edge_->use(router);
    service_.use(router);
    EMP_TRY(v1::add_routes(router, context_.calls.get<v1::GatewayApi>()));
    EMP_TRY(v1::add_routes(router, context_.calls.get<v1::BreakersApi>()));
    EMP_TRY(v1::add_routes(router, context_.calls.get<v1::BffApi>()));
    EMP_TRY(v1::add_routes(router, context_.calls.get<v1::CacheApi>()));
    EMP_TRY(v1::add_routes(router, context_.calls.get<v1::KeysApi>()));
    return v1::add_routes(router, context_.calls.get<v1::WaitingRoomApi>());
  }
  void subscribe(messaging::Subscriptions& subscriptions) override { hearing_.subscribe(subscriptions); }
  Task<Result<>> start() override {
    EMP_CO_TRY(csrf_tokens_.open(master_key_file_, context_.random));
    EMP_CO_TRY(tickets_.open(master_key_file_, context_.random));
    EMP_CO_ASSIGN(auto cors, Cors::of(cors_origins_));
    EMP_CO_ASSIGN(auto trusted, TrustedNetworks::of(trusted_proxies_));
    edge_->use(EdgeSettings{.cors = std::move(cors), .trusted_proxies = std::move(trusted), .caches = caches_, .metrics_public = metrics_public_});
    EMP_CO_TRY(co_await service_.reload());
    EMP_CO_TRY(co_await breakers_.reload());
    EMP_CO_TRY(co_await waiting_.reload());
    EMP_CO_TRY(co_await keys_service_.reload());
    EMP_CO_TRY(co_await hearing_.catch_up());
    context_.jobs.every("gateway.admit", seconds(1), &waiting_, &WaitingRoomService::admit);
    EMP_CO_TRY(co_await authenticator_.reload(own_context()));  // Revocations are known before the first request (AUT-12).
    co_await limits_.keep_in_touch();
    scope_.spawn(keep_fresh());
    scope_.spawn(dispatcher_.run());
    scope_.spawn(page_parts_.run());
    edge_->plan_routes();
    edge_->set_ready(true);
    co_return Result<>();
  }
  Task<void> stop() override {
    edge_->set_ready(false);
    stopping_ = true;
    co_await dispatcher_.close();
    co_await page_parts_.close();
    co_await scope_.join();
    co_await waiting_store_.close();
    co_await limits_.close();
  }

 private:
  CallContext own_context() {
    return CallContext(context_.clock.now() + seconds(5), Uuid::v7(context_.clock.now(), context_.random), Principal::of_service("gateway"));
  }

  /// What every process holds in memory is refreshed by every process: no job, whose lease would pick one of them.
  Task<void> keep_fresh() {
    reload_identity_at_ = context_.clock.now() + seconds(30);
    UtcTime sweep_at = context_.clock.now() + minutes(1);
    UtcTime touch_at;
    while (!stopping_) {
      co_await context_.runtime.sleep_for(milliseconds(500));
      const UtcTime now = context_.clock.now();
      report("overrides", co_await service_.reload());
      report("breakers", co_await breakers_.reload());
      report("waiting rooms", co_await waiting_.reload());
      report("keys", co_await keys_service_.reload());
      report("what others heard", co_await hearing_.catch_up());
      if (hearing_.keys_changed() || now >= reload_identity_at_) {
        reload_identity_at_ = now + seconds(30);
        report("identity", co_await authenticator_.reload(own_context()));
      }
      if (now >= sweep_at) {
        sweep_at = now + minutes(1);
        limits_.sweep();
      }
      if (now >= touch_at) {
        touch_at = now + seconds(2);
        co_await limits_.keep_in_touch();
      }
    }
  }
  static void report(std::string_view what, const Result<>& reloaded) {
    if (!reloaded) observe::warning("gateway could not reload", {{"what", std::string(what)}, {"error", reloaded.error().to_string()}});
  }

  ModuleContext context_;
  PostgresLeaseStore leases_;
  RateLimits limits_;
  CsrfTokens csrf_tokens_;
  std::string master_key_file_;
  Authenticator authenticator_;
  std::vector<std::string> cors_origins_;
  std::vector<std::string> trusted_proxies_;
  bool metrics_public_;
  Upstreams upstreams_;
  Dispatcher dispatcher_;
  WaitingTickets tickets_;
  WaitingRooms rooms_;
  bool caches_;
  AnswerCache cache_;
  ApiKeys keys_;
  Hearing hearing_;
  std::shared_ptr<Edge> edge_;
  OverrideStore store_;
  GatewayService service_;
  ResetStore resets_;
  BreakersService breakers_;
  WaitingStore waiting_store_;
  WaitingRoomService waiting_;
  CacheService cache_service_;
  KeyStore key_store_;
  KeysService keys_service_;
  PageParts page_parts_;
  BffService bff_;
  Scope scope_;
  UtcTime reload_identity_at_;
  bool stopping_ = false;
};

}  // namespace

ModuleDefinition definition() {
  return {
      .name = "gateway",
      .migrations = migrations(),
      .create = [](ModuleContext context) -> std::unique_ptr<Module> { return std::make_unique<GatewayModule>(std::move(context)); },
      .audit_checks = {
          {"as many joined a line as have a ticket of it",
           "SELECT s.id::text, s.joined || ' joined' FROM flagged_sale s WHERE s.joined <> (SELECT count(*) FROM waiting_ticket t WHERE t.sale_id = s.id)"},
          {"a line is admitted as far as its last admission says",
           "SELECT s.id::text, s.admitted || ' admitted' FROM flagged_sale s WHERE s.admitted <> coalesce((SELECT max(a.up_to) FROM waiting_admission a WHERE "
           "a.sale_id = s.id), 0)"},
          {"it is written down who made an API key",
           "SELECT k.id::text, k.owner FROM api_key k WHERE NOT EXISTS (SELECT FROM gateway_change c WHERE c.action = 'api_key.create' AND c.subject = "
           "k.id::text)"},
      }};
}

}  // namespace emporion::gateway
