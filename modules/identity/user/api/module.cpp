#include "modules/identity/user/api/module.hpp"

#include "contracts/identity/user/v1/user_api_binding.hpp"
#include "kernel/base/text.hpp"
#include "modules/identity/user/adapters/events/event_handlers.hpp"
#include "modules/identity/user/adapters/jobs/housekeeping.hpp"
#include "modules/identity/user/adapters/postgres/enrolment_store.hpp"
#include "modules/identity/user/adapters/rpc/user_service.hpp"

namespace emporion::user {
namespace {

class UserModule final : public Module {
 public:
  explicit UserModule(ModuleContext context)
      : context_(std::move(context)),
        master_key_file_(context_.settings.string("identity.master_key_file", text(context_.settings.string("home", "var"), "/identity.key"))),
        store_(context_.database),
        enrolment_(context_.calls, store_, context_.clock, context_.random),
        service_(context_.database, enrolment_, context_.clock),
        housekeeping_(context_.database, enrolment_, context_.clock) {}

  void bind(Calls& calls) override { calls.bind<v1::UserApi>(std::make_shared<v1::LocalUserApi>(service_, context_.clock)); }
  Result<> routes(http::Router& router) override { return v1::add_routes(router, context_.calls.get<v1::UserApi>()); }
  void subscribe(messaging::Subscriptions& subscriptions) override { events_.subscribe(subscriptions); }
  Task<Result<>> start() override {
    EMP_CO_TRY(enrolment_.open(master_key_file_));
    housekeeping_.schedule(context_.jobs);
    co_return Result<>();
  }

 private:
  ModuleContext context_;
  std::string master_key_file_;
  PostgresEnrolmentStore store_;
  Enrolment enrolment_;
  UserService service_;
  EventHandlers events_;
  Housekeeping housekeeping_;
};

}  // namespace

ModuleDefinition definition() {
  return {.name = "user",
          .migrations = migrations(),
          .create = [](ModuleContext context) -> std::unique_ptr<Module> { return std::make_unique<UserModule>(std::move(context)); },
          .audit_checks = {{"USR-3 an active super_admin remains",
                            "SELECT 'super_admin', 'none is active' WHERE EXISTS (SELECT FROM staff_user WHERE status NOT IN ('invited')) AND NOT EXISTS "
                            "(SELECT FROM staff_user u JOIN "
                            "role_assignment a ON a.user_id = u.id JOIN role r ON r.id = a.role_id WHERE u.status = 'active' AND r.name = 'super_admin')"},
                           {"USR-5 who is deleted holds no role",
                            "SELECT u.id::text, a.role_id::text FROM staff_user u JOIN role_assignment a ON a.user_id = u.id WHERE u.status = 'deleted'"},
                           {"an invited account waits for its enrolment",
                            "SELECT u.id::text, 'nothing pending' FROM staff_user u WHERE u.status = 'invited' AND NOT EXISTS (SELECT FROM pending_enrolment p "
                            "WHERE p.user_id = u.id)"}}};
}

}  // namespace emporion::user
