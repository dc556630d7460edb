#include "kernel/otlp/encoding.hpp"

// tidy-allow(pb_header): OTLP is protobuf, and its messages are nobody's contract here.
#include <opentelemetry/proto/collector/trace/v1/trace_service.pb.h>

namespace emporion::otlp {
namespace {

namespace pb = opentelemetry::proto;

using Attributes = google::protobuf::RepeatedPtrField<pb::common::v1::KeyValue>;

std::string bytes_of(const Uuid& id) { return {reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size()}; }

std::string bytes_of(std::uint64_t id) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(id >> shift & 0xFF);
  return out;
}

void add(Attributes& out, std::string_view key, const std::string& value) {
  auto& added = *out.Add();
  added.set_key(std::string(key));
  added.mutable_value()->set_string_value(value);
}

void write(Attributes& out, const std::vector<trace::Attribute>& attributes) {
  for (const auto& [key, value] : attributes) {
    if (const auto* words = std::get_if<std::string>(&value)) {
      add(out, key, *words);
      continue;
    }
    auto& added = *out.Add();
    added.set_key(std::string(key));
    added.mutable_value()->set_int_value(std::get<std::int64_t>(value));
  }
}

void write(pb::trace::v1::Span& out, const trace::SpanData& span) {
  out.set_trace_id(bytes_of(span.trace));
  out.set_span_id(bytes_of(span.id));
  if (span.parent != 0) out.set_parent_span_id(bytes_of(span.parent));
  out.set_flags(1);
  out.set_name(span.name);
  out.set_kind(static_cast<pb::trace::v1::Span::SpanKind>(span.kind));
  out.set_start_time_unix_nano(static_cast<std::uint64_t>(span.began_ns));
  out.set_end_time_unix_nano(static_cast<std::uint64_t>(span.ended_ns));
  write(*out.mutable_attributes(), span.attributes);
  for (const auto& event : span.events) {
    auto& added = *out.add_events();
    added.set_time_unix_nano(static_cast<std::uint64_t>(event.at_ns));
    added.set_name(std::string(event.name));
    write(*added.mutable_attributes(), event.attributes);
  }
  for (const auto& link : span.links) {
    auto& added = *out.add_links();
    added.set_trace_id(bytes_of(link.trace));
    added.set_span_id(bytes_of(link.span));
  }
  if (span.failed) {
    out.mutable_status()->set_code(pb::trace::v1::Status::STATUS_CODE_ERROR);
    out.mutable_status()->set_message(span.error);
  }
}

}  // namespace

std::string encoded(const Service& service, const std::vector<trace::SpanData>& spans) {
  pb::collector::trace::v1::ExportTraceServiceRequest request;
  auto& of_service = *request.add_resource_spans();
  auto& resource = *of_service.mutable_resource()->mutable_attributes();
  add(resource, "service.name", service.name);
  add(resource, "service.instance.id", service.instance);
  add(resource, "service.version", service.version);
  auto& scope = *of_service.add_scope_spans();
  scope.mutable_scope()->set_name("emporion");
  for (const auto& span : spans) write(*scope.add_spans(), span);
  return request.SerializeAsString();
}

std::size_t rejected_spans(std::string_view answer) {
  pb::collector::trace::v1::ExportTraceServiceResponse response;
  if (!response.ParseFromArray(answer.data(), static_cast<int>(answer.size()))) return 0;
  const std::int64_t rejected = response.partial_success().rejected_spans();
  return rejected > 0 ? static_cast<std::size_t>(rejected) : 0;
}

}  // namespace emporion::otlp
