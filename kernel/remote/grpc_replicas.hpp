#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kernel/remote/client.hpp"

// tidy-allow-file(third_party_include): seen by this folder's .cpp files only.
namespace emporion::remote {

struct Replica {
  std::string address;
  std::shared_ptr<grpc::Channel> channel;
  grpc::GenericStub stub;
  bool stood = false;  ///< Its connection, at the last look.
};

/// The processes in which one module runs, each with its connection. Belongs to one thread.
class Replicas {
 public:
  explicit Replicas(const ClientOptions& options);

  /// Whose turn it is: of those whose connection stands, else of those that are being connected, else of all; rather one that is not among `tried`.
  Replica& next(const std::set<const Replica*>& tried);
  /// Looks at all connections; true if one stands that did not at the last look. Connections that nobody tried yet are begun.
  bool look();
  std::vector<Replica>& all() noexcept { return replicas_; }

 private:
  std::vector<Replica> replicas_;
  std::size_t turn_ = 0;
};

}  // namespace emporion::remote
