#pragma once

#include <optional>
#include <string>

#include "apps/emporion/load/round.hpp"

namespace emporion::load {

/// What the command was given.
struct Orders {
  std::string scenario;
  std::string url = "http://127.0.0.1:8080";
  bool may_be_remote = false;
  std::optional<std::int64_t> clients;
  std::optional<double> rate_per_s;
  std::optional<microseconds> duration;
  std::optional<std::int64_t> count;
  std::optional<std::uint64_t> seed;
  std::string report_file;
  std::string json_file;
  bool is_quiet = false;
};

/// "30s", "5m", "2h", "500ms"; a number alone is seconds. From 100 ms to a day. Nothing if it is none of these.
std::optional<microseconds> parse_duration(std::string_view text);

/// How much and how long: what the command says, or else the scenario. A count alone has an hour at most.
Plan plan_of(const Orders& orders, const Scenario& scenario);

/// Runs a scenario, shows it, writes the reports and prints the verdict. Answers true if no unexpected error occurred.
/// Errors: those of find_scenario, read_target and look_around; FILE_UNWRITABLE, before the load begins.
Result<bool> run(const Orders& orders);

}  // namespace emporion::load
