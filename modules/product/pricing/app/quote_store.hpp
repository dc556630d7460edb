#pragma once

#include <cstdint>
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
  std::optional<std::int64_t> revision;  ///< Of the prices and taxes it was made of; absent: whatever theirs is by now.
};
/// What came of storing a quote.
struct StoreOutcome {
  bool is_outdated = false;             ///< Prices or taxes have changed since its revision: nothing was stored.
  std::optional<std::string> standing;  ///< The body that already stood under the same caller and key.
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
  /// Stores it unless one stands under the same caller and key, or it is outdated. Safe to repeat. Errors: IDEMPOTENCY_KEY_REUSED.
  virtual Task<Result<StoreOutcome>> store(NewQuote quote) = 0;
  virtual Task<Result<std::optional<StoredQuote>>> find(Uuid id) = 0;
  virtual Task<Result<std::optional<StoredQuote>>> find_by_key(std::string caller, std::string key) = 0;
};

}  // namespace emporion::pricing
