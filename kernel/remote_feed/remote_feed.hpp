#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/messaging/feed.hpp"
#include "kernel/remote/channel.hpp"

namespace emporion::remote {

struct RemoteFeedOptions {
  std::string producer;  ///< Whose events: a module of another process.
  std::string reader;    ///< In whose name they are asked for: a module of this process.
  /// A way to each replica of the producer, for each hints at its own commits only. Empty: the channel is watched, at one replica at a time.
  std::vector<std::shared_ptr<Channel>> watched;
};

/// The feed of a producer in another process, read a page at a time when the consumer asks, so a slow consumer holds up nobody (ADR 0026). Besides the errors
/// of the channel: PRODUCER_NOT_HERE (not_found), CALLEE_UNREADABLE (internal: an answer that would lose or repeat events is refused whole).
class RemoteFeed : public messaging::EventFeed {
 public:
  /// Ends the watching. To be awaited before the object dies, and after the channel was closed, for a call that is under way is not cut short here. Safe to
  /// repeat.
  virtual Task<void> close() = 0;
};

/// Asks nothing before the first `read` or `on_hint`.
std::shared_ptr<RemoteFeed> remote_feed(Runtime& runtime, std::shared_ptr<Channel> channel, RemoteFeedOptions options);

/// A producer of this process, read as `here` does, whose replicas in other processes commit, too: `options.watched` is a way to each of them.
std::shared_ptr<RemoteFeed> replicated_feed(Runtime& runtime, std::shared_ptr<messaging::EventFeed> here, RemoteFeedOptions options);

}  // namespace emporion::remote
