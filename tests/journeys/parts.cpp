#include "tests/journeys/parts.hpp"

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

Parts::Parts(std::filesystem::path home, const std::string& name, std::uint16_t port) : home_(std::move(home)) {
  write_placement(text(EMP_DEPLOY "/placement/", name, ".yaml"), port);
  const bool has_certificates = expect_done(run_emporion({"pki", "init", "--placement", placement_file()}, home_));
  EMP_ASSERT(has_certificates);
}

void Parts::write_placement(const std::string& deployed, std::uint16_t port) {
  const auto settings = config::Settings::load(deployed);
  EMP_ASSERT(settings.has_value());
  names_ = settings->names_below("processes");
  const auto addresses = free_addresses(names_.size() * 2 + 1);
  std::ofstream out(placement_file());
  out << text_of(home_ / "placement.yaml") << "home: " << home_.string() << "\nprocesses:\n";
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const auto modules = settings->strings(text("processes.", names_[i], ".modules"));
    out << "  " << names_[i] << ":\n    listen: " << addresses[2 * i] << "\n    metrics: " << addresses[2 * i + 1] << "\n    modules:\n";
    for (const auto& module : modules) out << "      - " << module << "\n";
    if (std::ranges::count(modules, "gateway") > 0) {
      const std::string address = port == 0 ? addresses.back() : text("127.0.0.1:", port);
      out << "    http: " << address << "\n";
      url_ = "http://" + address;
    }
    metrics_[names_[i]] = addresses[2 * i + 1];
    parts_[names_[i]] = std::make_unique<ServedProcess>();
  }
}

void Parts::launch(const std::string& name, const std::vector<std::string>& environment) {
  part(name).start({"serve", "--placement", placement_file(), "--process", name}, environment, log_file(name));
}

void Parts::start_all(const std::vector<std::string>& environment) {
  std::vector<std::string> started;
  for (const auto& name : names_) {
    if (!part(name).is_running()) started.push_back(name);
  }
  for (const auto& name : started) launch(name, environment);
  for (const auto& name : started) (void)part(name).wait_until_ready();
}

bool Parts::all_run() {
  return std::ranges::all_of(names_, [this](const std::string& name) { return part(name).is_running(); });
}

void Parts::kill_all() {
  for (const auto& name : names_) part(name).tell(SIGKILL);
  for (const auto& name : names_) part(name).kill();
}

std::map<std::string, int> Parts::stop_all(int signal) {
  std::map<std::string, int> out;
  for (const auto& name : names_) part(name).tell(signal);
  for (const auto& name : names_) out[name] = part(name).wait_for_exit();
  return out;
}

}  // namespace emporion::journeys
