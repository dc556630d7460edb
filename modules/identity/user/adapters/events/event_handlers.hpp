#pragma once

#include "contracts/identity/auth/v1/auth_events.hpp"
#include "kernel/messaging/feed.hpp"

namespace emporion::user {

/// What Auth says: when somebody of staff signed in last.
class EventHandlers {
 public:
  void subscribe(messaging::Subscriptions& subscriptions);

 private:
  Task<Result<>> on_login(postgres::UnitOfWork& work, messaging::Envelope envelope, auth::v1::LoginSucceeded event);
};

}  // namespace emporion::user
