#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/remote/client.hpp"

namespace emporion::remote {

/// What a process answers to calls for a module that serves elsewhere since move `epoch`: MODULE_MOVED (unavailable). Nothing was done.
Error moved(const std::string& module, const std::vector<std::string>& addresses, std::int64_t epoch);

/// A client that follows its module: told MODULE_MOVED, it asks at the new place, now and from then on.
class Way : public Client {
 public:
  /// From now on the module is there, as of move `epoch`; what is older than known is ignored. Calls under way end where they are.
  virtual void point_to(std::vector<std::string> addresses, std::int64_t epoch) = 0;
  /// What to show others from the next `point_to` on, where there was nothing before.
  virtual void use(Credentials credentials) = 0;
};

/// `options.addresses` may be empty: then calls are CALLEE_UNREACHABLE until it is pointed somewhere.
std::shared_ptr<Way> follow(Runtime& runtime, ClientOptions options);

}  // namespace emporion::remote
