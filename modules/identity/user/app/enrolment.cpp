#include "modules/identity/user/app/enrolment.hpp"

#include "contracts/identity/auth/v1/auth_api.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/postgres/answer_once.hpp"
#include "kernel/security/master_key.hpp"

namespace emporion::user {
namespace {

constexpr seconds retry_after{10};

/// Auth judges the address in full; here it only needs one form.
Result<std::string> canonical_email(const std::string& given) {
  const auto at = given.find('@');
  if (at == std::string::npos || at == 0 || at + 1 == given.size()) return fail(ErrorKind::rule_violated, "INVALID_EMAIL", "an e-mail address is expected");
  return ascii_lower(trimmed(given));
}

}  // namespace

Result<> Enrolment::open(const std::string& master_key_file) {
  EMP_ASSIGN(const auto master, security::load_or_make_master_key(master_key_file, random_));
  EMP_ASSIGN(vault_, security::Vault::open_with(master, "user.enrolment"));
  return {};
}

Task<Result<Uuid>> Enrolment::bootstrap(CallContext context, v1::BootstrapRequest request) {
  NewUser user{.id = Uuid::v7(clock_.now(), random_), .email = std::string(trimmed(request.email)), .name = std::move(request.name)};
  EMP_CO_ASSIGN(user.email_canonical, canonical_email(request.email));
  co_return co_await write_and_enrol(context, std::move(user), std::move(request.password));
}

Task<Result<Uuid>> Enrolment::create(CallContext context, v1::CreateUserRequest request) {
  // One key is one account, whose id comes from it; no copy of the password, hashed quickly, is kept to compare repeats.
  NewUser user{.id = Uuid::from_name(text("user.create:", postgres::caller_of(context.principal), ':', context.idempotency_key)),
               .email = std::string(trimmed(request.email)),
               .name = request.name,
               .department = request.department,
               .roles = request.role_ids,
               .actor = context.principal.id};
  EMP_CO_ASSIGN(user.email_canonical, canonical_email(request.email));
  std::string password = std::move(request.password);
  request.password.clear();
  user.request_sha256 = security::sha256(to_json(request));
  co_return co_await write_and_enrol(context, std::move(user), std::move(password));
}

Task<Result<Uuid>> Enrolment::write_and_enrol(CallContext context, NewUser user, std::string password) {
  const Uuid id = user.id;
  user.sealed_password = vault_->seal(password, id.to_string(), random_);
  EMP_CO_TRY(co_await store_.create(std::move(user), clock_.now()));
  const auto enrolled = co_await enrol(context, id);
  if (!enrolled && !enrolled.error().is_transient()) co_return fail(enrolled.error());
  co_return id;
}

Task<Result<>> Enrolment::enrol(CallContext context, Uuid user) {
  EMP_CO_ASSIGN(auto pending, co_await store_.find_pending(user, clock_.now()));
  if (!pending) co_return Result<>();
  EMP_CO_ASSIGN(const auto password, vault_->open(pending->sealed_password, user.to_string()));
  const auto enrolled =
      co_await calls_.get<auth::v1::AuthApi>().enrol_staff(context.as_service("user", user.to_string()), {.user_id = user,
                                                                                                          .email = pending->email,
                                                                                                          .password = password.reveal(),
                                                                                                          .permissions = std::move(pending->permissions),
                                                                                                          .permissions_version = pending->permissions_version});
  if (enrolled) co_return co_await store_.done(user, clock_.now(), context.trace);
  if (enrolled.error().is_transient()) {
    EMP_CO_TRY(co_await store_.try_later(user, clock_.now() + retry_after));
  } else {
    EMP_CO_TRY(co_await store_.refused(user));
  }
  co_return fail(enrolled.error());
}

Task<Result<>> Enrolment::finish_due(CallContext context) {
  EMP_CO_ASSIGN(const auto due, co_await store_.due(clock_.now()));
  for (const Uuid user : due) {
    if (const auto enrolled = co_await enrol(context, user); !enrolled) {
      observe::warning("staff account not enrolled", {{"user", user.to_string()}, {"error", enrolled.error().to_string()}});
    }
  }
  co_return Result<>();
}

}  // namespace emporion::user
