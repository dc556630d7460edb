#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "apps/emporion/retail/history.hpp"

namespace emporion::app::retail {

/// What the shop sells and to whom, gathered from the history in one pass. Memory grows with distinct codes and customers, not with rows.
class Assortment {
 public:
  struct Article {
    std::string code;
    std::string name;              ///< Never empty.
    std::int64_t price_pence = 0;  ///< 0: never sold for anything, so it cannot be priced.
    std::int64_t units_sold = 0;   ///< In all orders.
    std::int64_t order_max = 0;    ///< Units of the largest order.
  };
  struct Customer {
    std::string reference;
    std::string country;  ///< ISO code; of two, that of the first row.
  };

  void add(const Row& row);
  void add(const Invoice& invoice);

  /// By code. The name is the most frequent trimmed description among priced lines, else among all, else the code; the price the most frequent among sales;
  /// ties go to the smaller one. Source: data/README.md, quirks 8 and 9.
  std::vector<Article> articles() const;
  std::vector<Customer> customers() const;
  /// ISO codes of all countries that occur.
  const std::set<std::string, std::less<>>& countries() const noexcept { return countries_; }
  std::vector<Figure> figures() const;

 private:
  using Counts = std::map<std::string, std::int64_t, std::less<>>;
  struct Gathered {
    Counts names_priced;
    Counts names_other;
    std::map<std::int64_t, std::int64_t> prices;  ///< Pence → lines.
    std::int64_t units_sold = 0;
    std::int64_t order_max = 0;
  };
  struct Buyer {
    std::set<std::string, std::less<>> countries;  ///< As written.
    std::string first_country;
    bool has_order = false;
  };
  std::map<std::string, Gathered, std::less<>> codes_;
  std::map<std::string, Buyer, std::less<>> buyers_;
  std::set<std::string, std::less<>> countries_;
};

}  // namespace emporion::app::retail
