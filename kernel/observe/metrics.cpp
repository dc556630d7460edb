#include "kernel/observe/metrics.hpp"

#include <charconv>
#include <map>
#include <memory>
#include <mutex>

#include "kernel/base/assert.hpp"

namespace emporion::observe {
namespace {

enum class Kind : std::uint8_t { counter, gauge, histogram };

struct Family {
  Kind kind;
  std::string help;
  std::map<std::string, std::unique_ptr<Counter>> counters;
  std::map<std::string, std::unique_ptr<Gauge>> gauges;
  std::map<std::string, std::unique_ptr<Histogram>> histograms;
};

struct Registry {
  std::mutex mutex;
  std::map<std::string, Family, std::less<>> families;

  Family& family(std::string_view name, std::string_view help, Kind kind) {
    const auto found = families.try_emplace(std::string(name), Family{kind, std::string(help), {}, {}, {}}).first;
    EMP_ASSERT(found->second.kind == kind);
    return found->second;
  }
};

Registry& registry() {
  static Registry* const all = new Registry;  // Never destroyed: series outlive every static.
  return *all;
}

std::string label_text(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out += name + "=\"";
    for (const char c : value) {
      if (c == '\\' || c == '"') out += '\\';
      if (c == '\n') {
        out += "\\n";
      } else {
        out += c;
      }
    }
    out += '"';
  }
  return out;
}

void append_number(std::string& out, double value) {
  char digits[40];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append_sample(std::string& out, std::string_view name, std::string_view labels, double value) {
  out.append(name);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out += ' ';
  append_number(out, value);
  out += '\n';
}

std::string joined(std::string_view labels, std::string_view more) {
  return labels.empty() ? std::string(more) : std::string(labels) + "," + std::string(more);
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

void Histogram::observe(double value) noexcept {
  std::size_t i = 0;
  while (i < bounds_.size() && value > bounds_[i]) ++i;
  counts_[i].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

Counter& counter(std::string_view name, std::string_view help, Labels labels) {
  auto& all = registry();
  const std::scoped_lock lock(all.mutex);
  auto& series = all.family(name, help, Kind::counter).counters[label_text(labels)];
  if (!series) series = std::make_unique<Counter>();
  return *series;
}

Gauge& gauge(std::string_view name, std::string_view help, Labels labels) {
  auto& all = registry();
  const std::scoped_lock lock(all.mutex);
  auto& series = all.family(name, help, Kind::gauge).gauges[label_text(labels)];
  if (!series) series = std::make_unique<Gauge>();
  return *series;
}

Histogram& histogram(std::string_view name, std::string_view help, Labels labels, std::vector<double> bounds) {
  auto& all = registry();
  const std::scoped_lock lock(all.mutex);
  auto& series = all.family(name, help, Kind::histogram).histograms[label_text(labels)];
  if (!series) series = std::make_unique<Histogram>(std::move(bounds));
  return *series;
}

std::string render_metrics() {
  auto& all = registry();
  const std::scoped_lock lock(all.mutex);
  std::string out;
  for (const auto& [name, family] : all.families) {
    static constexpr std::string_view kinds[] = {"counter", "gauge", "histogram"};
    out.append("# HELP ").append(name).append(" ").append(family.help).append("\n# TYPE ").append(name).append(" ");
    out.append(kinds[static_cast<std::size_t>(family.kind)]).append("\n");
    for (const auto& [labels, series] : family.counters) append_sample(out, name, labels, static_cast<double>(series->value()));
    for (const auto& [labels, series] : family.gauges) append_sample(out, name, labels, series->value());
    for (const auto& [labels, series] : family.histograms) {
      std::uint64_t cumulated = 0;
      for (std::size_t i = 0; i <= series->bounds_.size(); ++i) {
        cumulated += series->counts_[i].load(std::memory_order_relaxed);
        std::string bound = "le=\"";
        if (i < series->bounds_.size()) {
          append_number(bound, series->bounds_[i]);
        } else {
          bound += "+Inf";
        }
        append_sample(out, name + "_bucket", joined(labels, bound + "\""), static_cast<double>(cumulated));
      }
      append_sample(out, name + "_sum", labels, series->sum_.load(std::memory_order_relaxed));
      append_sample(out, name + "_count", labels, static_cast<double>(cumulated));
    }
  }
  return out;
}

}  // namespace emporion::observe
