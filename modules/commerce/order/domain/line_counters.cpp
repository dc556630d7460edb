#include "modules/commerce/order/domain/line_counters.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::order {
namespace {

Result<> at_most(std::int32_t units, std::int32_t available) {
  if (units > 0 && units <= available) return {};
  return fail(Error(ErrorKind::rule_violated, "QTY_LIMIT", text(units, " units asked, ", available, " available")).with("available", available));
}

}  // namespace

bool LineCounters::hold() const noexcept {
  return cancelled >= 0 && shipped >= 0 && delivered >= 0 && undelivered >= 0 && returned >= 0 && cancelled + undelivered + delivered <= qty &&
         shipped <= qty - cancelled && returned <= delivered;
}

Result<> LineCounters::cancel(std::int32_t units) {
  EMP_TRY(at_most(units, qty - cancelled - std::max(shipped, delivered + undelivered)));
  cancelled += units;
  return {};
}

Result<> LineCounters::ship(std::int32_t units) {
  EMP_TRY(at_most(units, qty - cancelled - shipped));
  shipped += units;
  return {};
}

Result<> LineCounters::deliver(std::int32_t units) {
  EMP_TRY(at_most(units, qty - cancelled - delivered - undelivered));
  delivered += units;
  shipped = std::max(shipped, delivered + undelivered);
  return {};
}

Result<> LineCounters::fail_delivery(std::int32_t units) {
  EMP_TRY(at_most(units, qty - cancelled - delivered - undelivered));
  undelivered += units;
  shipped = std::max(shipped, delivered + undelivered);
  return {};
}

Result<> LineCounters::take_back(std::int32_t units) {
  EMP_TRY(at_most(units, delivered - returned));
  returned += units;
  return {};
}

}  // namespace emporion::order
