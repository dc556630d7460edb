#include "kernel/remote/call_metadata.hpp"

#include <algorithm>
#include <limits>

#include "kernel/base/text.hpp"
#include "kernel/security/principal_codec.hpp"
#include "kernel/trace/span.hpp"

namespace emporion::remote {
namespace {

constexpr std::size_t user_agent_bytes_max = 512;

// Printable ASCII without outer spaces, which HTTP would take away.
bool is_header_text(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c >= 0x20 && c <= 0x7E; }) && trimmed(value).size() == value.size();
}

void append(Metadata& out, std::string_view name, const std::string& value) {
  if (!value.empty()) out.emplace_back(is_header_text(value) ? std::string(name) : text(name, "-bin"), value);
}

std::optional<std::string> find_either(const FindMetadata& find, std::string_view name) {
  auto value = find(name);
  return value ? value : find(text(name, "-bin"));
}

trace::Parent parent_of(const CallContext& context, Random& random) {
  if (const trace::Span* span = trace::current(); span != nullptr && span->trace() == context.trace) return {context.trace, span->id(), true};
  return {context.trace, random.below(std::numeric_limits<std::uint64_t>::max()) + 1, false};
}

}  // namespace

Metadata metadata_of(const CallContext& context, Random& random) {
  Metadata out;
  if (!context.trace.is_nil()) out.emplace_back("traceparent", trace::traceparent_of(parent_of(context, random)));
  append(out, "idempotency-key", context.idempotency_key);
  if (context.client) {
    append(out, "x-client-address", context.client->address);
    append(out, "x-client-agent", context.client->user_agent);
  }
  out.emplace_back("emporion-principal-bin", security::principal_to_json(context.principal));
  return out;
}

ArrivedMetadata read_metadata(const FindMetadata& find) {
  ArrivedMetadata out;
  if (const auto traceparent = find("traceparent")) out.parent = trace::parse_traceparent(*traceparent);
  out.idempotency_key = find_either(find, "idempotency-key").value_or("");
  ClientFacts client{.address = find_either(find, "x-client-address").value_or(""),
                     .user_agent = find_either(find, "x-client-agent").value_or("").substr(0, user_agent_bytes_max)};
  if (!client.address.empty() || !client.user_agent.empty()) out.client = std::make_shared<const ClientFacts>(std::move(client));
  out.principal = find("emporion-principal-bin");
  return out;
}

}  // namespace emporion::remote
