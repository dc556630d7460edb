#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/money/money.hpp"

namespace emporion::payment {

/// One movement of money in a provider's own report.
struct ReportRow {
  std::string ref;    ///< Of the charge, the refund or the dispute.
  std::string type;   ///< charge, refund, dispute
  Money amount = {};  ///< Without sign.
  std::int64_t fee = 0;
  std::string state = "succeeded";
  UtcTime at = {};
};

struct ReportPage {
  std::vector<ReportRow> rows;
  std::optional<std::string> next = std::nullopt;  ///< Nothing: that was the last page.
};

/// A provider that reports what it moved. Errors: as ProviderGateway says.
class ReportGateway {
 public:
  virtual ~ReportGateway() = default;
  /// What was moved from `from` until before `to`, page by page.
  virtual Task<Result<ReportPage>> report_page(UtcTime from, UtcTime to, std::optional<std::string> cursor) = 0;
};

}  // namespace emporion::payment
