#include "apps/emporion/load/result.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "kernel/base/text.hpp"

namespace emporion::load {
namespace {

constexpr auto all_percentiles = std::to_array<Percentile>({{"p50", 500'000}, {"p90", 900'000}, {"p95", 950'000}, {"p99", 990'000}, {"p999", 999'000}});

std::string line_after(const char* file, std::string_view name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name)) return std::string(trimmed(std::string_view(line).substr(line.find(':') + 1)));
  }
  return "unknown";
}

void write_histogram(json::Writer& writer, const Histogram& histogram) {
  writer.begin_object().key("count").integer(static_cast<std::int64_t>(histogram.count()));
  for (const auto& percentile : percentiles()) writer.key(text(percentile.name, "_us")).integer(histogram.at(percentile.of_million));
  writer.key("max_us").integer(histogram.max()).key("mean_us").integer(histogram.mean()).end_object();
}

void write_latencies(json::Writer& writer, const Figures::Latencies& latencies) {
  writer.key("corrected");
  write_histogram(writer, latencies.corrected);
  writer.key("service");
  write_histogram(writer, latencies.service);
}

void write_named(json::Writer& writer, const std::map<std::string_view, std::unique_ptr<Figures::Latencies>>& all) {
  writer.begin_array();
  for (const auto& [name, latencies] : all) {
    writer.begin_object().key("name").string(name);
    write_latencies(writer, *latencies);
    writer.end_object();
  }
  writer.end_array();
}

void write_scenario(json::Writer& writer, const Scenario& scenario) {
  writer.begin_object().key("name").string(scenario.name).key("description").string(scenario.description).key("journeys").begin_array();
  for (const auto& journey : scenario.journeys) {
    writer.begin_object().key("errand").string(to_string(journey.errand)).key("weight").integer(journey.weight).end_object();
  }
  writer.end_array().key("think_min_us").integer(scenario.think_min.count()).key("think_max_us").integer(scenario.think_max.count());
  writer.key("expected").begin_array();
  for (const auto& reason : scenario.expected) writer.string(reason);
  writer.end_array().end_object();
}

void write_plan(json::Writer& writer, const Plan& plan) {
  writer.begin_object().key("loop").string(plan.is_open() ? "open" : "closed").key("clients").integer(plan.clients);
  writer.key("rate_per_s").raw(decimal(plan.rate_per_s)).key("count").integer(plan.count).key("span_us").integer(plan.pace.span().count());
  writer.key("seed").integer(static_cast<std::int64_t>(plan.seed)).key("phases").begin_array();
  for (const auto& phase : plan.pace.phases()) {
    writer.begin_object().key("name").string(phase.name).key("span_us").integer(phase.span.count());
    writer.key("from").raw(decimal(phase.from, 3)).key("to").raw(decimal(phase.to, 3)).end_object();
  }
  writer.end_array().end_object();
}

void write_series(json::Writer& writer, const Figures& figures) {
  writer.begin_object().key("point_s").integer(figures.point_s).key("points").begin_array();
  for (const auto& point : figures.series) {
    writer.begin_object().key("requests").integer(point.requests).key("orders").integer(point.orders).key("expected").integer(point.expected);
    writer.key("shed").integer(point.shed).key("unexpected").integer(point.unexpected).key("in_flight_max").integer(point.in_flight_max);
    writer.key("p50_us").integer(latency_at(point, 500'000)).key("p99_us").integer(latency_at(point, 990'000)).key("max_us").integer(point.max_us).end_object();
  }
  writer.end_array().end_object();
}

/// Pairs of a bucket's upper end and its count, for all that hold anything.
void write_buckets(json::Writer& writer, const Histogram& histogram) {
  writer.begin_array();
  for (std::size_t i = 0; i < Histogram::buckets; ++i) {
    if (histogram.in_bucket(i) == 0) continue;
    writer.begin_array().integer(Histogram::upper_end(i)).integer(static_cast<std::int64_t>(histogram.in_bucket(i))).end_array();
  }
  writer.end_array();
}

void write_errors(json::Writer& writer, const Figures& figures) {
  writer.begin_array();
  for (const auto& [key, counted] : figures.refusals) {
    writer.begin_object().key("step").string(key.step).key("status").integer(key.status).key("reason").string(key.reason);
    writer.key("sort").string(to_string(counted.sort)).key("count").integer(counted.count).end_object();
  }
  writer.end_array();
}

}  // namespace

std::span<const Percentile> percentiles() { return all_percentiles; }

std::string decimal(double value, int decimals) {
  char digits[64];
  std::snprintf(digits, sizeof digits, "%.*f", decimals, value);
  return digits;
}

std::string span_text(std::int64_t micros) {
  const auto value = static_cast<double>(micros);
  if (micros >= 1'000'000) return decimal(value / 1e6) + " s";
  return decimal(value / 1e3, micros >= 100'000 ? 0 : micros >= 10'000 ? 1 : 2) + " ms";
}

Machine Machine::of_this() {
  Machine out{.processor = line_after("/proc/cpuinfo", "model name"), .cores = ::sysconf(_SC_NPROCESSORS_ONLN)};
  out.memory_mib = ::sysconf(_SC_PHYS_PAGES) / 1024 * ::sysconf(_SC_PAGESIZE) / 1024;
  utsname system{};
  if (::uname(&system) == 0) out.system = text(std::string_view(system.sysname), ' ', std::string_view(system.release));
  std::ifstream average("/proc/loadavg");
  for (std::string part; out.load_average.size() < 12 && average >> part;) out.load_average += text(out.load_average.empty() ? "" : " ", part);
  return out;
}

double RunResult::processor_us_per_request() const {
  const auto requests = figures.requests.service.count();
  return requests == 0 ? 0 : processor_s * 1e6 / static_cast<double>(requests);
}

std::string RunResult::verdict() const {
  const auto requests = figures.requests.service.count();
  std::string out = text(is_clean() ? "clean: " : "NOT CLEAN: ", requests, " requests, ", figures.orders, " orders, ", figures.errors(Sort::unexpected),
                         " unexpected errors, ", figures.errors(Sort::expected), " expected refusals, ", figures.errors(Sort::shed), " shed");
  if (figures.orders_unknown > 0) out += text(", ", figures.orders_unknown, " orders of which nobody knows");
  if (was_stopped) out += ", stopped early";
  return out;
}

std::string to_json(const RunResult& result) {
  std::string out;
  json::Writer writer(out);
  const Figures& figures = result.figures;
  writer.begin_object().key("format").string("emporion.load.result/1").key("clean").boolean(result.is_clean()).key("verdict").string(result.verdict());
  writer.key("url").string(result.url).key("started_at").string(result.started_at.to_string()).key("elapsed_us").integer(result.elapsed.count());
  writer.key("stopped_early").boolean(result.was_stopped).key("scenario");
  write_scenario(writer, result.scenario);
  writer.key("plan");
  write_plan(writer, result.plan);
  writer.key("totals").begin_object().key("errands").integer(result.begun).key("requests").integer(static_cast<std::int64_t>(figures.requests.service.count()));
  writer.key("orders").integer(figures.orders).key("orders_unknown").integer(figures.orders_unknown).key("expected").integer(figures.errors(Sort::expected));
  writer.key("shed").integer(figures.errors(Sort::shed)).key("unexpected").integer(figures.errors(Sort::unexpected)).key("repeats").integer(figures.repeats);
  writer.key("cut_off")
      .integer(result.cut_off)
      .key("requests_per_s")
      .raw(decimal(result.per_second(static_cast<std::int64_t>(figures.requests.service.count()))));
  writer.key("orders_per_s").raw(decimal(result.per_second(figures.orders))).end_object();
  writer.key("requests").begin_object();
  write_latencies(writer, figures.requests);
  writer.end_object().key("steps");
  write_named(writer, figures.steps);
  writer.key("journeys");
  write_named(writer, figures.journeys);
  writer.key("errors");
  write_errors(writer, figures);
  writer.key("series");
  write_series(writer, figures);
  writer.key("distribution").begin_object().key("corrected");
  write_buckets(writer, figures.requests.corrected);
  writer.key("service");
  write_buckets(writer, figures.requests.service);
  writer.end_object().key("generator").begin_object().key("processor_s").raw(decimal(result.processor_s, 3));
  writer.key("processor_us_per_request").raw(decimal(result.processor_us_per_request())).end_object();
  writer.key("machine").begin_object().key("processor").string(result.machine.processor).key("cores").integer(result.machine.cores);
  writer.key("memory_mib").integer(result.machine.memory_mib).key("system").string(result.machine.system);
  writer.key("load_average_at_start").string(result.machine.load_average).end_object().end_object();
  return out;
}

}  // namespace emporion::load
