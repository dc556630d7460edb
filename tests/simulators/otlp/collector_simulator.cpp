#include "tests/simulators/otlp/collector_simulator.hpp"

// tidy-allow(pb_header): OTLP is protobuf, and its messages are nobody's contract here.
#include <opentelemetry/proto/collector/trace/v1/trace_service.pb.h>

#include "kernel/base/text.hpp"

// tidy-allow-file(test_sleeps): a collector that does not answer.
// tidy-allow-file(third_party_include): seen by this file only.
namespace emporion::simulators {
namespace {

namespace pb = opentelemetry::proto;
using Attributes = google::protobuf::RepeatedPtrField<pb::common::v1::KeyValue>;

std::string hex(const std::string& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::map<std::string, std::string> read(const Attributes& attributes) {
  std::map<std::string, std::string> out;
  for (const auto& attribute : attributes) {
    const auto& value = attribute.value();
    out[attribute.key()] = value.has_int_value() ? text(value.int_value()) : value.string_value();
  }
  return out;
}

CollectedSpan read(const pb::trace::v1::Span& span) {
  CollectedSpan out{.trace = hex(span.trace_id()),
                    .id = hex(span.span_id()),
                    .parent = hex(span.parent_span_id()),
                    .name = span.name(),
                    .kind = span.kind(),
                    .began_ns = static_cast<std::int64_t>(span.start_time_unix_nano()),
                    .ended_ns = static_cast<std::int64_t>(span.end_time_unix_nano()),
                    .failed = span.status().code() == pb::trace::v1::Status::STATUS_CODE_ERROR,
                    .error = span.status().message(),
                    .attributes = read(span.attributes())};
  for (const auto& event : span.events()) out.events.push_back({event.name(), read(event.attributes())});
  for (const auto& link : span.links()) out.links.emplace_back(hex(link.trace_id()), hex(link.span_id()));
  return out;
}

std::vector<CollectedSpan> read(const pb::collector::trace::v1::ExportTraceServiceRequest& request) {
  std::vector<CollectedSpan> out;
  for (const auto& of_service : request.resource_spans()) {
    for (const auto& of_scope : of_service.scope_spans()) {
      for (const auto& span : of_scope.spans()) {
        out.push_back(read(span));
        out.back().resource = read(of_service.resource().attributes());
      }
    }
  }
  return out;
}

}  // namespace

CollectorSimulator::CollectorSimulator(Runtime& runtime, const Clock&, CollectorOptions options)
    : runtime_(runtime), options_(options), server_(runtime, *this) {}

Result<> CollectorSimulator::listen() { return server_.listen("127.0.0.1", options_.port); }
std::string CollectorSimulator::url() const { return text("http://127.0.0.1:", server_.port()); }

Task<void> CollectorSimulator::close() {
  closing_ = true;
  co_await server_.close(milliseconds(2'000));
}

Task<http::Response> CollectorSimulator::handle(http::Request request) {
  http::Response response;
  pb::collector::trace::v1::ExportTraceServiceRequest message;
  const bool is_otlp = request.method == http::Method::post && request.path == "/v1/traces" && request.header("content-type") == "application/x-protobuf";
  if (!is_otlp || !message.ParseFromString(request.body)) {
    ++unreadable_;
    response.status = 400;
    co_return response;
  }
  Order order;
  if (!orders_.empty()) {
    order = std::move(orders_.front());
    orders_.pop_front();
  }
  auto spans = read(message);
  requests_.push_back(spans.size());
  for (int waited_ms = 0; order.status == 0 && waited_ms < 10'000 && !closing_; waited_ms += 50) co_await runtime_.sleep_for(milliseconds(50));
  response.status = order.status == 0 ? 500 : order.status;
  response.headers = order.headers;
  response.content_type = "application/x-protobuf";
  if (response.status != 200) co_return response;
  spans_.insert(spans_.end(), std::make_move_iterator(spans.begin()), std::make_move_iterator(spans.end()));
  pb::collector::trace::v1::ExportTraceServiceResponse answer;
  if (order.rejected > 0) answer.mutable_partial_success()->set_rejected_spans(order.rejected);
  response.body = answer.SerializeAsString();
  co_return response;
}

http::Response CollectorSimulator::refuse(const Error&) {
  http::Response response;
  response.status = 400;
  return response;
}

}  // namespace emporion::simulators
