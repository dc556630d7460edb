#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/config/settings.hpp"

namespace emporion::app {

/// `host:port`; an IPv6 host stands in brackets.
struct Address {
  std::string host;
  std::uint16_t port = 0;

  std::string to_string() const;
  /// 0.0.0.0 or ::, every address of the machine: good to listen on, no place to call.
  bool is_any() const noexcept { return host == "0.0.0.0" || host == "::"; }
  friend bool operator==(const Address&, const Address&) = default;
};

/// Reads `host:port`; nothing if it is none.
std::optional<Address> parse_address(std::string_view text);

/// One process of a placement: its replicas are alike and share the work of its modules.
struct Process {
  std::string name;
  std::vector<std::string> modules;
  int replicas = 1;
  std::vector<Address> listen;   ///< Where other processes reach each replica; empty in a placement of one process.
  std::vector<Address> http;     ///< Where the public reaches each replica, if the gateway is in it.
  std::vector<Address> metrics;  ///< Where each replica tells operators of its health and its metrics; may be empty.

  bool has(std::string_view module) const noexcept;
};

/// The processes of a placement, sorted by name, and in a sentence each what is wrong with the way they are written.
struct ProcessList {
  std::vector<Process> processes;
  std::vector<std::string> faults;
};

/// Reads `processes` (docs/operating.md). A file without them describes one process, `all`, with `every_module`. `http` is the public address of a gateway's
/// process that gives none of its own.
ProcessList read_processes(const config::Settings& settings, std::span<const std::string> every_module, const Address& http);

/// "a", "a and b", "a, b and c".
std::string listed(std::span<const std::string> names);

}  // namespace emporion::app
