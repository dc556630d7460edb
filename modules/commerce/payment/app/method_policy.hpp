#pragma once

#include <memory>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "modules/commerce/payment/domain/method_rules.hpp"

namespace emporion::payment {

/// What administrators allow, as it is now.
class MethodPolicy {
 public:
  virtual ~MethodPolicy() = default;
  virtual Task<Result<std::shared_ptr<const MethodRules>>> current() = 0;
};

}  // namespace emporion::payment
