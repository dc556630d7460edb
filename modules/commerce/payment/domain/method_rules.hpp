#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/money/money.hpp"

namespace emporion::payment {

/// What administrators allow for one method. Limits are minor units by currency; without one there is none but the provider's.
struct MethodRule {
  bool is_enabled = true;
  std::map<std::string, std::int64_t, std::less<>> min;
  std::map<std::string, std::int64_t, std::less<>> max;

  std::optional<Money> least(Currency currency) const;
  std::optional<Money> most(Currency currency) const;
  /// Errors: SETTINGS_INVALID.
  Result<> check() const;
  friend bool operator==(const MethodRule&, const MethodRule&) = default;
};

/// By the contract's word for the method. One that is not named is allowed.
class MethodRules {
 public:
  MethodRule& operator[](std::string_view method);
  const MethodRule& of(std::string_view method) const;
  /// Errors: METHOD_NOT_AVAILABLE, AMOUNT_OUT_OF_RANGE.
  Result<> admit(std::string_view method, const Money& amount) const;

  std::int32_t version = 1;

 private:
  std::map<std::string, MethodRule, std::less<>> rules_;
};

/// The tighter of two limits of one currency, either of which may be missing.
std::optional<Money> tighter_max(std::optional<Money> a, std::optional<Money> b);
std::optional<Money> tighter_min(std::optional<Money> a, std::optional<Money> b);

}  // namespace emporion::payment
