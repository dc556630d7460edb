#include "modules/identity/user/adapters/rpc/user_service.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/postgres/answer_once.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::user {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement select_user{"user.find", "SELECT user_json(id) FROM staff_user WHERE id = $1 AND status <> 'deleted'"};
constexpr Statement list_all{"user.list",
                             "SELECT user_json(u.id), u.email_canonical FROM staff_user u WHERE u.status <> 'deleted' AND ($1::text IS NULL OR u.status = $1) "
                             "AND ($2::text IS NULL OR EXISTS "
                             "(SELECT FROM role_assignment a JOIN role r ON r.id = a.role_id WHERE a.user_id = u.id AND r.name = $2)) AND u.email_canonical > "
                             "$3 ORDER BY u.email_canonical "
                             "LIMIT $4"};
constexpr Statement change_user{"user.update", "SELECT user_update($1, $2, $3, $4)", Effect::writes};
constexpr Statement change_status{"user.set_status", "SELECT user_set_status($1, $2, $3, $4, $5, $6)", Effect::writes};
constexpr Statement select_roles{"user.list_roles", "SELECT role_json(r) FROM role r ORDER BY name"};
constexpr Statement select_role{"user.find_role", "SELECT role_json(r) FROM role r WHERE id = $1"};
constexpr Statement insert_role{"user.create_role", "SELECT role_create($1, $2, $3, $4, $5, $6)", Effect::writes};
constexpr Statement change_role{"user.update_role", "SELECT role_update($1, $2, $3, $4, $5, $6, $7)", Effect::writes};
constexpr Statement drop_role{"user.delete_role", "SELECT role_delete($1)", Effect::writes};
constexpr Statement select_permissions{"user.list_permissions", "SELECT name FROM permission ORDER BY name"};
constexpr Statement assign{"user.assign_role", "SELECT role_assign($1, $2, $3, $4, $5, $6)", Effect::writes};
constexpr Statement remove{"user.remove_role", "SELECT role_remove($1, $2, $3, $4, $5)", Effect::writes};
constexpr Statement select_effective{"user.effective_permissions",
                                     "SELECT effective(u.id, $2), u.permissions_version FROM staff_user u WHERE u.id = $1 AND u.status <> 'deleted'"};
constexpr Statement decide{"user.validate_access",
                           "SELECT coalesce(may(u.id, q.permission, $3), false), coalesce(u.status, 'unknown'), coalesce(u.permissions_version, 0) FROM "
                           "unnest($1::uuid[], $2::text[]) WITH "
                           "ORDINALITY q(user_id, permission, place) LEFT JOIN staff_user u ON u.id = q.user_id ORDER BY q.place"};

std::unexpected<Error> user_not_found() { return fail(ErrorKind::not_found, "USER_NOT_FOUND", "no such member of staff"); }
std::unexpected<Error> role_not_found() { return fail(ErrorKind::not_found, "ROLE_NOT_FOUND", "no such role"); }

/// The contract's struct in the first column of the first row.
template <typename Answer>
Task<Result<Answer>> answer(postgres::Database& database, postgres::Bound bound) {
  EMP_CO_ASSIGN(const auto rows, co_await database.run(std::move(bound)));
  co_return parse_json<Answer>(rows[0].template get<std::string>(0));
}

}  // namespace

Task<Result<v1::User>> UserService::find(Uuid user) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_user, user));
  if (rows.empty()) co_return user_not_found();
  co_return parse_json<v1::User>(rows[0].get<std::string>(0));
}

Task<Result<v1::User>> UserService::bootstrap(CallContext context, v1::BootstrapRequest request) {
  EMP_CO_ASSIGN(const Uuid user, co_await enrolment_.bootstrap(context, std::move(request)));
  co_return co_await find(user);
}

Task<Result<v1::User>> UserService::create_user(CallContext context, v1::CreateUserRequest request) {
  EMP_CO_ASSIGN(const Uuid user, co_await enrolment_.create(context, std::move(request)));
  co_return co_await find(user);
}

Task<Result<v1::User>> UserService::get_user(CallContext, v1::GetUserRequest request) { co_return co_await find(request.id); }

Task<Result<v1::ListUsersResponse>> UserService::list_users(CallContext, v1::ListUsersRequest request) {
  const std::int32_t size = request.page_size.value_or(20);
  std::string after;
  if (request.page_token) {
    EMP_CO_ASSIGN(after, security::from_base64url(*request.page_token));
    if (!is_valid_utf8(after)) co_return fail(ErrorKind::invalid_argument, "INVALID_PAGE_TOKEN", "this page token is not one of ours");
  }
  const auto status = request.status ? std::optional(std::string(v1::to_string(*request.status))) : std::nullopt;
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_all, status, request.role, after, size + 1));
  v1::ListUsersResponse out;
  for (std::size_t i = 0; i < rows.size() && i < static_cast<std::size_t>(size); ++i) {
    EMP_CO_ASSIGN(auto user, parse_json<v1::User>(rows[i].get<std::string>(0)));
    out.users.push_back(std::move(user));
  }
  if (rows.size() > static_cast<std::size_t>(size)) out.next_page_token = security::base64url(rows[static_cast<std::size_t>(size) - 1].get<std::string>(1));
  co_return out;
}

Task<Result<v1::User>> UserService::update_user(CallContext, v1::UpdateUserRequest request) {
  co_return co_await answer<v1::User>(database_, postgres::bind(change_user, request.id, request.name, request.department, request.version));
}

Task<Result<v1::User>> UserService::set_status(CallContext context, Uuid user, std::string to, std::optional<std::string> reason) {
  co_return co_await answer<v1::User>(database_, postgres::bind(change_status, user, to, reason, context.principal.id, clock_.now(), context.trace));
}

Task<Result<v1::User>> UserService::suspend_user(CallContext context, v1::ChangeUserStatusRequest request) {
  co_return co_await set_status(context, request.id, "suspended", std::move(request.reason));
}

Task<Result<v1::User>> UserService::activate_user(CallContext context, v1::ChangeUserStatusRequest request) {
  co_return co_await set_status(context, request.id, "active", std::move(request.reason));
}

Task<Result<v1::User>> UserService::delete_user(CallContext context, v1::DeleteUserRequest request) {
  co_return co_await set_status(context, request.id, "deleted", std::nullopt);
}

Task<Result<v1::ListRolesResponse>> UserService::list_roles(CallContext, v1::ListRolesRequest) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_roles));
  v1::ListRolesResponse out;
  for (const auto row : rows) {
    EMP_CO_ASSIGN(auto role, parse_json<v1::Role>(row.get<std::string>(0)));
    out.roles.push_back(std::move(role));
  }
  co_return out;
}

Task<Result<v1::Role>> UserService::get_role(CallContext, v1::GetRoleRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_role, request.id));
  if (rows.empty()) co_return role_not_found();
  co_return parse_json<v1::Role>(rows[0].get<std::string>(0));
}

Task<Result<v1::Role>> UserService::create_role(CallContext context, v1::CreateRoleRequest request) {
  const Uuid id = Uuid::from_name(text("user.create_role:", postgres::caller_of(context.principal), ':', context.idempotency_key));
  co_return co_await answer<v1::Role>(
      database_, postgres::bind(insert_role, id, request.name, request.description, request.permissions, context.principal.id, clock_.now()));
}

Task<Result<v1::Role>> UserService::update_role(CallContext context, v1::UpdateRoleRequest request) {
  co_return co_await answer<v1::Role>(database_, postgres::bind(change_role, request.id, request.description, request.permissions, request.version,
                                                                context.principal.id, clock_.now(), context.trace));
}

Task<Result<v1::Role>> UserService::delete_role(CallContext, v1::GetRoleRequest request) {
  co_return co_await answer<v1::Role>(database_, postgres::bind(drop_role, request.id));
}

Task<Result<v1::ListPermissionsResponse>> UserService::list_permissions(CallContext, v1::ListPermissionsRequest) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_permissions));
  v1::ListPermissionsResponse out;
  for (const auto row : rows) out.permissions.push_back(row.get<std::string>(0));
  co_return out;
}

Task<Result<v1::User>> UserService::assign_role(CallContext context, v1::AssignRoleRequest request) {
  co_return co_await answer<v1::User>(
      database_, postgres::bind(assign, request.id, request.role_id, request.expires_at, context.principal.id, clock_.now(), context.trace));
}

Task<Result<v1::User>> UserService::remove_role(CallContext context, v1::RemoveRoleRequest request) {
  co_return co_await answer<v1::User>(database_, postgres::bind(remove, request.id, request.role_id, context.principal.id, clock_.now(), context.trace));
}

Task<Result<v1::EffectivePermissionsResponse>> UserService::effective_permissions(CallContext context, v1::EffectivePermissionsRequest request) {
  const auto& asking = context.principal;
  if (asking.realm == Realm::staff && asking.id != request.id && !asking.may("user.user.read")) {
    co_return fail(ErrorKind::permission_denied, "PERMISSION_DENIED", "staff see their own permissions");
  }
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_effective, request.id, clock_.now()));
  if (rows.empty()) co_return v1::EffectivePermissionsResponse{};  // Unknown means denied (USR-10).
  co_return v1::EffectivePermissionsResponse{.permissions = rows[0].get<std::vector<std::string>>(0), .permissions_version = rows[0].get<std::int64_t>(1)};
}

Task<Result<v1::ValidateAccessResponse>> UserService::validate_access(CallContext, v1::ValidateAccessRequest request) {
  std::vector<Uuid> users;
  std::vector<std::string> permissions;
  for (auto& question : request.questions) {
    users.push_back(question.user_id);
    permissions.push_back(std::move(question.permission));
  }
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(decide, users, permissions, clock_.now()));
  v1::ValidateAccessResponse out;
  for (const auto row : rows) {
    const auto status = row.get<std::string>(1);
    const bool allowed = row.get<bool>(0);
    out.decisions.push_back({.allowed = allowed,
                             .reason = status != "active" ? status
                                       : allowed          ? "granted"
                                                          : "not_granted",
                             .permissions_version = row.get<std::int64_t>(2)});
  }
  co_return out;
}

Task<Result<v1::User>> UserService::me(CallContext context, v1::MeRequest) { co_return co_await find(context.principal.id); }

}  // namespace emporion::user
