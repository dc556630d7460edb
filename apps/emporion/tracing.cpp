#include "apps/emporion/tracing.hpp"

#include "kernel/base/text.hpp"
#include "kernel/trace/tracer.hpp"

namespace emporion::app {
namespace {

constexpr milliseconds flush_time{2'000};

}  // namespace

Tracing::Tracing(Runtime& runtime, const Placement& placement)
    : runtime_(runtime),
      endpoint_(placement.settings.string("trace.endpoint", "")),
      sample_ratio_(placement.settings.number("trace.sample_ratio", 1, 0, 1)),
      service_{.name = placement.has_other_processes() ? placement.process : "emporion", .instance = text(placement.replica), .version = EMPORION_VERSION} {}

Tracing::~Tracing() = default;

Result<> Tracing::start() {
  if (endpoint_.empty()) return {};
  EMP_TRY(otlp::Exporter::check(endpoint_));
  trace::enable({.sample_ratio = sample_ratio_});
  exporter_ = std::make_unique<otlp::Exporter>(runtime_, otlp::ExporterOptions{.endpoint = endpoint_, .service = service_});
  exporter_->start();
  return {};
}

Task<void> Tracing::close() {
  if (!exporter_) co_return;
  trace::disable();
  co_await exporter_->close(flush_time);
  exporter_.reset();
}

}  // namespace emporion::app
