#include "bench/checkout/shop_metrics.hpp"

#include <charconv>

#include "kernel/base/text.hpp"

namespace emporion::bench {
namespace {

/// The value of `label` in `name{a="1",b="2"} 3`.
std::string_view label_of(std::string_view line, std::string_view label) {
  const auto at = line.find(label);
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + label.size());
  return line.substr(0, line.find('"'));
}

std::int64_t value_of(std::string_view line) {
  const std::string_view digits = line.substr(line.rfind(' ') + 1);
  double out = 0;
  (void)std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return static_cast<std::int64_t>(out);
}

}  // namespace

void ShopMetrics::add(std::string_view page) {
  while (!page.empty()) {
    const auto end = std::min(page.find('\n'), page.size());
    const std::string_view line = page.substr(0, end);
    page.remove_prefix(std::min(end + 1, page.size()));
    const std::string_view name = line.substr(0, line.find('{'));
    if (name == "emporion_lane_batch_size_count") lanes[std::string(label_of(line, "lane=\""))].batches += value_of(line);
    if (name == "emporion_lane_batch_size_sum") lanes[std::string(label_of(line, "lane=\""))].commands += value_of(line);
    if (name == "emporion_events_applied_total") events_applied += value_of(line);
  }
}

Task<Result<ShopMetrics>> read_metrics(http::Client& client, std::vector<std::string> urls) {
  ShopMetrics out;
  for (const std::string& url : urls) {
    EMP_CO_ASSIGN(const auto page, co_await client.send({.url = url + "/metrics"}));
    if (page.status != 200) co_return fail(ErrorKind::unavailable, "METRICS_REFUSED", text(url, ": status ", page.status));
    out.add(page.body);
  }
  co_return out;
}

}  // namespace emporion::bench
