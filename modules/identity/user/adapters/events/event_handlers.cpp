#include "modules/identity/user/adapters/events/event_handlers.hpp"

namespace emporion::user {
namespace {
constexpr postgres::Statement note_login{"user.note_login", "UPDATE staff_user SET last_login_at = greatest(last_login_at, $2) WHERE id = $1",
                                         postgres::Effect::writes};
}

void EventHandlers::subscribe(messaging::Subscriptions& subscriptions) { subscriptions.on<auth::v1::LoginSucceeded>(this, &EventHandlers::on_login); }

Task<Result<>> EventHandlers::on_login(postgres::UnitOfWork& work, messaging::Envelope, auth::v1::LoginSucceeded event) {
  EMP_CO_TRY(co_await work.query(note_login, event.principal_id, event.at));
  co_return Result<>();
}

}  // namespace emporion::user
