#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "modules/product/promotion/domain/promotion.hpp"

namespace emporion::promotion {

/// Why a promotion takes nothing off.
enum class Reason : std::uint8_t { not_stackable, min_order, segment, login, limit, expired, currency, no_eligible_lines, condition, outbid, coupon_unknown };
std::string_view to_string(Reason reason);

/// What a promotion takes off, line by line.
struct Cut {
  std::int64_t discount = 0;
  std::vector<std::int64_t> by_line;
  std::int64_t units = 0;                                    ///< That something was taken off.
  std::vector<std::int64_t> grouped_units, grouped_amounts;  ///< Of a buy-x-get-y, by line: units that no other one may use, and what they cost.
};

/// What earlier promotions left of each line.
struct RunningLine {
  std::int64_t amount = 0;
  std::int64_t free_units = 0;   ///< Not used by a buy-x-get-y yet.
  std::int64_t free_amount = 0;  ///< What these cost now, at most `amount`.
  bool is_closed = false;        ///< Its price is not to be reduced further.
};

/// The cart between two promotions. Invariant: no amount is ever negative.
class Running {
 public:
  explicit Running(const Cart& cart);

  const RunningLine& line(std::size_t index) const { return lines_[index]; }
  std::size_t size() const { return lines_.size(); }
  void close(std::size_t index) { lines_[index].is_closed = true; }
  /// Sum over the lines named.
  std::int64_t amount_of(std::span<const std::size_t> lines) const;
  void apply(const Cut& cut);
  void give_back(std::size_t index, std::int64_t amount) { lines_[index].amount += amount; }

 private:
  std::vector<RunningLine> lines_;
};

}  // namespace emporion::promotion
