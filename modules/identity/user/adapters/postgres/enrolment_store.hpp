#pragma once

#include "kernel/postgres/database.hpp"
#include "modules/identity/user/app/enrolment.hpp"

namespace emporion::user {

class PostgresEnrolmentStore final : public EnrolmentStore {
 public:
  explicit PostgresEnrolmentStore(postgres::Database& database) : database_(database) {}

  Task<Result<>> create(NewUser user, UtcTime now) override;
  Task<Result<std::optional<PendingEnrolment>>> find_pending(Uuid user, UtcTime now) override;
  Task<Result<std::vector<Uuid>>> due(UtcTime now) override;
  Task<Result<>> done(Uuid user, UtcTime now, Uuid trace) override;
  Task<Result<>> refused(Uuid user) override;
  Task<Result<>> try_later(Uuid user, UtcTime next) override;

 private:
  postgres::Database& database_;
};

}  // namespace emporion::user
