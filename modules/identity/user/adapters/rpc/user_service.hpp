#pragma once

#include "kernel/postgres/database.hpp"
#include "modules/identity/user/app/enrolment.hpp"

namespace emporion::user {

/// The contract. Each operation is one SQL function that judges and writes under one lock (migrations/0002_staff_functions.sql); accounts are made by
/// Enrolment.
class UserService final : public v1::UserApi {
 public:
  UserService(postgres::Database& database, Enrolment& enrolment, const Clock& clock) : database_(database), enrolment_(enrolment), clock_(clock) {}

  Task<Result<v1::User>> bootstrap(CallContext context, v1::BootstrapRequest request) override;
  Task<Result<v1::User>> create_user(CallContext context, v1::CreateUserRequest request) override;
  Task<Result<v1::User>> get_user(CallContext context, v1::GetUserRequest request) override;
  Task<Result<v1::ListUsersResponse>> list_users(CallContext context, v1::ListUsersRequest request) override;
  Task<Result<v1::User>> update_user(CallContext context, v1::UpdateUserRequest request) override;
  Task<Result<v1::User>> suspend_user(CallContext context, v1::ChangeUserStatusRequest request) override;
  Task<Result<v1::User>> activate_user(CallContext context, v1::ChangeUserStatusRequest request) override;
  Task<Result<v1::User>> delete_user(CallContext context, v1::DeleteUserRequest request) override;
  Task<Result<v1::ListRolesResponse>> list_roles(CallContext context, v1::ListRolesRequest request) override;
  Task<Result<v1::Role>> get_role(CallContext context, v1::GetRoleRequest request) override;
  Task<Result<v1::Role>> create_role(CallContext context, v1::CreateRoleRequest request) override;
  Task<Result<v1::Role>> update_role(CallContext context, v1::UpdateRoleRequest request) override;
  Task<Result<v1::Role>> delete_role(CallContext context, v1::GetRoleRequest request) override;
  Task<Result<v1::ListPermissionsResponse>> list_permissions(CallContext context, v1::ListPermissionsRequest request) override;
  Task<Result<v1::User>> assign_role(CallContext context, v1::AssignRoleRequest request) override;
  Task<Result<v1::User>> remove_role(CallContext context, v1::RemoveRoleRequest request) override;
  Task<Result<v1::EffectivePermissionsResponse>> effective_permissions(CallContext context, v1::EffectivePermissionsRequest request) override;
  Task<Result<v1::ValidateAccessResponse>> validate_access(CallContext context, v1::ValidateAccessRequest request) override;
  Task<Result<v1::User>> me(CallContext context, v1::MeRequest request) override;

 private:
  Task<Result<v1::User>> find(Uuid user);
  Task<Result<v1::User>> set_status(CallContext context, Uuid user, std::string to, std::optional<std::string> reason);

  postgres::Database& database_;
  Enrolment& enrolment_;
  const Clock& clock_;
};

}  // namespace emporion::user
