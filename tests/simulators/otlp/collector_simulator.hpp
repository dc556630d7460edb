#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/base/time.hpp"
#include "kernel/http/server.hpp"

namespace emporion::simulators {

/// A span as the collector read it. Ids are hexadecimal.
struct CollectedSpan {
  std::string trace;
  std::string id;
  std::string parent;  ///< Empty: it is the root.
  std::string name;
  int kind = 0;  ///< 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
  std::int64_t began_ns = 0;
  std::int64_t ended_ns = 0;
  bool failed = false;
  std::string error;
  std::map<std::string, std::string> attributes;  ///< Numbers as text.
  struct Event {
    std::string name;
    std::map<std::string, std::string> attributes;
  };
  std::vector<Event> events;
  std::vector<std::pair<std::string, std::string>> links;  ///< (trace, span)
  std::map<std::string, std::string> resource;

  std::string service() const { return resource.contains("service.name") ? resource.at("service.name") : ""; }
};

struct CollectorOptions {
  std::uint16_t port = 0;
};

/// An OTLP/HTTP collector: takes POST /v1/traces in protobuf, keeps what it read, and misbehaves as ordered. Lives on one runtime's thread.
class CollectorSimulator final : private http::Application {
 public:
  CollectorSimulator(Runtime& runtime, const Clock& clock, CollectorOptions options);
  Result<> listen();
  std::string url() const;
  Task<void> close();

  /// The next requests are answered so, one each; a status of 0 is no answer at all for ten seconds.
  struct Order {
    int status = 200;
    std::vector<http::Header> headers = {};
    std::int64_t rejected = 0;  ///< Spans, said in a 200.
  };
  void order(Order order) { orders_.push_back(std::move(order)); }

  const std::vector<CollectedSpan>& spans() const noexcept { return spans_; }
  /// How many spans each request carried, in the order of their arrival, also of those refused.
  const std::vector<std::size_t>& requests() const noexcept { return requests_; }
  /// Requests that were no OTLP: another path, another content type, bytes that do not read. Each is a fault of the exporter.
  int unreadable() const noexcept { return unreadable_; }

 private:
  std::size_t body_limit(const http::Request&) const override { return 64 * 1024 * 1024; }
  Task<http::Response> handle(http::Request request) override;
  http::Response refuse(const Error& error) override;

  Runtime& runtime_;
  CollectorOptions options_;
  http::Server server_;
  std::deque<Order> orders_;
  std::vector<CollectedSpan> spans_;
  std::vector<std::size_t> requests_;
  int unreadable_ = 0;
  bool closing_ = false;
};

}  // namespace emporion::simulators
