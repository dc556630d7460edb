#pragma once

#include <string>
#include <string_view>

namespace emporion::app {

/// Whoever started this process and wants to hear how it gets on: systemd with Type=notify, or whatever else sets NOTIFY_SOCKET. Says nothing where nobody
/// listens, and never fails: a shop that cannot be watched still sells.
/// Source: sd_notify(3), whose datagrams are promised to stay as they are.
class ServiceManager {
 public:
  /// Takes NOTIFY_SOCKET out of the environment, so that no child, PostgreSQL above all, speaks for this process. Before there are threads.
  static ServiceManager from_environment();

  explicit ServiceManager(std::string socket) : socket_(std::move(socket)) {}

  /// It serves. `status` is one line for people.
  void ready(std::string_view status) const;
  /// It ends, and takes its time for it.
  void stopping() const;

 private:
  void send(std::string_view message) const;
  std::string socket_;  ///< A path, or '@' and an abstract name; empty: nobody listens.
};

}  // namespace emporion::app
