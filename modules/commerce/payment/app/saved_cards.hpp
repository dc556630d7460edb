#pragma once

#include <optional>
#include <string>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/base/uuid.hpp"

namespace emporion::payment {

struct SavedCard {
  std::string owner;
  std::string token;
  std::string fingerprint;
  std::string country;
};

/// Cards that customers have saved with us.
class SavedCards {
 public:
  virtual ~SavedCards() = default;
  /// Nothing: this customer has no such card (any more).
  virtual Task<Result<std::optional<SavedCard>>> find(Uuid id, Uuid customer_id) = 0;
};

}  // namespace emporion::payment
