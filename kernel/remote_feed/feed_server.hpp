#pragma once

#include <memory>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/messaging/feed.hpp"
#include "kernel/remote/services.hpp"

namespace emporion::remote {

/// Offers the outboxes of this process's modules to modules in other processes: contracts/emporion/feed.proto. Lives on one runtime's thread.
class FeedServer {
 public:
  /// `local` are the feeds of the modules that run here, one for each.
  FeedServer(Runtime& runtime, std::vector<std::shared_ptr<messaging::EventFeed>> local);
  ~FeedServer();

  /// Adds both operations. What they need is kept alive by `services`.
  void serve(Services& services);
  /// Answers everybody who watches, now and from now on at once, so that no call holds up the end of the process. To be awaited before the server of calls is
  /// closed, which waits for its calls.
  Task<void> close();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace emporion::remote
