#pragma once

#include <functional>
#include <string>

#include "kernel/postgres/database.hpp"
#include "kernel/saga/definition.hpp"

namespace emporion::saga {

/// What is done to a saga from outside, on its row and while nobody drives it: Engine::amend, abort and retry say what each does and refuses. Whoever calls
/// lets the engine look for due sagas afterwards.
class Interventions {
 public:
  /// All of these outlive it.
  Interventions(postgres::Database& database, const Clock& clock, const std::string& module, const ErasedDefinition& definition)
      : database_(database), clock_(clock), module_(module), definition_(definition) {}

  Task<Result<>> amend(Uuid saga, std::string expected_state, std::function<Result<std::string>(const std::string&)> change);
  Task<Result<>> abort(Uuid saga, Error failure, std::string note);
  Task<Result<>> retry(Uuid saga, std::string note);
  /// Gives a saga that nobody drives to people. One that ended, is stuck already or is at work stays as it is. Answers whether it was given.
  Task<Result<bool>> stick(Uuid saga, Error why);

 private:
  postgres::Database& database_;
  const Clock& clock_;
  const std::string& module_;
  const ErasedDefinition& definition_;
};

}  // namespace emporion::saga
