#pragma once

#include <map>
#include <string>
#include <vector>

#include "kernel/postgres/database.hpp"

namespace emporion::gateway {

/// Resets of breakers, which every replica has to hear of.
class ResetStore {
 public:
  explicit ResetStore(postgres::Database& database) : database_(database) {}
  /// Tells all replicas, with who asked for it. Safe to repeat.
  Task<Result<>> reset(CallContext context, std::string upstream);
  /// The upstreams that were reset since the last call; of the first call none, for then nothing is open.
  Task<Result<std::vector<std::string>>> heard();

 private:
  postgres::Database& database_;
  std::map<std::string, std::int64_t> numbers_;
  bool is_first_ = true;
};

}  // namespace emporion::gateway
