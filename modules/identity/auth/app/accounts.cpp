#include "modules/identity/auth/app/accounts.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"
#include "modules/identity/auth/domain/lifetimes.hpp"
#include "modules/identity/auth/domain/password_policy.hpp"

namespace emporion::auth {
namespace {

std::unexpected<Error> token_invalid() { return fail(ErrorKind::gone, "TOKEN_INVALID", "this code or link is used up, replaced or too old"); }

Result<> check(const std::string& password, const std::vector<std::string_view>& own_words) {
  return check_password(password, security::Password(password).code_points(), own_words);
}

}  // namespace

Task<Result<>> Accounts::register_account(CallContext context, v1::RegisterRequest request) {
  NewAccount account;
  std::vector<Identifier> identifiers;
  if (request.email) {
    EMP_CO_ASSIGN(auto email, parse_email(*request.email));
    identifiers.push_back(std::move(email));
  }
  if (request.phone) {
    EMP_CO_ASSIGN(auto phone, parse_phone(*request.phone));
    identifiers.push_back(std::move(phone));
  }
  if (identifiers.empty()) co_return fail(ErrorKind::rule_violated, "IDENTIFIER_REQUIRED", "an e-mail address or a phone number is needed");
  const std::string given = request.given_name.value_or(""), family = request.family_name.value_or("");
  EMP_CO_TRY(check(request.password, {identifiers.front().canonical, given, family}));
  // The hash is made in any case, so that a taken identifier costs what a free one does.
  EMP_CO_ASSIGN(account.password_hash, co_await hashing_.hash(security::Password(request.password)));

  for (const auto& identifier : identifiers) {
    account.kinds.push_back(identifier.kind);
    account.canonicals.push_back(identifier.canonical);
    account.values.push_back(identifier.value);
  }
  account.given_name = std::move(request.given_name);
  account.family_name = std::move(request.family_name);
  account.locale = std::move(request.locale);
  // One key is one account: its id comes from the key, so a repeat meets itself and nobody is told of a taken identifier.
  account.id = Uuid::from_name(text("auth.register:", identifiers.front().canonical, ':', context.idempotency_key));
  const Uuid id = account.id;
  EMP_CO_ASSIGN(const auto before, co_await sessions_.find_account(id));
  if (before) co_return Result<>();
  EMP_CO_ASSIGN(const bool created, co_await store_.register_account(std::move(account), clock_.now(), context.trace));
  co_return co_await send_token("verify", identifiers.front(), created ? std::optional(id) : std::nullopt, "customer", verify_token_life);
}

Task<Result<v1::ImportCustomersResponse>> Accounts::import_customers(CallContext context, v1::ImportCustomersRequest request) {
  std::vector<ImportRow> rows;
  for (auto& customer : request.customers) {
    ImportRow row{.id = Uuid::v7(clock_.now(), random_), .reference = std::move(customer.external_reference), .country = std::move(customer.country)};
    if (customer.email) {
      EMP_CO_ASSIGN(auto email, parse_email(*customer.email));
      row.email = std::move(email.canonical);
      row.value = std::move(email.value);
    }
    rows.push_back(std::move(row));
  }
  v1::ImportCustomersResponse out;
  EMP_CO_ASSIGN(out.customers, co_await store_.import_customers(std::move(rows), clock_.now(), context.trace));
  co_return out;
}

Task<Result<v1::TokenResponse>> Accounts::act_as(CallContext context, v1::ActAsRequest request) {
  if (request.customer_id.has_value() == request.external_reference.has_value()) {
    co_return fail(ErrorKind::invalid_argument, "ONE_OF", "name the customer by customer_id or by external_reference");
  }
  const Uuid staff = context.principal.id;
  EMP_CO_ASSIGN(const auto customer, co_await store_.act_as(staff, request.customer_id, std::move(request.external_reference), std::move(request.reason),
                                                            clock_.now(), context.trace));
  // The token hangs on the staff's own session: when that ends, so does every token made by it.
  const Uuid session = context.principal.session.is_nil() ? Uuid::v7(clock_.now(), random_) : context.principal.session;
  co_return co_await tokens_.access(
      {.principal = customer, .session = session, .realm = Realm::customer, .authenticated_at = clock_.now(), .acting_staff = staff});
}

Task<Result<>> Accounts::enrol_staff(CallContext context, v1::EnrolStaffRequest request) {
  EMP_CO_ASSIGN(auto email, parse_email(request.email));
  Enrolment enrolment{.id = request.user_id,
                      .email = email.canonical,
                      .value = email.value,
                      .permissions = std::move(request.permissions),
                      .permissions_version = request.permissions_version};
  if (request.password) {
    EMP_CO_TRY(check(*request.password, {email.canonical}));
    EMP_CO_ASSIGN(enrolment.password_hash, co_await hashing_.hash(security::Password(*request.password)));
  }
  co_return co_await store_.enrol_staff(std::move(enrolment), clock_.now(), context.trace);
}

Task<Result<>> Accounts::send_token(std::string purpose, Identifier identifier, std::optional<Uuid> principal, std::string realm, seconds life) {
  const UtcTime now = clock_.now();
  const std::string token = security::random_token(random_), code = security::random_code(random_);
  std::string message;
  json::Writer writer(message);
  writer.begin_object().key("purpose").string(purpose).key("kind").string(identifier.kind).key("to").string(identifier.value).key("token").string(token);
  if (purpose == "verify") writer.key("code").string(code);
  writer.key("expires_at").string((now + life).to_string()).end_object();
  const Uuid delivery = Uuid::v7(now, random_);
  IssuedToken issued{.limit_key = security::hex(safe_.keyed_hash("message", text(purpose, ':', realm, ':', identifier.canonical))),
                     .purpose = purpose,
                     .principal = principal,
                     .kind = identifier.kind,
                     .canonical = identifier.canonical,
                     .hash = security::sha256(token),
                     .code_hash = safe_.keyed_hash("code", text(identifier.canonical, ':', code)),
                     .expires_at = now + life,
                     .delivery = delivery,
                     .sealed = safe_.deliveries().seal(message, delivery.to_string(), random_)};
  co_return co_await store_.issue_token(std::move(issued), now);
}

Task<Result<>> Accounts::verify(CallContext context, v1::VerifyRequest request) {
  bool verified = false;
  if (request.identifier) {
    const auto identifier = parse_identifier(*request.identifier);
    if (!identifier) co_return token_invalid();
    auto code_hash = safe_.keyed_hash("code", text(identifier->canonical, ':', request.token));
    EMP_CO_ASSIGN(verified, co_await store_.verify_by_code(identifier->kind, identifier->canonical, std::move(code_hash), clock_.now(), context.trace));
  } else {
    EMP_CO_ASSIGN(verified, co_await store_.verify_by_token(security::sha256(request.token), clock_.now(), context.trace));
  }
  if (!verified) co_return token_invalid();
  co_return Result<>();
}

Task<Result<>> Accounts::resend_verification(CallContext, std::string given) {
  auto identifier = parse_identifier(given);
  if (!identifier) co_return Result<>();
  EMP_CO_ASSIGN(const auto found, co_await sessions_.find_login("customer", identifier->kind, identifier->canonical, "", clock_.now()));
  co_return co_await send_token("verify", std::move(*identifier), found.account ? std::optional(found.account->id) : std::nullopt, "customer",
                                verify_token_life);
}

Task<Result<>> Accounts::forgot_password(CallContext, std::string given) {
  auto identifier = parse_identifier(given);
  if (!identifier) co_return Result<>();
  EMP_CO_ASSIGN(const auto found, co_await sessions_.find_login("customer", identifier->kind, identifier->canonical, "", clock_.now()));
  co_return co_await send_token("reset_password", std::move(*identifier), found.account ? std::optional(found.account->id) : std::nullopt, "customer",
                                reset_token_life);
}

Task<Result<>> Accounts::reset_password(CallContext context, v1::ResetPasswordRequest request) {
  EMP_CO_TRY(check(request.new_password, {}));
  auto token_hash = security::sha256(request.token);
  EMP_CO_ASSIGN(const bool is_open, co_await store_.is_reset_open(token_hash, clock_.now()));
  if (!is_open) co_return token_invalid();  // No work for guessers.
  EMP_CO_ASSIGN(auto hash, co_await hashing_.hash(security::Password(request.new_password)));
  EMP_CO_ASSIGN(const bool done, co_await store_.reset_password(std::move(token_hash), std::move(hash), clock_.now(), context.trace));
  if (!done) co_return token_invalid();
  co_return Result<>();
}

Task<Result<>> Accounts::change_password(CallContext context, v1::ChangePasswordRequest request) {
  const Uuid own = context.principal.id;
  const auto invalid = fail(ErrorKind::unauthenticated, "INVALID_CREDENTIALS", "the current password is wrong");
  if (context.principal.acting_staff) co_return fail(ErrorKind::permission_denied, "PERMISSION_DENIED", "staff do not change a customer's password");
  EMP_CO_ASSIGN(const auto account, co_await sessions_.find_account(own));
  if (!account) co_return invalid;
  EMP_CO_ASSIGN(const bool is_locked, co_await sessions_.is_locked(own.to_string(), clock_.now()));
  EMP_CO_ASSIGN(const bool fits, co_await hashing_.verify(account->password_hash, security::Password(request.current_password)));
  if (!fits || is_locked) {
    EMP_CO_TRY(co_await sessions_.login_failed(own.to_string(), own, "", "password change", clock_.now(), context.trace));
    co_return invalid;
  }
  EMP_CO_ASSIGN(const auto email, co_await store_.email_of(own));
  EMP_CO_TRY(check(request.new_password, {email ? std::string_view(email->value) : std::string_view()}));
  EMP_CO_ASSIGN(auto hash, co_await hashing_.hash(security::Password(request.new_password)));
  EMP_CO_ASSIGN(const bool done,
                co_await store_.change_password(own, *account->password_changed_at, std::move(hash), context.principal.session, clock_.now(), context.trace));
  if (!done) co_return invalid;
  co_return Result<>();
}

Task<Result<>> Accounts::unlock(CallContext context, Uuid principal) {
  if (principal == context.principal.id) co_return fail(ErrorKind::permission_denied, "SELF", "nobody unlocks themselves");
  co_return co_await store_.unlock(principal, context.principal.id, clock_.now(), context.trace);
}

}  // namespace emporion::auth
