#pragma once

#include <map>
#include <string>
#include <vector>

#include "apps/emporion/retail/history.hpp"
#include "apps/emporion/retail/shop_client.hpp"

namespace emporion::app::retail {

struct ReplayOptions {
  std::string file;
  History::Corrupt corrupt = History::Corrupt::refuse;
  std::string from;  ///< "2010-12-01", inclusive; empty: from the start.
  std::string to;    ///< Inclusive; empty: to the end.
  std::size_t clients = 32;
  ShopClient::Options shop;
};

struct ReplayReport {
  struct Step {
    std::string name;
    std::uint64_t calls = 0, repeats = 0, p50_us = 0, p99_us = 0;
  };
  std::vector<Figure> file;  ///< The quirks of the whole file.
  std::vector<Figure> done;  ///< What became of the orders and cancellations in the span.
  std::vector<Step> steps;
  std::map<std::string, std::int64_t> refusals;  ///< "step REASON" → how many.
  std::vector<std::string> unanswered;           ///< At most 20.
  std::int64_t elapsed_us = 0;
  std::int64_t orders_per_second_x10 = 0;
  bool complete = false;  ///< Every importable order was placed, or refused for a counted reason.
};

/// Buys the history again, through the public API, order by order; memory grows with customers and cancelled lines, not with the file.
/// Errors: those of History, and what the staff's sign-in is refused for.
Task<Result<ReplayReport>> replay(Runtime& runtime, ReplayOptions options);

}  // namespace emporion::app::retail
