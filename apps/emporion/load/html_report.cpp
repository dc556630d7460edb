#include "apps/emporion/load/html_report.hpp"

#include "apps/emporion/load/built_in.hpp"
#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"

namespace emporion::load {
namespace {

std::string escaped(std::string_view plain) {
  std::string out;
  for (const char c : plain) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

/// JSON within a script element: no text of it ends the element.
std::string in_script(std::string json) {
  for (auto at = json.find('<'); at != std::string::npos; at = json.find('<', at)) json.replace(at, 1, "\\u003c");
  return json;
}

std::string cell(std::string_view plain) { return text("<td>", escaped(plain), "</td>"); }
std::string row_of(std::string_view head, std::initializer_list<std::string> cells) {
  std::string out = text("<tr><th scope=\"row\">", escaped(head), "</th>");
  for (const auto& one : cells) out += cell(one);
  return out + "</tr>\n";
}
std::string head_of(std::initializer_list<std::string_view> names) {
  std::string out = "<thead><tr>";
  for (const auto name : names) out += text("<th scope=\"col\">", name, "</th>");
  return out + "</tr></thead>\n";
}
std::string table(std::string_view caption, std::string_view head, std::string_view rows) {
  return text("<div class=\"wide\"><table><caption>", caption, "</caption>", head, "<tbody>", rows, "</tbody></table></div>\n");
}

std::string tile(std::string_view name, std::string_view value, std::string_view more = {}) {
  return text("<div class=\"tile\"><dt>", escaped(name), "</dt><dd>", escaped(value), more.empty() ? "" : "<small>", escaped(more),
              more.empty() ? "" : "</small>", "</dd></div>\n");
}

std::string tiles(const RunResult& result) {
  const Figures& figures = result.figures;
  const auto requests = static_cast<std::int64_t>(figures.requests.service.count());
  const Histogram& corrected = figures.requests.corrected;
  return tile("Requests", text(requests), decimal(result.per_second(requests), 1) + " per second") +
         tile("Orders", text(figures.orders), decimal(result.per_second(figures.orders), 1) + " per second") +
         tile("Median", span_text(corrected.at(500'000))) +
         tile("p99", span_text(corrected.at(990'000)), result.plan.is_open() ? "service time " + span_text(figures.requests.service.at(990'000)) : "") +
         tile("Longest", span_text(corrected.max())) + tile("Unexpected errors", text(figures.errors(Sort::unexpected))) +
         tile("Expected refusals", text(figures.errors(Sort::expected))) + tile("Shed", text(figures.errors(Sort::shed)), "429 and 503") +
         tile("Time", decimal(static_cast<double>(result.elapsed.count()) / 1e6, 1) + " s", result.was_stopped ? "stopped early" : "");
}

std::string series_tables(const RunResult& result, bool of_latencies) {
  std::string rows;
  const auto& series = result.figures.series;
  const std::int64_t point_s = result.figures.point_s;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const auto& point = series[i];
    const std::string from = text(static_cast<std::int64_t>(i) * point_s, " s");
    if (of_latencies) {
      rows += row_of(from, {span_text(latency_at(point, 500'000)), span_text(latency_at(point, 990'000)), span_text(point.max_us), text(point.in_flight_max)});
    } else {
      rows += row_of(from, {text(point.requests), text(point.orders), text(point.expected), text(point.shed), text(point.unexpected)});
    }
  }
  return of_latencies ? table("Latencies by time, counted from when a request should have been sent",
                              head_of({"From", "p50", "p99", "Longest", "In flight at most"}), rows)
                      : table(text("Counts of each ", point_s, " s"), head_of({"From", "Requests", "Orders", "Expected", "Shed", "Unexpected"}), rows);
}

std::string distribution_table(const Figures& figures) {
  std::string rows;
  for (const auto& [name, share] : {std::pair<std::string_view, std::uint64_t>{"50 %", 500'000},
                                    {"75 %", 750'000},
                                    {"90 %", 900'000},
                                    {"95 %", 950'000},
                                    {"99 %", 990'000},
                                    {"99.9 %", 999'000},
                                    {"99.99 %", 999'900},
                                    {"100 %", 1'000'000}}) {
    rows += row_of(name, {span_text(figures.requests.corrected.at(share)), span_text(figures.requests.service.at(share))});
  }
  return table("Within how long that share of all requests was answered", head_of({"Share", "Corrected", "Service time"}), rows);
}

std::string latency_rows(const std::map<std::string_view, std::unique_ptr<Figures::Latencies>>& all) {
  std::string rows;
  for (const auto& [name, latencies] : all) {
    const Histogram& corrected = latencies->corrected;
    rows += row_of(name, {text(corrected.count()), span_text(corrected.at(500'000)), span_text(corrected.at(900'000)), span_text(corrected.at(990'000)),
                          span_text(corrected.at(999'000)), span_text(corrected.max()), span_text(latencies->service.at(990'000))});
  }
  return rows;
}

std::string error_rows(const Figures& figures) {
  if (figures.refusals.empty()) return "<tr><th scope=\"row\">none</th><td></td><td></td><td></td><td></td></tr>\n";
  std::string rows;
  for (const auto& [key, counted] : figures.refusals) {
    rows += row_of(key.step,
                   {key.status == 0 ? std::string("no answer") : text(key.status), key.reason, std::string(to_string(counted.sort)), text(counted.count)});
  }
  return rows;
}

std::string facts(const RunResult& result) {
  const Scenario& scenario = result.scenario;
  const Plan& plan = result.plan;
  std::string journeys;
  for (const auto& journey : scenario.journeys) journeys += text(journeys.empty() ? "" : ", ", journey.weight, " × ", to_string(journey.errand));
  const std::string loop = plan.is_open()
                               ? text("open: ", decimal(plan.rate_per_s), " visitors come per second at the highest level, at most ", plan.clients, " at once")
                               : text("closed: ", plan.clients, " clients, each of which begins anew when it is done");
  std::string rows = row_of("Scenario", {text(scenario.name, scenario.description.empty() ? "" : ": ", scenario.description)});
  rows += row_of("Errands", {journeys}) + row_of("Loop", {loop}) + row_of("Seed", {text(plan.seed)}) + row_of("Shop", {result.url});
  rows += row_of("Started", {result.started_at.to_string()}) +
          row_of("Machine of the generator",
                 {text(result.machine.processor, ", ", result.machine.cores, " cores, ", result.machine.memory_mib, " MiB, ", result.machine.system)});
  rows += row_of("Load average at the start", {result.machine.load_average});
  rows += row_of("The generator's own cost", {text(decimal(result.processor_us_per_request(), 1), " us of processor time per request")});
  return table("What ran, and where", "", rows);
}

void put(std::string& page, std::string_view name, std::string_view value) {
  const std::string mark = text("<!--", name, "-->");
  const auto at = page.find(mark);
  EMP_ASSERT(at != std::string::npos);
  page.replace(at, mark.size(), value);
}

}  // namespace

std::string to_html(const RunResult& result) {
  const std::string latency_head = head_of({"", "Count", "p50", "p90", "p99", "p99.9", "Longest", "Service p99"});
  std::string page(built_in_file("report.html"));
  put(page, "title", escaped(text("Load: ", result.scenario.name)));
  put(page, "heading", escaped(text("Load: ", result.scenario.name)));
  put(page, "verdict", text("<p class=\"verdict ", result.is_clean() ? "good" : "bad", "\">", escaped(result.verdict()), "</p>"));
  put(page, "tiles", tiles(result));
  put(page, "throughput", series_tables(result, false));
  put(page, "latencies", series_tables(result, true));
  put(page, "distribution", distribution_table(result.figures));
  put(page, "steps", table("Latencies by step", latency_head, latency_rows(result.figures.steps)));
  put(page, "errands", table("Whole errands that ended as wanted, with the time to think", latency_head, latency_rows(result.figures.journeys)));
  put(page, "errors", table("What was not answered as wanted", head_of({"Step", "Status", "Reason", "Sort", "Count"}), error_rows(result.figures)));
  put(page, "facts", facts(result));
  put(page, "data", text("<script type=\"application/json\" id=\"result\">", in_script(to_json(result)), "</script>"));
  put(page, "library", text("<script>", built_in_file("chart.min.js"), "</script>"));
  return page;
}

}  // namespace emporion::load
