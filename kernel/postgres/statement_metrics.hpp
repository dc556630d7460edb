#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>

#include "kernel/observe/metrics.hpp"

namespace emporion::postgres {

/// emporion_database_statement_seconds by module and statement (its count is the number of statements) and emporion_database_errors_total by module and reason.
/// The time runs from sending to the answer, so it includes those ahead in the same pipeline. Belongs to one thread.
class StatementMetrics {
 public:
  explicit StatementMetrics(std::string module) : module_(std::move(module)) {}

  void answered(std::string_view statement, std::chrono::steady_clock::duration span) { of(statement).observe(std::chrono::duration<double>(span).count()); }
  void failed(std::string_view reason) {
    observe::counter("emporion_database_errors_total", "Statements and transactions that failed.", {{"module", module_}, {"reason", std::string(reason)}})
        .increment();
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>{}(name); }
  };
  observe::Histogram& of(std::string_view statement) {
    if (const auto found = by_name_.find(statement); found != by_name_.end()) return *found->second;
    auto& made =
        observe::histogram("emporion_database_statement_seconds", "From sending a statement to its answer.",
                           {{"module", module_}, {"statement", std::string(statement)}}, {0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5});
    by_name_.emplace(statement, &made);
    return made;
  }

  std::string module_;
  std::unordered_map<std::string, observe::Histogram*, Hash, std::equal_to<>> by_name_;
};

}  // namespace emporion::postgres
