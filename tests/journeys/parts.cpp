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

std::string file_of(const std::string& name) {
  std::string deployed = text(EMP_DEPLOY "/placement/", name, ".yaml");
  return std::filesystem::exists(deployed) ? deployed : text(EMP_PLACEMENTS "/", name, ".yaml");
}

/// A process as it is deployed, without its addresses.
struct Deployed {
  std::string name;
  std::vector<std::string> modules;
  std::size_t replicas = 1;
  bool is_entry() const { return std::ranges::count(modules, "gateway") > 0; }
};

std::vector<Deployed> deployed_in(const std::string& file) {
  const auto settings = config::Settings::load(file);
  EMP_ASSERT(settings.has_value());
  std::vector<Deployed> out;
  for (const auto& name : settings->names_below("processes")) {
    out.push_back({name, settings->strings(text("processes.", name, ".modules")),
                   static_cast<std::size_t>(settings->integer(text("processes.", name, ".replicas"), 1, 1, 9))});
  }
  return out;
}

/// A list of addresses, one for each of the ports.
std::string addresses(const std::vector<std::uint16_t>& ports) {
  std::string out = "[";
  for (const auto port : ports) out += text(out.size() > 1 ? ", '" : "'", local(port), "'");
  return out + "]";
}

}  // namespace

Parts::Parts(std::filesystem::path home, const std::string& name, std::uint16_t port) : home_(std::move(home)) {
  write_placement(file_of(name), port);
  const bool has_certificates = expect_done(run_emporion({"pki", "init", "--placement", placement_file()}, home_));
  EMP_ASSERT(has_certificates);
}

void Parts::write_placement(const std::string& deployed, std::uint16_t port) {
  const auto processes = deployed_in(deployed);
  std::size_t wanted = 0;
  for (const auto& process : processes) wanted += 3 * process.replicas;
  auto ports = free_ports(wanted);
  const auto take = [&](std::size_t count) {
    const std::vector<std::uint16_t> out(ports.end() - static_cast<std::ptrdiff_t>(count), ports.end());
    ports.resize(ports.size() - count);
    return out;
  };
  std::ofstream out(placement_file());
  out << text_of(home_ / "placement.yaml") << "home: " << home_.string() << "\nprocesses:\n";
  for (const auto& process : processes) {
    const auto metrics = take(process.replicas);
    out << "  " << process.name << ":\n    listen: " << addresses(take(process.replicas)) << "\n    metrics: " << addresses(metrics) << "\n    modules:\n";
    for (const auto& module : process.modules) out << "      - " << module << "\n";
    if (process.is_entry()) {
      auto http = take(process.replicas);
      if (port != 0) http.front() = port;
      out << "    http: " << addresses(http) << "\n";
      for (const auto each : http) urls_.push_back("http://" + local(each));
    }
    for (std::size_t replica = 1; replica <= process.replicas; ++replica) {
      const bool is_alone = process.replicas == 1;
      Part part{{"--process", process.name}, local(metrics[replica - 1]), std::make_unique<ServedProcess>()};
      if (!is_alone) part.words.insert(part.words.end(), {"--replica", std::to_string(replica)});
      names_.push_back(is_alone ? process.name : text(process.name, '-', replica));
      parts_.emplace(names_.back(), std::move(part));
    }
  }
}

void Parts::launch(const std::string& name, const std::vector<std::string>& environment) {
  std::vector<std::string> words{"serve", "--placement", placement_file()};
  words.insert(words.end(), parts_.at(name).words.begin(), parts_.at(name).words.end());
  part(name).start(std::move(words), environment, log_file(name));
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
