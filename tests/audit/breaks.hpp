#pragma once

#include <string_view>
#include <vector>

namespace emporion::audit {

/// One invariant of `emporion audit`, and rows of a sold shop broken so that it cannot hold. The tables of these are in breaks_of_*.cpp.
struct Break {
  std::string_view module;  ///< As the audit reports it; "left / right", the two facts, for an agreement between modules.
  std::string_view invariant;
  /// Runs without triggers and foreign keys. Its last statement answers the ids that the audit must name: all of them, and no others.
  std::string_view sql;
  std::vector<std::string_view> held_by = {};  ///< Constraints and unique indexes that refuse `sql`, in the order in which they do. They are dropped for it.
  std::vector<std::string_view> also = {};     ///< Invariants that cannot hold either once these rows are broken. All others do.
  std::string_view database = {};              ///< The module whose rows are broken, where `module` does not say it.
};

std::vector<Break> breaks_of_gateway();
std::vector<Break> breaks_of_identity();
std::vector<Break> breaks_of_product();
std::vector<Break> breaks_of_promotion();
std::vector<Break> breaks_of_order();
std::vector<Break> breaks_of_invoices();
std::vector<Break> breaks_of_payment();
std::vector<Break> breaks_of_money();
std::vector<Break> breaks_of_credit();
std::vector<Break> breaks_of_checkout();
std::vector<Break> breaks_of_warehouse();
std::vector<Break> breaks_of_delivery();
std::vector<Break> breaks_between_modules();
std::vector<Break> breaks_of_events();

}  // namespace emporion::audit
