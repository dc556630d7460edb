#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/base/random.hpp"
#include "kernel/rpc/call_context.hpp"
#include "kernel/trace/parent.hpp"

namespace emporion::remote {

/// gRPC metadata. A value that is not printable ASCII travels under its name with `-bin`, which gRPC carries as bytes.
using Metadata = std::vector<std::pair<std::string, std::string>>;

/// What travels of `context` beside its deadline: `traceparent` (W3C Trace Context; the current span if that one is of the context's trace, else one of
/// `random` that is not recorded), `idempotency-key`, `x-client-address`,
/// `x-client-agent`, `emporion-principal-bin`.
Metadata metadata_of(const CallContext& context, Random& random);

struct ArrivedMetadata {
  std::optional<trace::Parent> parent;
  std::string idempotency_key;
  std::shared_ptr<const ClientFacts> client;
  std::optional<std::string> principal;  ///< JSON, as claimed.
};
/// The value of a name, if it came; as sent by whoever called.
using FindMetadata = std::function<std::optional<std::string>(std::string_view name)>;
ArrivedMetadata read_metadata(const FindMetadata& find);

}  // namespace emporion::remote
