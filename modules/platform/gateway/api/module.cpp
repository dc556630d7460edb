#include "modules/platform/gateway/api/module.hpp"

#include "contracts/identity/auth/v1/auth_events.hpp"
#include "contracts/identity/user/v1/user_events.hpp"
#include "contracts/openapi.hpp"
#include "contracts/platform/gateway/v1/gateway_api_binding.hpp"
#include "kernel/base/text.hpp"
#include "kernel/http/server.hpp"
#include "kernel/observe/log.hpp"
#include "modules/platform/gateway/adapters/postgres/override_store.hpp"
#include "modules/platform/gateway/adapters/rpc/gateway_service.hpp"
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
        limits_(read_plans(context_.settings), context_.clock),
        csrf_tokens_(context_.clock),
        master_key_file_(context_.settings.string("identity.master_key_file", text(context_.settings.string("home", "var"), "/identity.key"))),
        authenticator_(
            context_.calls,
            {.issuer = context_.settings.string("identity.issuer", "emporion"), .audience = context_.settings.string("identity.audience", "emporion")},
            context_.clock),
        edge_(std::make_shared<Edge>(authenticator_, limits_, csrf_tokens_,
                                     EdgeSettings{.cors_origins = read_list(context_.settings, "gateway.cors_origins"),
                                                  .trusted_proxies = read_list(context_.settings, "gateway.trusted_proxies"),
                                                  .metrics_public = context_.settings.boolean("gateway.metrics_public", false)},
                                     context_.clock, context_.random, openapi_json())),
        store_(context_.database),
        service_(*edge_, store_, csrf_tokens_) {}

  void bind(Calls& calls) override {
    calls.bind<v1::GatewayApi>(std::make_shared<v1::LocalGatewayApi>(service_, context_.clock));
    calls.bind<http::Application>(edge_);
  }
  Result<> routes(http::Router& router) override {
    edge_->use(router);
    service_.use(router);
    return v1::add_routes(router, context_.calls.get<v1::GatewayApi>());
  }
  void subscribe(messaging::Subscriptions& subscriptions) override {
    subscriptions.on<auth::v1::SessionRevoked>(this, &GatewayModule::on_session_revoked);
    subscriptions.on<auth::v1::KeyRotated>(this, &GatewayModule::on_key_rotated);
    subscriptions.on<auth::v1::KeyRevoked>(this, &GatewayModule::on_key_revoked);
    subscriptions.on<user::v1::PermissionsChanged>(this, &GatewayModule::on_permissions_changed);
  }
  Task<Result<>> start() override {
    EMP_CO_TRY(csrf_tokens_.open(master_key_file_, context_.random));
    EMP_CO_TRY(co_await service_.reload());
    EMP_CO_TRY(co_await authenticator_.reload(own_context()));  // Revocations are known before the first request (AUT-12).
    scope_.spawn(keep_fresh());
    edge_->set_ready(true);
    co_return Result<>();
  }
  Task<void> stop() override {
    edge_->set_ready(false);
    stopping_ = true;
    co_await scope_.join();
  }

 private:
  Task<Result<>> on_session_revoked(postgres::UnitOfWork&, messaging::Envelope, auth::v1::SessionRevoked event) {
    authenticator_.revoke(event.session_id);
    co_return Result<>();
  }
  Task<Result<>> on_key_rotated(postgres::UnitOfWork&, messaging::Envelope, auth::v1::KeyRotated) {
    reload_identity_at_ = UtcTime();
    co_return Result<>();
  }
  Task<Result<>> on_key_revoked(postgres::UnitOfWork&, messaging::Envelope, auth::v1::KeyRevoked) {
    reload_identity_at_ = UtcTime();
    co_return Result<>();
  }
  Task<Result<>> on_permissions_changed(postgres::UnitOfWork&, messaging::Envelope, user::v1::PermissionsChanged event) {
    authenticator_.staff_changed(event.user_id, event.permissions_version);
    co_return Result<>();
  }
  CallContext own_context() {
    return CallContext(context_.clock.now() + seconds(5), Uuid::v7(context_.clock.now(), context_.random), Principal::of_service("gateway"));
  }

  /// What every process holds in memory is refreshed by every process: no job, whose lease would pick one of them.
  Task<void> keep_fresh() {
    reload_identity_at_ = context_.clock.now() + seconds(30);
    UtcTime sweep_at = context_.clock.now() + minutes(1);
    while (!stopping_) {
      co_await context_.runtime.sleep_for(milliseconds(500));
      const UtcTime now = context_.clock.now();
      report("overrides", co_await service_.reload());
      if (now >= reload_identity_at_) {
        reload_identity_at_ = now + seconds(30);
        report("identity", co_await authenticator_.reload(own_context()));
      }
      if (now >= sweep_at) {
        sweep_at = now + minutes(1);
        limits_.sweep();
      }
    }
  }
  static void report(std::string_view what, const Result<>& reloaded) {
    if (!reloaded) observe::warning("gateway could not reload", {{"what", std::string(what)}, {"error", reloaded.error().to_string()}});
  }

  ModuleContext context_;
  RateLimits limits_;
  CsrfTokens csrf_tokens_;
  std::string master_key_file_;
  Authenticator authenticator_;
  std::shared_ptr<Edge> edge_;
  OverrideStore store_;
  GatewayService service_;
  Scope scope_;
  UtcTime reload_identity_at_;
  bool stopping_ = false;
};

}  // namespace

ModuleDefinition definition() {
  return {.name = "gateway", .migrations = migrations(), .create = [](ModuleContext context) -> std::unique_ptr<Module> {
            return std::make_unique<GatewayModule>(std::move(context));
          }};
}

}  // namespace emporion::gateway
