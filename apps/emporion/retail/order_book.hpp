#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "apps/emporion/retail/invoice.hpp"

namespace emporion::app::retail {

/// Which codes of which customers are ever cancelled: gathered before the replay, so that only their lines must be remembered.
class CancelledCodes {
 public:
  void add(const Invoice& cancellation);
  bool contains(std::string_view customer, std::string_view code) const;

 private:
  std::unordered_set<std::string> pairs_;
};

/// Finds the orders that a cancellation means; the file does not say. Rule of quirk 1: same customer, same code, price ignored, latest earlier order first.
class OrderBook {
 public:
  explicit OrderBook(const CancelledCodes& cancelled) : cancelled_(&cancelled) {}

  void placed(std::string_view customer, std::string order_id, const std::vector<OrderItem>& items);

  struct Taking {
    std::string order_id;
    bool is_whole = false;  ///< Nothing of the order is left.
    std::vector<OrderItem> items;
  };
  struct Match {
    std::vector<Taking> takings;
    std::int64_t lines_matched = 0;  ///< In full.
    std::int64_t lines_partly = 0;
    std::int64_t lines_unmatched = 0;  ///< Returns without an order.
    std::int64_t units_unmatched = 0;
  };
  /// Takes the units out of the book.
  Match cancel(const Invoice& cancellation);

 private:
  struct Remembered {
    std::string order_id;
    std::int64_t units_left = 0;
    std::vector<OrderItem> left;  ///< Of codes that are ever cancelled.
  };
  const CancelledCodes* cancelled_;
  std::unordered_map<std::string, std::vector<Remembered>> orders_;
};

}  // namespace emporion::app::retail
