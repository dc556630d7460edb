#pragma once

#include "contracts/identity/user/v1/user_events.hpp"
#include "kernel/messaging/feed.hpp"

namespace emporion::auth {

/// What User says of staff: suspended ones lose their sessions in the same commit, permissions are kept as a snapshot.
class EventHandlers {
 public:
  explicit EventHandlers(const Clock& clock) : clock_(clock) {}
  void subscribe(messaging::Subscriptions& subscriptions);

 private:
  Task<Result<>> on_suspended(postgres::UnitOfWork& work, messaging::Envelope envelope, user::v1::UserSuspended event);
  Task<Result<>> on_reinstated(postgres::UnitOfWork& work, messaging::Envelope envelope, user::v1::UserReinstated event);
  Task<Result<>> on_permissions_changed(postgres::UnitOfWork& work, messaging::Envelope envelope, user::v1::PermissionsChanged event);

  const Clock& clock_;
};

}  // namespace emporion::auth
