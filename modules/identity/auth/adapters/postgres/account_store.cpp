#include "modules/identity/auth/adapters/postgres/account_store.hpp"

namespace emporion::auth {
namespace {

using postgres::Bytes;
using postgres::Effect;
using postgres::Statement;

constexpr Statement insert_account{"auth.register", "SELECT account_register($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", Effect::writes};
constexpr Statement import_rows{"auth.import_customers", "SELECT customer, created FROM import_customers($1, $2, $3, $4, $5, $6, $7)", Effect::writes};
constexpr Statement speak_for{"auth.act_as", "SELECT act_as_customer($1, $2, $3, $4, $5, $6)", Effect::writes};
constexpr Statement enrol{"auth.enrol_staff", "SELECT staff_enrol($1, $2, $3, $4, $5, $6, $7, $8)", Effect::writes};
constexpr Statement select_email{"auth.email_of", "SELECT value, verified_at IS NOT NULL FROM identifier WHERE principal_id = $1 AND kind = 'email'"};
constexpr Statement insert_token{"auth.issue_token", "SELECT token_issue($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", Effect::writes};
constexpr Statement select_reset{
    "auth.is_reset_open", "SELECT EXISTS (SELECT FROM one_time_token WHERE hash = $1 AND purpose = 'reset_password' AND used_at IS NULL AND expires_at > $2)"};
constexpr Statement prove_by_token{"auth.verify_by_token", "SELECT verify_by_token($1, $2, $3)", Effect::writes};
constexpr Statement prove_by_code{"auth.verify_by_code", "SELECT verify_by_code($1, $2, $3, $4, $5)", Effect::writes};
constexpr Statement reset{"auth.reset_password", "SELECT password_reset($1, $2, $3, $4)", Effect::writes};
constexpr Statement change{"auth.change_password", "SELECT password_change($1, $2, $3, $4, $5, $6)", Effect::writes};
constexpr Statement unlock_one{"auth.unlock", "SELECT principal_unlock($1, $2, $3, $4)", Effect::writes};

constexpr Statement select_keys{
    "auth.published_keys",
    "SELECT kid, state, private_sealed, public_jwk FROM signing_key WHERE state IN ('pending', 'active') OR (state = 'retiring' AND retires_at > $1) ORDER BY "
    "created_at, kid"};
constexpr Statement insert_key{"auth.add_key", "SELECT key_add($1, $2, $3, $4, $5)", Effect::writes};
constexpr Statement rotate_keys{"auth.rotate_keys", "SELECT key_rotate($1, $2, $3)", Effect::writes};
constexpr Statement revoke_keys{"auth.revoke_keys", "SELECT key_emergency($1, $2)", Effect::writes};

}  // namespace

Task<Result<bool>> PostgresAccountStore::register_account(NewAccount account, UtcTime now, Uuid trace) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(insert_account, account.id, account.kinds, account.canonicals, account.values, account.password_hash,
                                                          account.given_name, account.family_name, account.locale, now, trace));
  co_return rows[0].get<bool>(0);
}

Task<Result<std::vector<v1::ImportedCustomerResult>>> PostgresAccountStore::import_customers(std::vector<ImportRow> rows, UtcTime now, Uuid trace) {
  std::vector<Uuid> ids;
  std::vector<std::string> references;
  std::vector<std::optional<std::string>> emails, values, countries;
  for (const auto& row : rows) {
    ids.push_back(row.id);
    references.push_back(row.reference);
    emails.push_back(row.email);
    values.push_back(row.value);
    countries.push_back(row.country);
  }
  EMP_CO_ASSIGN(const auto answers, co_await database_.query(import_rows, ids, references, emails, values, countries, now, trace));
  std::vector<v1::ImportedCustomerResult> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out.push_back({.external_reference = std::move(rows[i].reference), .customer_id = answers[i].get<Uuid>(0), .created = answers[i].get<bool>(1)});
  }
  co_return out;
}

Task<Result<Uuid>> PostgresAccountStore::act_as(Uuid staff, std::optional<Uuid> customer, std::optional<std::string> reference, std::string reason, UtcTime now,
                                                Uuid trace) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(speak_for, staff, customer, reference, reason, now, trace));
  co_return rows[0].get<Uuid>(0);
}

Task<Result<>> PostgresAccountStore::enrol_staff(Enrolment enrolment, UtcTime now, Uuid trace) {
  EMP_CO_TRY(co_await database_.query(enrol, enrolment.id, enrolment.email, enrolment.value, enrolment.password_hash, enrolment.permissions,
                                      enrolment.permissions_version, now, trace));
  co_return Result<>();
}

Task<Result<std::optional<OwnIdentifier>>> PostgresAccountStore::email_of(Uuid principal) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_email, principal));
  if (rows.empty()) co_return std::optional<OwnIdentifier>();
  co_return OwnIdentifier{rows[0].get<std::string>(0), rows[0].get<bool>(1)};
}

Task<Result<>> PostgresAccountStore::issue_token(IssuedToken token, UtcTime now) {
  EMP_CO_TRY(co_await database_.query(insert_token, token.limit_key, token.purpose, token.principal, token.kind, token.canonical, Bytes{token.hash},
                                      Bytes{token.code_hash}, token.expires_at, token.delivery, Bytes{token.sealed}, now));
  co_return Result<>();
}

Task<Result<bool>> PostgresAccountStore::is_reset_open(std::string hash, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_reset, Bytes{hash}, now));
  co_return rows[0].get<bool>(0);
}

Task<Result<bool>> PostgresAccountStore::verify_by_token(std::string hash, UtcTime now, Uuid trace) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(prove_by_token, Bytes{hash}, now, trace));
  co_return rows[0].get<bool>(0);
}

Task<Result<bool>> PostgresAccountStore::verify_by_code(std::string kind, std::string canonical, std::string code_hash, UtcTime now, Uuid trace) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(prove_by_code, kind, canonical, Bytes{code_hash}, now, trace));
  co_return rows[0].get<bool>(0);
}

Task<Result<bool>> PostgresAccountStore::reset_password(std::string token_hash, std::string password_hash, UtcTime now, Uuid trace) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(reset, Bytes{token_hash}, password_hash, now, trace));
  co_return rows[0].get<bool>(0);
}

Task<Result<bool>> PostgresAccountStore::change_password(Uuid principal, UtcTime checked, std::string password_hash, Uuid kept_session, UtcTime now,
                                                         Uuid trace) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(change, principal, checked, password_hash, kept_session, now, trace));
  co_return rows[0].get<bool>(0);
}

Task<Result<>> PostgresAccountStore::unlock(Uuid principal, Uuid actor, UtcTime now, Uuid trace) {
  EMP_CO_TRY(co_await database_.query(unlock_one, principal, actor, now, trace));
  co_return Result<>();
}

Task<Result<std::vector<StoredKey>>> PostgresKeyStore::published(UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_keys, now));
  std::vector<StoredKey> out;
  for (const auto row : rows) out.push_back({row.get<std::string>(0), row.get<std::string>(1), row.get<Bytes>(2).value, row.get<std::string>(3)});
  co_return out;
}

Task<Result<>> PostgresKeyStore::add(std::string kid, std::string sealed, std::string jwk, UtcTime now, Uuid trace) {
  EMP_CO_TRY(co_await database_.query(insert_key, kid, Bytes{sealed}, jwk, now, trace));
  co_return Result<>();
}

Task<Result<std::optional<std::string>>> PostgresKeyStore::rotate(bool at_once, UtcTime now, Uuid trace) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(rotate_keys, at_once, now, trace));
  co_return rows[0].get<std::optional<std::string>>(0);
}

Task<Result<std::optional<std::string>>> PostgresKeyStore::revoke_all(UtcTime now, Uuid trace) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(revoke_keys, now, trace));
  co_return rows[0].get<std::optional<std::string>>(0);
}

}  // namespace emporion::auth
