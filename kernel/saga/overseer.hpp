#pragma once

#include <string>
#include <vector>

#include "kernel/saga/interventions.hpp"

namespace emporion::saga {

/// Finds the sagas that people must hear of, and tells them: a log line of level error and a metric, which is what an alert is set on. Source: commerce.md
/// §1.6, ADR 0017.
class Overseer {
 public:
  /// All of these outlive it.
  Overseer(postgres::Database& database, Interventions& interventions, const ErasedDefinition& definition);

  /// One look. Safe to repeat and to do on many replicas at once.
  Task<Result<>> look(UtcTime now);

 private:
  postgres::Database& database_;
  Interventions& interventions_;
  const ErasedDefinition& definition_;
  std::vector<std::string> forward_only_;  ///< Steps behind the pivot.
};

/// Counts and logs a saga that was given to people.
void tell_stuck(const ErasedDefinition& definition, Uuid saga, std::string_view step, std::string_view why);

}  // namespace emporion::saga
