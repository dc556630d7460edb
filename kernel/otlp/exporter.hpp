#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "kernel/async/runtime.hpp"
#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/otlp/encoding.hpp"

namespace emporion::otlp {

struct ExporterOptions {
  std::string endpoint;  ///< "http://127.0.0.1:4318", https likewise; spans go to /v1/traces there.
  Service service;
  std::size_t batch_max = 512;          ///< Spans per request.
  milliseconds wait_max{1'000};         ///< A span is sent after this at the latest, with what else there is.
  milliseconds look_every{100};         ///< Whether a batch is full.
  milliseconds request_timeout{2'000};  ///< `close` may wait this long for one that is under way.
  milliseconds retry_first{1'000};      ///< Doubles, with jitter.
  milliseconds retry_most{30'000};
  int tries_max = 5;  ///< Of one batch, then it is lost.
};

/// Sends the spans of this process to a collector over OTLP/HTTP, protobuf. A batch that the collector cannot take now (429, 502, 503, 504) or that found
/// nobody is sent again, after Retry-After if that is given; any other refusal loses it. What is lost is counted (emporion_trace_spans_total) and logged once a
/// minute; nobody waits for it. Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
class Exporter {
 public:
  Exporter(Runtime& runtime, ExporterOptions options);
  ~Exporter();
  /// An address that a collector can be reached at. Errors: CONFIG_INVALID (invalid_argument).
  static Result<> check(const std::string& endpoint);
  /// Begins to send what trace::put takes. Once.
  void start();
  /// Sends what there is, for at most `patience`, and stops. Once, after `start`.
  Task<void> close(milliseconds patience);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace emporion::otlp
