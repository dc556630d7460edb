#include "apps/emporion/placement_graph.hpp"

#include <algorithm>
#include <map>

#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

/// One call, or all topics that one module hears of another.
struct Link {
  std::string from;
  std::string to;
  std::vector<std::string> topics;  ///< Empty: a call.
  bool at_start = false;
  bool between = false;  ///< Processes.
};

std::string process_name_of(const Placement& placement, std::string_view module) {
  const Process* const process = process_of(placement, module);
  return process == nullptr ? "no process" : process->name;
}

std::vector<Link> links_in(const Placement& placement, const ContractLinks& contracts) {
  std::vector<Link> out;
  const auto add = [&](std::string_view from, std::string_view to, std::vector<std::string> topics, bool at_start) {
    const bool between = process_of(placement, from) != process_of(placement, to);
    out.push_back({std::string(from), std::string(to), std::move(topics), at_start, between});
  };
  for (const auto& module : contracts.modules) {
    for (const std::string_view called : module.calls) add(module.name, called, {}, std::ranges::count(module.needs_at_start, called) > 0);
    std::map<std::string, std::vector<std::string>> heard;
    for (const std::string_view topic : module.consumes) heard[std::string(contracts.producer_of(topic))].emplace_back(topic);
    for (auto& [producer, topics] : heard) add(module.name, producer, std::move(topics), false);
  }
  return out;
}

std::string addresses_text(std::string_view before, const std::vector<Address>& addresses) {
  std::string out;
  for (const auto& address : addresses) out += text(out.empty() ? before : ", ", address.to_string());
  return out;
}

/// "2 of 5"
std::string share(const std::vector<Link>& links, bool calls) {
  const auto is_meant = [&](const Link& link) { return link.topics.empty() == calls; };
  const auto between = std::ranges::count_if(links, [&](const Link& link) { return is_meant(link) && link.between; });
  return text(between, " of ", std::ranges::count_if(links, is_meant));
}

}  // namespace

std::string graph_text(const Placement& placement, const ContractLinks& contracts) {
  std::string out;
  for (const auto& process : placement.described.processes) {
    out += text("process ", process.name, process.replicas > 1 ? text(", ", process.replicas, " replicas") : "", addresses_text(", public at ", process.http),
                addresses_text(", listens on ", process.listen), ": ", listed(process.modules), "\n");
  }
  out += "\n";
  const auto links = links_in(placement, contracts);
  for (const auto& link : links) {
    out += text(link.from, " in ", process_name_of(placement, link.from), link.topics.empty() ? " calls " : " hears ", link.to, " in ",
                process_name_of(placement, link.to));
    if (link.at_start) out += ", also before it has started";
    if (!link.topics.empty()) out += text(": ", listed(link.topics));
    out += "\n";
  }
  out += text("\nbetween processes: ", share(links, true), " calls, ", share(links, false), " hearings\n");
  return out;
}

std::string graph_dot(const Placement& placement, const ContractLinks& contracts) {
  std::string out = "digraph placement {\n  rankdir=LR;\n  node [shape=box];\n";
  for (const auto& process : placement.described.processes) {
    out += text("  subgraph \"cluster_", process.name, "\" {\n    label=\"", process.name, process.replicas > 1 ? text(" ×", process.replicas) : "", "\";\n");
    for (const auto& module : process.modules) out += text("    \"", module, "\";\n");
    out += "  }\n";
  }
  for (const auto& link : links_in(placement, contracts)) {
    const std::string weight = link.between ? "penwidth=2" : "color=gray";
    if (link.topics.empty()) {
      out += text("  \"", link.from, "\" -> \"", link.to, "\" [", weight, "];\n");
    } else {
      out += text("  \"", link.to, "\" -> \"", link.from, "\" [style=dashed, ", weight, ", tooltip=\"", listed(link.topics), "\"];\n");
    }
  }
  return out + "}\n";
}

}  // namespace emporion::app
