#include "kernel/remote/grpc_replicas.hpp"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/remote/grpc_bytes.hpp"
#include "kernel/remote/grpc_credentials.hpp"

namespace emporion::remote {
namespace {

grpc::ChannelArguments settings_of(const ClientOptions& options) {
  grpc::ChannelArguments out;
  if (options.credentials) out.SetSslTargetNameOverride(text(options.module, ".emporion"));
  out.SetMaxReceiveMessageSize(answer_bytes_max);
  out.SetMaxSendMessageSize(-1);  // The operation's own limit is checked before it is sent.
  out.SetInt(GRPC_ARG_MAX_METADATA_SIZE, metadata_bytes_max);
  // A peer that is silent for 10 s is gone.
  out.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 5'000);
  out.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  out.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  out.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // The first is also how long one attempt to connect may take. A process that was started again is found within 2 s.
  out.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 3'000);
  out.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  out.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  out.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1'000);
  // Connections of its own: those that two clients shared would go through one back-off and one certificate.
  out.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // A name may lead to several: an orchestrator gives all replicas of a process one. Each is connected to, and called in turn.
  out.SetLoadBalancingPolicyName("round_robin");
  // Processes of one shop reach each other directly, whatever the environment says of proxies and DNS of service settings.
  out.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  out.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  return out;
}

int rank_of(grpc_connectivity_state state) {
  switch (state) {
    case GRPC_CHANNEL_READY: return 0;
    case GRPC_CHANNEL_IDLE:
    case GRPC_CHANNEL_CONNECTING: return 1;
    default: return 2;
  }
}

}  // namespace

Replicas::Replicas(const ClientOptions& options) {
  const auto credentials = channel_credentials(options.credentials);
  const auto settings = settings_of(options);
  for (const auto& address : options.addresses) {
    auto channel = grpc::CreateCustomChannel(text("dns:///", address), credentials, settings);
    replicas_.push_back({.address = address, .channel = channel, .stub = grpc::GenericStub(channel)});
  }
}

Replica& Replicas::next(const std::set<const Replica*>& tried) {
  const std::size_t first = turn_++;
  Replica* best = nullptr;
  int best_rank = 0;
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    Replica& replica = replicas_[(first + i) % replicas_.size()];
    const int rank = 2 * rank_of(replica.channel->GetState(true)) + (tried.contains(&replica) ? 1 : 0);
    if (best == nullptr || rank < best_rank) {
      best = &replica;
      best_rank = rank;
    }
  }
  EMP_ASSERT(best != nullptr);
  return *best;
}

bool Replicas::look() {
  bool came_up = false;
  for (auto& replica : replicas_) {
    const bool stands = replica.channel->GetState(true) == GRPC_CHANNEL_READY;
    came_up = came_up || (stands && !replica.stood);
    replica.stood = stands;
  }
  return came_up;
}

}  // namespace emporion::remote
