#include "apps/emporion/load/scenario.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "apps/emporion/load/built_in.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::load {
namespace {

constexpr std::int64_t weight_max = 1'000'000;
constexpr std::int64_t lines_limit = 2'000;  // Of one call that fills a cart.
constexpr std::int64_t clients_max = 10'000;
constexpr std::size_t phases_max = 1'000;
constexpr std::string_view suffix = ".yaml";

struct Kind {
  std::string_view name;
  Journey usual;
};
const std::array<Kind, errands>& kinds() {
  static const std::array<Kind, errands> all{{
      {"browse", {.errand = Errand::browse, .pages = 5}},
      {"list", {.errand = Errand::list, .pages = 3}},
      {"buy", {.errand = Errand::buy, .pages = 0, .lines_min = 1, .lines_max = 3}},
      {"flash_sale", {.errand = Errand::flash_sale, .lines_min = 1, .lines_max = 1, .hot = 1}},
      {"wholesale", {.errand = Errand::wholesale, .lines_min = 1'000, .lines_max = 1'000, .units_max = 10}},
  }};
  return all;
}

/// Collects what does not go together.
class Faults {
 public:
  void unless(bool holds, std::string line) {
    if (holds) return;
    if (!lines_.empty()) lines_ += '\n';
    lines_ += line;
  }
  bool none() const noexcept { return lines_.empty(); }
  Error to_error() && { return Error(ErrorKind::invalid_argument, "SCENARIO_INVALID", std::move(lines_)); }

 private:
  std::string lines_;
};

Journey read_journey(const config::Settings& settings, const Kind& kind, Faults& faults) {
  const std::string at = text("journeys.", kind.name, ".");
  Journey out = kind.usual;
  const bool buys = out.lines_max > 0;
  out.weight = settings.integer(at + "weight", 0, 0, weight_max);
  if (kind.name == "browse" || kind.name == "list") out.pages = settings.integer(at + "pages", out.pages, 1, 1'000);
  if (kind.name == "buy") out.pages = settings.integer(at + "pages", out.pages, 0, 1'000);
  if (buys) {
    const bool has_max = settings.has(at + "lines_max");
    out.lines_min = settings.integer(at + "lines_min", has_max ? 1 : out.lines_min, 1, lines_limit);
    out.lines_max = settings.integer(at + "lines_max", std::max(out.lines_min, out.lines_max), 1, lines_limit);
    out.units_max = settings.integer(at + "units_max", out.units_max, 1, 100'000);
    faults.unless(out.lines_min <= out.lines_max, text(at, "lines_min is ", out.lines_min, ", more than lines_max, which is ", out.lines_max));
  }
  if (out.hot > 0) {
    out.hot = settings.integer(at + "hot", out.hot, 1, 10'000);
    faults.unless(out.lines_max <= out.hot || settings.has(at + "skus.0"),
                  text(at, "hot is ", out.hot, ", fewer than the ", out.lines_max, " lines of an order"));
  }
  out.skus = buys ? settings.strings(at + "skus") : std::vector<std::string>();
  if (!out.skus.empty()) {
    const auto known = static_cast<std::int64_t>(out.skus.size());
    faults.unless(out.lines_max <= known, text(at, "skus names ", known, " SKUs, fewer than the ", out.lines_max, " lines of an order"));
  }
  return out;
}

std::vector<Phase> read_phases(const config::Settings& settings, Faults& faults) {
  std::vector<Phase> out;
  bool does_anything = false;
  const std::size_t count = settings.names_below("phases").size();
  faults.unless(count <= phases_max, text("phases: at most ", phases_max, " of them"));
  for (std::size_t i = 0; i < std::min(count, phases_max); ++i) {
    const std::string at = text("phases.", i, ".");
    Phase phase{.name = settings.string(at + "name", text("phase ", i + 1)), .span = settings.span(at + "duration_s", seconds(0))};
    phase.to = settings.number(at + "to", 1, 0, 1);
    phase.from = settings.number(at + "from", out.empty() ? phase.to : out.back().to, 0, 1);
    faults.unless(phase.span > seconds(0), text("phases.", i, ": it has no duration_s"));
    does_anything = does_anything || phase.from > 0 || phase.to > 0;
    out.push_back(std::move(phase));
  }
  faults.unless(count == 0 || does_anything, "phases: the level is 0 in all of them");
  return out;
}

std::string read_address(const config::Settings& settings) {
  if (settings.names_below("address").empty()) return {};
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  for (const std::string_view field : {"name", "phone", "country", "region_code", "city", "line1", "postal_code"}) {
    const std::string value = settings.string(text("address.", field), field == "name" ? "Guest of the shop" : "");
    if (!value.empty()) writer.key(field).string(value);
  }
  writer.end_object();
  return out;
}

Error with_name(const Error& error, const std::string& name) { return Error(error.kind(), error.reason(), text(name, ": ", error.detail())); }

}  // namespace

std::string_view to_string(Errand errand) noexcept { return kinds()[static_cast<std::size_t>(errand)].name; }

Result<Scenario> read_scenario(const config::Settings& settings, std::string name) {
  Faults faults;
  Scenario out;
  out.name = settings.string("name", name);
  out.description = settings.string("description", "");
  for (const auto& kind : kinds()) {
    auto journey = read_journey(settings, kind, faults);
    if (journey.weight > 0) out.journeys.push_back(std::move(journey));
  }
  faults.unless(!out.journeys.empty(), "journeys: give one of browse, list, buy, flash_sale and wholesale a weight");
  out.think_min = settings.span("think_min_ms", seconds(0));
  out.think_max = settings.span("think_max_ms", out.think_min);
  faults.unless(out.think_min <= out.think_max, "think_min_ms is more than think_max_ms");
  out.clients = settings.integer("clients", 0, 1, clients_max);
  out.rate_per_s = settings.number("rate_per_s", 0, 0.001, 100'000);
  const std::string arrivals = settings.string("arrivals", "even");
  out.arrivals = arrivals == "random" ? Arrivals::random : Arrivals::even;
  faults.unless(arrivals == "random" || arrivals == "even", text("arrivals are even or random, not '", arrivals, "'"));
  const bool has_duration = settings.has("duration_s");
  const microseconds duration = settings.span("duration_s", seconds(30));
  faults.unless(duration > seconds(0), "duration_s is 0");
  auto phases = read_phases(settings, faults);
  faults.unless(phases.empty() || !has_duration, "duration_s and phases: the phases say how long a run takes");
  out.expected = settings.strings("expected");
  out.address_json = read_address(settings);
  out.currency = settings.string("currency", "");
  EMP_TRY(settings.check());
  if (!faults.none()) return fail(std::move(faults).to_error());
  out.pace = phases.empty() ? Pace::steady(duration) : Pace(std::move(phases));
  return out;
}

std::string_view own_scenario(std::string_view name) {
  for (const auto& file : built_in_files()) {
    if (file.name.ends_with(suffix) && file.name.substr(0, file.name.size() - suffix.size()) == name) return file.content;
  }
  return {};
}

std::vector<std::string> own_scenarios() {
  std::vector<std::string> out;
  for (const auto& file : built_in_files()) {
    if (file.name.ends_with(suffix)) out.emplace_back(file.name.substr(0, file.name.size() - suffix.size()));
  }
  std::ranges::sort(out);
  return out;
}

Result<Scenario> find_scenario(const std::string& name_or_file) {
  if (const std::string_view own = own_scenario(name_or_file); !own.empty()) {
    EMP_ASSIGN(const auto settings, config::Settings::parse(own));
    return read_scenario(settings, name_or_file);
  }
  if (name_or_file.find('/') == std::string::npos && !name_or_file.ends_with(suffix)) {
    std::string known;
    for (const auto& name : own_scenarios()) known += text(known.empty() ? "" : ", ", name);
    return fail(ErrorKind::invalid_argument, "SCENARIO_UNKNOWN", text("there is no scenario ", name_or_file, "; give a file.yaml, or one of ", known));
  }
  EMP_ASSIGN(const auto settings, config::Settings::load(name_or_file));
  auto scenario = read_scenario(settings, std::filesystem::path(name_or_file).stem().string());
  if (!scenario) return fail(with_name(scenario.error(), name_or_file));
  return scenario;
}

}  // namespace emporion::load
