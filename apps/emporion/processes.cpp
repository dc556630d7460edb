#include "apps/emporion/processes.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <set>

#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

constexpr int replicas_max = 1'000;
constexpr int port_max = 65'535;
const std::vector<std::string> known_names = {"modules", "replicas", "listen", "http", "metrics"};

std::optional<int> number(std::string_view text, int min, int max) {
  int out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || out < min || out > max) return std::nullopt;
  return out;
}

bool is_file_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
}

/// Reads one process and keeps what is wrong with it.
class ProcessReader {
 public:
  ProcessReader(const config::Settings& settings, const std::string& name, std::vector<std::string>& faults)
      : settings_(settings), path_(text("processes.", name)), faults_(faults) {
    process_.name = name;
  }

  Process read(const Address& default_http) {
    if (!is_file_name(process_.name)) fault("a name is made of letters, digits, - and _: its files are called so");
    for (const auto& name : settings_.names_below(path_)) {
      if (std::ranges::count(known_names, name) == 0) fault(text("there is no '", name, "'; a process has ", listed(known_names)));
    }
    read_modules();
    read_replicas();
    process_.listen = addresses("listen", settings_.strings(text(path_, ".listen")));
    for (const auto& address : process_.listen) {
      if (address.is_any() || address.port == 0) fault(text(address.to_string(), " in listen is no address that another process can call"));
    }
    auto http = settings_.strings(text(path_, ".http"));
    if (!http.empty() && !process_.has("gateway")) fault("http is for the process with the gateway: there is no other public entrance");
    if (http.empty() && process_.has("gateway")) http = {default_http.to_string()};
    process_.http = addresses("http", http);
    process_.metrics = addresses("metrics", settings_.strings(text(path_, ".metrics")));
    return std::move(process_);
  }

 private:
  void read_modules() {
    process_.modules = settings_.strings(text(path_, ".modules"));
    if (process_.modules.empty()) fault("it has no modules");
    std::set<std::string_view> seen;
    for (const auto& module : process_.modules) {
      if (!seen.insert(module).second) fault(text("it names ", module, " twice"));
    }
  }

  /// As many as it says, else one for each address.
  void read_replicas() {
    const auto listen = settings_.strings(text(path_, ".listen"));
    process_.replicas = std::max(1, static_cast<int>(listen.size()));
    if (!settings_.has(text(path_, ".replicas"))) return;
    const std::string given = settings_.string(text(path_, ".replicas"), "");
    if (const auto replicas = number(given, 1, replicas_max)) {
      process_.replicas = *replicas;
    } else {
      fault(text("replicas is a number from 1 to ", replicas_max, ", not '", given, "'"));
    }
  }

  /// An address for each replica: from one, the ports count up.
  std::vector<Address> addresses(std::string_view name, const std::vector<std::string>& given) {
    std::vector<Address> out;
    for (const auto& one : given) {
      auto address = parse_address(one);
      if (!address) {
        fault(text("'", one, "' in ", name, " is not HOST:PORT"));
        return {};
      }
      out.push_back(std::move(*address));
    }
    if (out.size() == 1) {
      for (int replica = 1; replica < process_.replicas; ++replica) {
        const int port = out.front().port == 0 ? 0 : out.front().port + replica;
        if (port > port_max) {
          fault(text("there is no port in ", name, " for replica ", replica + 1));
          return out;
        }
        out.push_back({out.front().host, static_cast<std::uint16_t>(port)});
      }
    } else if (!out.empty() && static_cast<int>(out.size()) != process_.replicas) {
      fault(text(process_.replicas, " replicas, but ", out.size(), " addresses in ", name));
    }
    return out;
  }

  void fault(std::string_view what) { faults_.push_back(text("process ", process_.name, ": ", what)); }

  const config::Settings& settings_;
  std::string path_;
  std::vector<std::string>& faults_;
  Process process_;
};

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.contains(':') != bracketed) return std::nullopt;
  const auto port = number(text.substr(colon + 1), 0, port_max);
  if (!port) return std::nullopt;
  return Address{std::string(host), static_cast<std::uint16_t>(*port)};
}

std::string Address::to_string() const { return host.contains(':') ? text("[", host, "]:", port) : text(host, ":", port); }

bool Process::has(std::string_view module) const noexcept { return std::ranges::count(modules, module) > 0; }

ProcessList read_processes(const config::Settings& settings, std::span<const std::string> every_module, const Address& http) {
  ProcessList out;
  for (const auto& name : settings.names_below("processes")) out.processes.push_back(ProcessReader(settings, name, out.faults).read(http));
  if (out.processes.empty())
    out.processes.push_back({.name = "all", .modules = {every_module.begin(), every_module.end()}, .listen = {}, .http = {http}, .metrics = {}});
  return out;
}

std::string listed(std::span<const std::string> names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " and " : ", ";
    out += names[i];
  }
  return out;
}

}  // namespace emporion::app
