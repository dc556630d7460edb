#include "modules/identity/auth/adapters/events/event_handlers.hpp"

namespace emporion::auth {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement suspend{"auth.suspend_staff", "SELECT staff_suspend($1, $2, $3)", Effect::writes};
constexpr Statement reinstate{"auth.reinstate_staff",
                              "UPDATE principal SET status = 'active', version = version + 1 WHERE id = $1 AND realm = 'staff' AND status = 'suspended'",
                              Effect::writes};
constexpr Statement snapshot{
    "auth.snapshot_permissions",
    "UPDATE principal SET permissions = $2, permissions_version = $3, version = version + 1 WHERE id = $1 AND realm = 'staff' AND permissions_version < $3",
    Effect::writes};

}  // namespace

void EventHandlers::subscribe(messaging::Subscriptions& subscriptions) {
  subscriptions.on<user::v1::UserSuspended>(this, &EventHandlers::on_suspended);
  subscriptions.on<user::v1::UserReinstated>(this, &EventHandlers::on_reinstated);
  subscriptions.on<user::v1::PermissionsChanged>(this, &EventHandlers::on_permissions_changed);
}

Task<Result<>> EventHandlers::on_suspended(postgres::UnitOfWork& work, messaging::Envelope envelope, user::v1::UserSuspended event) {
  EMP_CO_TRY(co_await work.query(suspend, event.user_id, clock_.now(), envelope.trace));
  co_return Result<>();
}

Task<Result<>> EventHandlers::on_reinstated(postgres::UnitOfWork& work, messaging::Envelope, user::v1::UserReinstated event) {
  EMP_CO_TRY(co_await work.query(reinstate, event.user_id));
  co_return Result<>();
}

Task<Result<>> EventHandlers::on_permissions_changed(postgres::UnitOfWork& work, messaging::Envelope, user::v1::PermissionsChanged event) {
  EMP_CO_TRY(co_await work.query(snapshot, event.user_id, event.permissions, event.permissions_version));
  co_return Result<>();
}

}  // namespace emporion::auth
