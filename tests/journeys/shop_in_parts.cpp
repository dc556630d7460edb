#include "tests/journeys/shop_in_parts.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/config/settings.hpp"

namespace emporion::journeys {
namespace {

/// Ports of 127.0.0.1 that nobody has just now. All are held until all are known, so no two are the same.
std::vector<std::string> free_addresses(std::size_t count) {
  std::vector<int> sockets;
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EMP_ASSERT(bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    EMP_ASSERT(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    out.push_back(text("127.0.0.1:", ntohs(address.sin_port)));
    sockets.push_back(socket);
  }
  for (const int socket : sockets) close(socket);
  return out;
}

bool expect_done(const Ended& ended) {
  if (ended.code != 0) std::fprintf(stderr, "%s", ended.complained.c_str());
  return ended.code == 0;
}

}  // namespace

ShopInParts::ShopInParts(const std::string& name) {
  whole_.start();
  const bool is_seeded = whole_.stop() == 0;
  EMP_ASSERT(is_seeded);
  write_placement(text(EMP_DEPLOY "/placement/", name, ".yaml"));
  const bool has_certificates = expect_done(run_emporion({"pki", "init", "--placement", placement_file()}, whole_.home()));
  EMP_ASSERT(has_certificates);
}

void ShopInParts::write_placement(const std::string& deployed) {
  const auto settings = config::Settings::load(deployed);
  EMP_ASSERT(settings.has_value());
  names_ = settings->names_below("processes");
  const auto addresses = free_addresses(names_.size() * 2 + 1);
  std::ofstream out(placement_file());
  out << text_of(whole_.home() / "placement.yaml") << "home: " << whole_.home().string() << "\nprocesses:\n";
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const auto modules = settings->strings(text("processes.", names_[i], ".modules"));
    out << "  " << names_[i] << ":\n    listen: " << addresses[2 * i] << "\n    metrics: " << addresses[2 * i + 1] << "\n    modules:\n";
    for (const auto& module : modules) out << "      - " << module << "\n";
    if (std::ranges::count(modules, "gateway") > 0) {
      out << "    http: " << addresses.back() << "\n";
      url_ = "http://" + addresses.back();
    }
    metrics_[names_[i]] = addresses[2 * i + 1];
    parts_[names_[i]] = std::make_unique<ServedProcess>();
  }
}

void ShopInParts::launch(const std::string& name) { part(name).start({"serve", "--placement", placement_file(), "--process", name}, {}, log_file(name)); }

void ShopInParts::start_all() {
  std::vector<std::string> started;
  for (const auto& name : names_) {
    if (!part(name).is_running()) started.push_back(name);
  }
  for (const auto& name : started) launch(name);
  for (const auto& name : started) (void)part(name).wait_until_ready();
}

std::map<std::string, int> ShopInParts::stop_all() {
  std::map<std::string, int> out;
  for (const auto& name : names_) part(name).tell(SIGTERM);
  for (const auto& name : names_) out[name] = part(name).wait_for_exit();
  return out;
}

}  // namespace emporion::journeys
