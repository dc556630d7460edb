#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "apps/emporion/load/pace.hpp"
#include "kernel/base/result.hpp"
#include "kernel/config/settings.hpp"

namespace emporion::load {

/// What one visitor comes for.
enum class Errand : std::uint8_t {
  browse,      ///< The home page, then product pages.
  list,        ///< One page of the catalog after the other.
  buy,         ///< A guest's purchase, paid on delivery; each line is looked at and put into the cart by a call of its own.
  flash_sale,  ///< The same for one unit of what everybody wants, without looking around.
  wholesale,   ///< A long order whose lines come in one call.
};
constexpr std::size_t errands = 5;
std::string_view to_string(Errand errand) noexcept;

/// How often visitors come for one errand, and how much of it they want.
struct Journey {
  Errand errand = Errand::browse;
  std::int64_t weight = 0;  ///< Its share among all weights; 0: nobody comes for it.
  std::int64_t pages = 0;   ///< browse, list: calls; buy: product pages before the purchase.
  std::int64_t lines_min = 0, lines_max = 0;
  std::int64_t units_max = 1;          ///< Of a line; from 1.
  std::vector<std::string> skus = {};  ///< Only these; empty: what the shop sells.
  std::int64_t hot = 0;                ///< flash_sale without `skus`: the first so many articles of the shop.
};

/// What visitors do. Errors of a run that it says are part of the matter (`expected`) do not make it fail.
struct Scenario {
  std::string name;
  std::string description;
  std::vector<Journey> journeys;  ///< Those with a weight.
  microseconds think_min{0}, think_max{0};
  std::int64_t clients = 0;  ///< Of a closed loop, if neither clients nor a rate are given with the command.
  double rate_per_s = 0;     ///< Of an open loop; 0: it is closed.
  Arrivals arrivals = Arrivals::even;
  Pace pace = Pace::steady(seconds(30));
  std::vector<std::string> expected;  ///< Reasons.
  std::string address_json;           ///< Where the goods go; empty: found out.
  std::string currency;               ///< Of the carts; empty: the shop's.
};

/// Errors: CONFIG_INVALID (a line for each value that is wrong and each name that nobody reads), SCENARIO_INVALID (a line for each thing that does not go
/// together).
Result<Scenario> read_scenario(const config::Settings& settings, std::string name);

/// A scenario of the program's own by its name, or else a file. Errors: SCENARIO_UNKNOWN (names those there are), those of Settings::load and of read_scenario,
/// with the file's name.
Result<Scenario> find_scenario(const std::string& name_or_file);

/// The text of a scenario of the program's own; empty if there is none of that name.
std::string_view own_scenario(std::string_view name);
/// Their names, sorted.
std::vector<std::string> own_scenarios();

}  // namespace emporion::load
