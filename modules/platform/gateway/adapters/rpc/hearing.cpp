#include "modules/platform/gateway/adapters/rpc/hearing.hpp"

namespace emporion::gateway {

void Hearing::subscribe(messaging::Subscriptions& subscriptions) {
  subscriptions.on<auth::v1::SessionRevoked>(this, &Hearing::on_session_revoked);
  subscriptions.on<auth::v1::KeyRotated>(this, &Hearing::on_keys<auth::v1::KeyRotated>);
  subscriptions.on<auth::v1::KeyRevoked>(this, &Hearing::on_keys<auth::v1::KeyRevoked>);
  subscriptions.on<user::v1::PermissionsChanged>(this, &Hearing::on_permissions_changed);
  subscriptions.on<catalog::v1::ProductCreated>(this, &Hearing::on_product<catalog::v1::ProductCreated>);
  subscriptions.on<catalog::v1::ProductUpdated>(this, &Hearing::on_product<catalog::v1::ProductUpdated>);
  subscriptions.on<catalog::v1::ProductActivated>(this, &Hearing::on_product<catalog::v1::ProductActivated>);
  subscriptions.on<catalog::v1::ProductDeactivated>(this, &Hearing::on_product<catalog::v1::ProductDeactivated>);
  subscriptions.on<catalog::v1::ProductDeleted>(this, &Hearing::on_product<catalog::v1::ProductDeleted>);
  subscriptions.on<catalog::v1::CategoryCreated>(this, &Hearing::on_catalog<catalog::v1::CategoryCreated>);
  subscriptions.on<catalog::v1::CategoryUpdated>(this, &Hearing::on_catalog<catalog::v1::CategoryUpdated>);
  subscriptions.on<catalog::v1::CategoryMoved>(this, &Hearing::on_catalog<catalog::v1::CategoryMoved>);
  subscriptions.on<catalog::v1::CategoryDeleted>(this, &Hearing::on_catalog<catalog::v1::CategoryDeleted>);
  subscriptions.on<catalog::v1::BrandUpdated>(this, &Hearing::on_catalog<catalog::v1::BrandUpdated>);
}

Task<Result<>> Hearing::hear(postgres::UnitOfWork& work, HeardStore::Heard heard) {
  EMP_CO_TRY(co_await work.run(HeardStore::row(heard.kind, heard.subject, heard.number)));
  act_on(heard);
  co_return Result<>();
}

Task<Result<>> Hearing::on_session_revoked(postgres::UnitOfWork& work, messaging::Envelope, auth::v1::SessionRevoked event) {
  co_return co_await hear(work, {.kind = "session", .subject = event.session_id.to_string(), .number = 0, .at = {}});
}

Task<Result<>> Hearing::on_permissions_changed(postgres::UnitOfWork& work, messaging::Envelope, user::v1::PermissionsChanged event) {
  co_return co_await hear(work, {.kind = "staff", .subject = event.user_id.to_string(), .number = event.permissions_version, .at = {}});
}

void Hearing::act_on(const HeardStore::Heard& heard) {
  if (heard.kind == "tag") {
    cache_.purge_tag(heard.subject);
  } else if (heard.kind == "prefix") {
    cache_.purge_prefix(heard.subject);
  } else if (heard.kind == "keys") {
    keys_changed_ = true;
  } else if (const auto id = Uuid::parse(heard.subject)) {
    if (heard.kind == "session") authenticator_.revoke(*id);
    if (heard.kind == "staff") authenticator_.staff_changed(*id, heard.number);
  }
}

Task<Result<>> Hearing::catch_up() {
  EMP_CO_ASSIGN(const auto news, co_await store_.news());
  for (const auto& heard : news) act_on(heard);
  co_return Result<>();
}

}  // namespace emporion::gateway
