#pragma once

#include <optional>
#include <string>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"

namespace emporion::pricing {

/// A quote as it is kept: the answer's JSON, and the tax rates that were in force.
struct NewQuote {
  Uuid id;
  std::string caller;
  std::string key;
  Uuid request_hash;
  std::string body;
  std::string tax_pins;
  UtcTime expires_at;
};
struct StoredQuote {
  Uuid request_hash;
  std::string body;
  std::string tax_pins;
  UtcTime expires_at;
};

/// Quotes are written once and never changed.
class QuoteStore {
 public:
  virtual ~QuoteStore() = default;
  /// Stores it and answers nothing, or answers the body that stands under the same caller and key. Errors: IDEMPOTENCY_KEY_REUSED.
  virtual Task<Result<std::optional<std::string>>> store(NewQuote quote) = 0;
  virtual Task<Result<std::optional<StoredQuote>>> find(Uuid id) = 0;
  virtual Task<Result<std::optional<StoredQuote>>> find_by_key(std::string caller, std::string key) = 0;
};

}  // namespace emporion::pricing
