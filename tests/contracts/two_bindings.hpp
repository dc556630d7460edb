#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/emporion/databases.hpp"
#include "apps/emporion/host.hpp"
#include "kernel/remote/client.hpp"
#include "kernel/remote/server.hpp"
#include "kernel/testing/temporary_folder.hpp"

namespace emporion::contracts {

/// The demo shop in this process, with two ways to call it: as its modules call each other here, and over gRPC through a socket.
class TwoBindings {
 public:
  TwoBindings();
  ~TwoBindings();
  TwoBindings(const TwoBindings&) = delete;
  TwoBindings& operator=(const TwoBindings&) = delete;

  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  const Calls& in_process() { return host_->calls(); }
  const Calls& over_the_wire() const noexcept { return wire_; }
  /// What is offered to other processes, by path.
  const remote::Services& offered() const noexcept { return services_; }

  Runtime runtime;

 private:
  testing::TemporaryFolder folder_{"contracts"};
  app::Placement placement_;
  std::optional<app::Databases> databases_;
  std::unique_ptr<app::Host> host_;
  remote::Services services_;
  std::unique_ptr<remote::Server> server_;
  std::vector<std::shared_ptr<remote::Client>> clients_;
  Calls wire_;
};

}  // namespace emporion::contracts
