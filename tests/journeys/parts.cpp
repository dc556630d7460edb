#include "tests/journeys/parts.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/config/settings.hpp"
#include "tests/journeys/free_ports.hpp"

namespace emporion::journeys {
namespace {

std::string local(std::uint16_t port) { return text("127.0.0.1:", port); }

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
  const auto ports = free_ports(names_.size() * 2 + 1);
  std::ofstream out(placement_file());
  out << text_of(home_ / "placement.yaml") << "home: " << home_.string() << "\nprocesses:\n";
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const auto modules = settings->strings(text("processes.", names_[i], ".modules"));
    out << "  " << names_[i] << ":\n    listen: " << local(ports[2 * i]) << "\n    metrics: " << local(ports[2 * i + 1]) << "\n    modules:\n";
    for (const auto& module : modules) out << "      - " << module << "\n";
    if (std::ranges::count(modules, "gateway") > 0) {
      const std::string address = local(port == 0 ? ports.back() : port);
      out << "    http: " << address << "\n";
      url_ = "http://" + address;
    }
    metrics_[names_[i]] = local(ports[2 * i + 1]);
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
