#pragma once

#include <string>
#include <vector>

#include "contracts/product/promotion/v1/promotion_api.hpp"
#include "kernel/rpc/call_context.hpp"
#include "modules/product/promotion/app/customer_keys.hpp"
#include "modules/product/promotion/domain/evaluate.hpp"

namespace emporion::promotion {

/// How long a quote keeps the promotions that it was made with (PRM-10).
constexpr minutes quote_life{15};

/// A request to evaluate, checked and in its canonical form.
struct EvaluationInput {
  Cart cart;                       ///< Without Catalog's facts.
  std::vector<std::string> codes;  ///< Canonical, sorted, each once; one that cannot be a code stays as it was sent.
  std::optional<std::string> customer_key;
  bool is_logged_in = false;
  bool is_preview = true;
  std::string canonical;  ///< Equal for equal requests, whatever the order of their lines; part of the evaluation's hash.
};

/// Errors: CALLER_NOT_ALLOWED (priced_at, customer_id and guest_email are for modules), QUOTE_EXPIRED, CURRENCY_MISMATCH, and those of `check(Cart)`.
Result<EvaluationInput> read_input(const v1::EvaluateRequest& request, const CallContext& context, const CustomerKeys& keys, UtcTime now, const Policy& policy);

struct Caller {
  std::optional<std::string> key;
  bool is_logged_in = false;
};
/// Who buys: the token's customer, or whom a module names. Errors: CALLER_NOT_ALLOWED.
Result<Caller> caller_of(const std::optional<Uuid>& customer, const std::optional<std::string>& guest_email, const CallContext& context,
                         const CustomerKeys& keys);

}  // namespace emporion::promotion
