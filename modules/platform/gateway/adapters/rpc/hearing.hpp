#pragma once

#include "contracts/identity/auth/v1/auth_events.hpp"
#include "contracts/identity/user/v1/user_events.hpp"
#include "contracts/product/catalog/v1/catalog_events.hpp"
#include "kernel/messaging/feed.hpp"
#include "modules/platform/gateway/adapters/postgres/heard_store.hpp"
#include "modules/platform/gateway/app/answer_cache.hpp"
#include "modules/platform/gateway/app/authenticator.hpp"

namespace emporion::gateway {

/// What the gateway hears from others. Each event comes to one replica; it acts at once and writes down what the other replicas have to know, who read it
/// within half a second.
class Hearing {
 public:
  Hearing(Authenticator& authenticator, AnswerCache& cache, postgres::Database& database) : authenticator_(authenticator), cache_(cache), store_(database) {}
  void subscribe(messaging::Subscriptions& subscriptions);
  /// Acts on what other replicas heard. Called twice a second.
  Task<Result<>> catch_up();
  /// Whether keys have changed since the last call.
  bool keys_changed() noexcept { return std::exchange(keys_changed_, false); }

  Task<Result<>> on_session_revoked(postgres::UnitOfWork& work, messaging::Envelope envelope, auth::v1::SessionRevoked event);
  Task<Result<>> on_permissions_changed(postgres::UnitOfWork& work, messaging::Envelope envelope, user::v1::PermissionsChanged event);
  /// Any event of one product.
  template <typename Event>
  Task<Result<>> on_product(postgres::UnitOfWork& work, messaging::Envelope, Event event) {
    EMP_CO_TRY(co_await forget(work, "product:" + event.product_id.to_string()));
    co_return co_await forget(work, "catalog");
  }
  /// Anything else of the catalogue that shows in its answers.
  template <typename Event>
  Task<Result<>> on_catalog(postgres::UnitOfWork& work, messaging::Envelope, Event) {
    co_return co_await forget(work, "catalog");
  }
  template <typename Event>
  Task<Result<>> on_keys(postgres::UnitOfWork& work, messaging::Envelope, Event) {
    co_return co_await hear(work, {.kind = "keys", .subject = "", .number = 0, .at = {}});
  }

 private:
  Task<Result<>> forget(postgres::UnitOfWork& work, std::string tag) { return hear(work, {.kind = "tag", .subject = std::move(tag), .number = 0, .at = {}}); }
  Task<Result<>> hear(postgres::UnitOfWork& work, HeardStore::Heard heard);
  void act_on(const HeardStore::Heard& heard);

  Authenticator& authenticator_;
  AnswerCache& cache_;
  HeardStore store_;
  bool keys_changed_ = false;
};

}  // namespace emporion::gateway
