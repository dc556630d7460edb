#include "kernel/remote/call_metadata.hpp"

#include <algorithm>
#include <array>

#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"
#include "kernel/security/principal_codec.hpp"

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

std::string traceparent_of(const Uuid& trace, Random& random) {
  std::array<std::uint8_t, 8> span;
  random.fill(span);
  span[0] |= 1;  // A span of zeros would be invalid.
  const auto bytes = [](const auto& array) { return std::string_view(reinterpret_cast<const char*>(array.data()), array.size()); };
  return text("00-", security::hex(bytes(trace.bytes())), "-", security::hex(bytes(span)), "-01");
}

// Source: https://www.w3.org/TR/trace-context/#traceparent-header, 00-{32 hexadecimal digits}-{16}-{2}; later versions may be longer.
std::optional<Uuid> trace_of(std::string_view traceparent) {
  if (traceparent.size() < 55 || traceparent[2] != '-' || traceparent[35] != '-' || traceparent.starts_with("ff")) return std::nullopt;
  const auto bytes = security::from_hex(traceparent.substr(3, 32));
  if (!bytes) return std::nullopt;
  std::array<std::uint8_t, 16> id;
  std::ranges::copy(*bytes, id.begin());
  const Uuid trace(id);
  if (trace.is_nil()) return std::nullopt;
  return trace;
}

}  // namespace

Metadata metadata_of(const CallContext& context, Random& random) {
  Metadata out;
  if (!context.trace.is_nil()) out.emplace_back("traceparent", traceparent_of(context.trace, random));
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
  if (const auto traceparent = find("traceparent")) out.trace = trace_of(*traceparent);
  out.idempotency_key = find_either(find, "idempotency-key").value_or("");
  ClientFacts client{.address = find_either(find, "x-client-address").value_or(""),
                     .user_agent = find_either(find, "x-client-agent").value_or("").substr(0, user_agent_bytes_max)};
  if (!client.address.empty() || !client.user_agent.empty()) out.client = std::make_shared<const ClientFacts>(std::move(client));
  out.principal = find("emporion-principal-bin");
  return out;
}

}  // namespace emporion::remote
