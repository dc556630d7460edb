#include "kernel/otlp/exporter.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/http/client.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/trace/tracer.hpp"

namespace emporion::otlp {
namespace {

using Steady = std::chrono::steady_clock;

constexpr seconds tell_again{60};
constexpr seconds retry_after_max{60};

bool is_busy(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

/// In seconds; the form with a date is not understood, and then our own pause holds.
std::optional<milliseconds> retry_after_of(const http::Response& response) {
  for (const auto& header : response.headers) {
    if (header.name != "retry-after") continue;
    int value = 0;
    const auto [end, error] = std::from_chars(header.value.data(), header.value.data() + header.value.size(), value);
    if (error != std::errc() || end != header.value.data() + header.value.size() || value < 0) return std::nullopt;
    return std::min<milliseconds>(seconds(value), retry_after_max);
  }
  return std::nullopt;
}

/// What came of one request.
struct Sent {
  bool again = false;  ///< It may do better later.
  std::string why;     ///< Empty: it was taken.
  std::optional<milliseconds> pause;
  std::size_t rejected = 0;
};

}  // namespace

struct Exporter::Impl {
  Impl(Runtime& given_runtime, ExporterOptions given_options)
      : runtime(given_runtime), options(std::move(given_options)), url(options.endpoint), client(given_runtime, 1) {
    while (url.ends_with('/')) url.pop_back();
    url += "/v1/traces";
  }

  Runtime& runtime;
  ExporterOptions options;
  std::string url;
  http::Client client;
  SystemRandom random;
  Scope scope;
  bool closing = false;
  Steady::time_point give_up = Steady::time_point::max();  ///< While closing.
  std::optional<Steady::time_point> told_at;

  Task<void> work() {
    auto sent_at = Steady::now();
    while (!closing) {
      co_await runtime.sleep_for(options.look_every);
      if (trace::queued() == 0) sent_at = Steady::now();  // What comes next has all its time.
      const bool is_due = trace::queued() >= options.batch_max || Steady::now() - sent_at >= options.wait_max;
      if (!is_due && !closing) continue;
      co_await send_all();
      sent_at = Steady::now();
    }
    co_await send_all();
  }

  Task<void> send_all() {
    while (trace::queued() > 0 && Steady::now() < give_up) co_await send(trace::take(options.batch_max));
    if (const std::size_t left = closing ? trace::take(trace::queued()).size() : 0; left > 0) lose("lost", left, "this process ended first");
  }

  Task<void> send(std::vector<trace::SpanData> spans) {
    const std::size_t count = spans.size();
    // Off this thread, on which requests are served.
    const auto body = co_await runtime.on_worker<std::string>([service = options.service, spans = std::move(spans)] { return encoded(service, spans); });
    milliseconds pause = options.retry_first;
    for (int tried = 1;; ++tried) {
      const Sent sent = co_await request(body);
      if (sent.why.empty()) {
        trace::count_spans("sent", count - std::min(count, sent.rejected));
        if (sent.rejected > 0) lose("refused", std::min(count, sent.rejected), "the collector took the others only");
        co_return;
      }
      if (!sent.again) co_return lose("refused", count, sent.why);
      const milliseconds jitter(random.below(static_cast<std::uint64_t>(pause.count()) / 4 + 1));
      if (tried == options.tries_max || !co_await rest(sent.pause.value_or(pause) + jitter)) co_return lose("lost", count, sent.why);
      pause = std::min(pause * 2, options.retry_most);
    }
  }

  /// False: there is no time left for another try.
  Task<bool> rest(milliseconds span) {
    const auto end = Steady::now() + span;
    while (Steady::now() < end) {
      if (closing && end > give_up) co_return false;
      co_await runtime.sleep_for(std::min(options.look_every, std::chrono::ceil<milliseconds>(end - Steady::now())));
    }
    co_return !closing || Steady::now() < give_up;
  }

  Task<Sent> request(const std::string& body) {
    http::ClientRequest request{.method = http::Method::post, .url = url, .headers = {{"Content-Type", "application/x-protobuf"}}, .body = body};
    request.timeout = options.request_timeout;
    if (closing) request.timeout = std::clamp(std::chrono::ceil<milliseconds>(give_up - Steady::now()), milliseconds(1), request.timeout);
    const auto response = co_await client.send(std::move(request));
    if (!response) co_return Sent{.again = true, .why = response.error().detail()};
    if (response->status >= 200 && response->status < 300) co_return Sent{.rejected = rejected_spans(response->body)};
    co_return Sent{.again = is_busy(response->status), .why = text("the collector answers ", response->status), .pause = retry_after_of(*response)};
  }

  void lose(const std::string& outcome, std::size_t spans, std::string_view why) {
    trace::count_spans(outcome, spans);
    const auto now = Steady::now();
    if (told_at && now - *told_at < tell_again) return;
    told_at = now;
    observe::warning("spans were lost", {{"endpoint", options.endpoint}, {"spans", text(spans)}, {"error", std::string(why)}});
  }
};

Exporter::Exporter(Runtime& runtime, ExporterOptions options) : impl_(std::make_shared<Impl>(runtime, std::move(options))) {}
Exporter::~Exporter() = default;

Result<> Exporter::check(const std::string& endpoint) {
  const bool has_scheme = endpoint.starts_with("http://") || endpoint.starts_with("https://");
  if (has_scheme && endpoint.size() > endpoint.find("//") + 2 && endpoint.find_first_of(" ?#@") == std::string::npos) return {};
  return fail(ErrorKind::invalid_argument, "CONFIG_INVALID",
              text("trace.endpoint: '", endpoint.substr(0, 80), "' is no address of a collector; write http://HOST:4318, without /v1/traces"));
}

void Exporter::start() { impl_->scope.spawn(impl_->work()); }

Task<void> Exporter::close(milliseconds patience) {
  const auto impl = impl_;
  impl->give_up = Steady::now() + patience;
  impl->closing = true;
  co_await impl->scope.join();
}

}  // namespace emporion::otlp
