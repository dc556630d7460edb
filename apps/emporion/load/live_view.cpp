#include "apps/emporion/load/live_view.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "kernel/base/text.hpp"

namespace emporion::load {
namespace {

constexpr std::size_t errors_shown = 6;
constexpr std::int64_t bar_width = 40;

std::string seconds_text(microseconds span) { return text(span.count() / 1'000'000, " s"); }

/// Words side by side; `width` counts bytes, and every word shown here is ASCII.
std::string padded(std::string word, std::size_t width, bool to_the_right = true) {
  if (word.size() >= width) return word;
  const std::string blanks(width - word.size(), ' ');
  return to_the_right ? blanks + word : word + blanks;
}

/// Reasons come from the other side: nothing of them moves the cursor.
std::string printable(std::string_view reason) {
  std::string out(reason);
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }, '?');
  return out;
}

std::string error_line(const Figures::Key& key, const Figures::Counted& counted) {
  return text(padded(text(counted.count), 10), "  ", padded(std::string(to_string(counted.sort)), 10, false), "  ", key.step, " ",
              key.status == 0 ? std::string("no answer") : text(key.status), " ", printable(key.reason));
}

std::vector<std::pair<Figures::Key, Figures::Counted>> most_frequent(const Figures& figures, std::size_t most) {
  std::vector<std::pair<Figures::Key, Figures::Counted>> out(figures.refusals.begin(), figures.refusals.end());
  std::ranges::sort(out, [](const auto& a, const auto& b) {
    return std::tuple(a.second.sort, a.second.count, a.first) > std::tuple(b.second.sort, b.second.count, b.first);
  });
  if (out.size() > most) out.resize(most);
  return out;
}

void add_table(std::string& out, std::string_view title, const std::map<std::string_view, std::unique_ptr<Figures::Latencies>>& rows, bool is_open) {
  if (rows.empty()) return;
  out += text("\n", padded(std::string(title), 20, false));
  for (const std::string_view head : {"count", "p50", "p90", "p99", "max"}) out += padded(std::string(head), 11);
  if (is_open) out += padded("service p99", 13);
  out += '\n';
  for (const auto& [name, latencies] : rows) {
    const Histogram& corrected = latencies->corrected;
    out += padded(std::string(name), 20, false) + padded(text(corrected.count()), 11);
    for (const std::uint64_t share : {500'000u, 900'000u, 990'000u}) out += padded(span_text(corrected.at(share)), 11);
    out += padded(span_text(corrected.max()), 11);
    if (is_open) out += padded(span_text(latencies->service.at(990'000)), 13);
    out += '\n';
  }
}

std::size_t terminal_columns() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string line_of(const Moment& moment) {
  const Figures& figures = moment.figures;
  const Histogram& last = figures.last_second;
  return text(padded(seconds_text(moment.elapsed), 6), moment.phase.empty() ? "" : "  ", moment.phase, moment.is_ending ? " (ending)" : "", "  ",
              figures.last_point.requests, " requests/s  ", figures.last_point.orders, " orders/s  p50 ", span_text(last.at(500'000)), "  p99 ",
              span_text(last.at(990'000)), "  max ", span_text(last.max()), "  in flight ", figures.in_flight,
              moment.waiting > 0 ? text(", ", moment.waiting, " waiting") : std::string(), "  errors ", figures.errors(Sort::unexpected), " (expected ",
              figures.errors(Sort::expected), ", shed ", figures.errors(Sort::shed), ")");
}

std::string picture_of(const Moment& moment, const std::string& title, microseconds span) {
  const Figures& figures = moment.figures;
  const std::int64_t filled = std::clamp<std::int64_t>(span.count() == 0 ? 0 : bar_width * moment.elapsed.count() / span.count(), 0, bar_width);
  std::string bar;
  for (std::int64_t i = 0; i < bar_width; ++i) bar += i < filled ? "█" : "·";
  std::string out = text(title, "\n", bar, " ", seconds_text(moment.elapsed), " of ", seconds_text(span),
                         moment.is_ending ? ", waiting for the last answers" : "", moment.phase.empty() ? "" : ", ", moment.phase, "\n");
  const auto row = [&out](std::string_view name, std::string_view now, std::string_view all) {
    out += text("  ", padded(std::string(name), 14, false), padded(std::string(now), 12), padded(std::string(all), 14), "\n");
  };
  const Histogram& last = figures.last_second;
  const Histogram& all = figures.requests.corrected;
  row("", "last second", "all");
  row("requests", text(figures.last_point.requests), text(all.count()));
  row("orders", text(figures.last_point.orders), text(figures.orders));
  row("p50", span_text(last.at(500'000)), span_text(all.at(500'000)));
  row("p99", span_text(last.at(990'000)), span_text(all.at(990'000)));
  row("max", span_text(last.max()), span_text(all.max()));
  row("in flight", text(figures.in_flight), moment.waiting > 0 ? text(moment.waiting, " waiting") : std::string());
  row("errors", text(figures.last_point.unexpected), text(figures.errors(Sort::unexpected)));
  row("expected, shed", text(figures.last_point.expected, ", ", figures.last_point.shed),
      text(figures.errors(Sort::expected), ", ", figures.errors(Sort::shed)));
  for (const auto& [key, counted] : most_frequent(figures, errors_shown)) out += error_line(key, counted) + "\n";
  return out;
}

void LiveView::show(const Moment& moment) {
  if (kind_ == Kind::none) return;
  if (kind_ == Kind::lines) {
    std::printf("%s\n", line_of(moment).c_str());
    std::fflush(stdout);
    return;
  }
  std::string picture = drawn_ > 0 ? text("\x1b[", drawn_, "A") : std::string();
  drawn_ = 0;
  // A line that breaks is two, and the next picture would not cover it.
  std::size_t column = 0;
  const std::size_t columns = terminal_columns();
  for (const char c : picture_of(moment, title_, span_)) {
    const bool begins_character = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (c == '\n') {
      picture += "\x1b[K\n";
      ++drawn_;
      column = 0;
      continue;
    }
    if (begins_character) ++column;
    if (column < columns) picture += c;
  }
  picture += "\x1b[J";
  std::fwrite(picture.data(), 1, picture.size(), stdout);
  std::fflush(stdout);
}

std::string summary_of(const RunResult& result) {
  const Figures& figures = result.figures;
  std::string out;
  add_table(out, "step", figures.steps, result.plan.is_open());
  add_table(out, "errand", figures.journeys, result.plan.is_open());
  if (!figures.refusals.empty()) out += "\nerrors\n";
  for (const auto& [key, counted] : most_frequent(figures, 20)) out += error_line(key, counted) + "\n";
  const auto requests = static_cast<std::int64_t>(figures.requests.service.count());
  out += text("\n", decimal(result.per_second(requests), 1), " requests/s, ", decimal(result.per_second(figures.orders), 1), " orders/s in ",
              decimal(static_cast<double>(result.elapsed.count()) / 1e6, 1), " s; the generator itself used ", decimal(result.processor_us_per_request(), 1),
              " us of processor time per request\n");
  return out;
}

}  // namespace emporion::load
