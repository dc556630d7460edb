#include "modules/identity/auth/api/module.hpp"

#include "contracts/identity/auth/v1/auth_api_binding.hpp"
#include "kernel/base/text.hpp"
#include "modules/identity/auth/adapters/events/event_handlers.hpp"
#include "modules/identity/auth/adapters/jobs/housekeeping.hpp"
#include "modules/identity/auth/adapters/postgres/account_store.hpp"
#include "modules/identity/auth/adapters/postgres/session_store.hpp"
#include "modules/identity/auth/adapters/rpc/auth_service.hpp"

namespace emporion::auth {
namespace {

class AuthModule final : public Module {
 public:
  explicit AuthModule(ModuleContext context)
      : context_(std::move(context)),
        settings_{.issuer = context_.settings.string("identity.issuer", "emporion"),
                  .audience = context_.settings.string("identity.audience", "emporion"),
                  .public_url = context_.settings.string("identity.public_url", "")},
        master_key_file_(context_.settings.string("identity.master_key_file", text(context_.settings.string("home", "var"), "/identity.key"))),
        sessions_(context_.database),
        account_store_(context_.database),
        key_store_(context_.database),
        keys_(context_.runtime, key_store_, safe_, context_.clock, context_.random),
        hashing_(context_.runtime),
        tokens_(keys_, settings_, context_.clock, context_.random),
        sign_in_(sessions_, tokens_, hashing_, safe_, context_.clock, context_.random),
        accounts_(account_store_, sessions_, tokens_, hashing_, safe_, context_.clock, context_.random),
        service_(sign_in_, accounts_, sessions_, account_store_, keys_, settings_, context_.clock),
        events_(context_.clock),
        housekeeping_(context_.database, keys_, context_.clock) {}

  void bind(Calls& calls) override { calls.bind<v1::AuthApi>(std::make_shared<v1::LocalAuthApi>(service_, context_.clock)); }
  Result<> routes(http::Router& router) override { return v1::add_routes(router, context_.calls.get<v1::AuthApi>()); }
  void subscribe(messaging::Subscriptions& subscriptions) override { events_.subscribe(subscriptions); }
  Task<Result<>> start() override {
    EMP_CO_TRY(safe_.open(master_key_file_, context_.random));
    EMP_CO_TRY(co_await hashing_.start(context_.random));
    EMP_CO_TRY(co_await keys_.start(Uuid::v7(context_.clock.now(), context_.random)));
    housekeeping_.schedule(context_.jobs);
    co_return Result<>();
  }

 private:
  ModuleContext context_;
  IdentitySettings settings_;
  std::string master_key_file_;
  Safe safe_;
  PostgresSessionStore sessions_;
  PostgresAccountStore account_store_;
  PostgresKeyStore key_store_;
  KeyRing keys_;
  Hashing hashing_;
  Tokens tokens_;
  SignIn sign_in_;
  Accounts accounts_;
  AuthService service_;
  EventHandlers events_;
  Housekeeping housekeeping_;
};

}  // namespace

ModuleDefinition definition() {
  return {.name = "auth",
          .migrations = migrations(),
          .create = [](ModuleContext context) -> std::unique_ptr<Module> { return std::make_unique<AuthModule>(std::move(context)); },
          .audit_checks = {{"AUT-8 exactly one key signs once there are keys",
                            "SELECT 'signing_key', count(*) FILTER (WHERE state = 'active') || ' active' FROM signing_key HAVING count(*) > 0 AND count(*) "
                            "FILTER (WHERE state = 'active') <> 1"},
                           {"AUT-11 nobody has more than ten active sessions",
                            "SELECT principal_id::text, count(*) || ' sessions' FROM session WHERE status = 'active' GROUP BY principal_id, realm HAVING "
                            "count(*) > CASE realm WHEN 'staff' THEN "
                            "5 ELSE 10 END"},
                           {"AUT-14 who is suspended has no active session",
                            "SELECT s.id::text, 'of ' || p.id FROM session s JOIN principal p ON p.id = s.principal_id WHERE s.status = 'active' AND p.status "
                            "IN ('suspended', 'erased')"}}};
}

}  // namespace emporion::auth
