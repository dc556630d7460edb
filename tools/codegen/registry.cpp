#include "tools/codegen/registry.hpp"

#include <algorithm>

#include "emporion/options.pb.h"
#include "tools/codegen/fields.hpp"
#include "tools/codegen/http_rule.hpp"
#include "tools/codegen/names.hpp"
#include "tools/codegen/output.hpp"

namespace emporion::codegen {
namespace {

class Builder {
 public:
  Registry build(const std::vector<const pb::FileDescriptor*>& files) {
    for (const auto* file : files) {
      for (int i = 0; i < file->service_count(); ++i) add_service(*file->service(i));
    }
    for (const auto* file : files) {
      for (const auto* message : declarations_of(*file).messages) add_event(*message);
    }
    for (const auto* file : files) {
      for (int i = 0; i < file->service_count(); ++i) connect(*file->service(i));
    }
    return std::move(out_);
  }

 private:
  template <typename Descriptor>
  void refuse(const Descriptor& descriptor, const std::string& message) {
    pb::SourceLocation location;
    const int line = descriptor.GetSourceLocation(&location) ? location.start_line + 1 : 1;
    out_.problems.push_back(descriptor.file()->name() + ":" + std::to_string(line) + ": " + message);
  }

  void add_service(const pb::ServiceDescriptor& service) {
    const std::string& module = service.options().GetExtension(emporion::module);
    // A module may have several services, each in its own file, but one package: calls, events and wire names stay its own.
    out_.modules.try_emplace(module);
    const auto [package, fresh_module] = package_of_module_.emplace(module, service.file()->package());
    if (!fresh_module && package->second != service.file()->package()) refuse(service, "module " + module + " has services in two packages");
    const auto [owner, fresh_package] = module_of_package_.emplace(service.file()->package(), module);
    if (!fresh_package && owner->second != module) refuse(service, "package " + service.file()->package() + " has services of two modules");
    for (int i = 0; i < service.method_count(); ++i) {
      const auto rule = http_rule_of(*service.method(i));
      if (!rule) continue;
      std::string shape = rule->verb + " " + rule->path;
      for (auto open = shape.find('{'); open != std::string::npos; open = shape.find('{', open + 1)) shape.erase(open + 1, shape.find('}', open) - open - 1);
      const auto [first, fresh] = routes_.emplace(shape, service.method(i)->full_name());
      if (!fresh) refuse(*service.method(i), service.method(i)->full_name() + " and " + first->second + " have one route, " + shape);
    }
  }

  void add_event(const pb::Descriptor& message) {
    const std::string& topic = message.options().GetExtension(emporion::topic);
    if (topic.empty()) return;
    const auto module = module_of_package_.find(message.file()->package());
    if (module == module_of_package_.end()) return refuse(message, "no service in package " + message.file()->package() + ", so nobody publishes " + topic);
    if (!topic.starts_with(module->second + ".")) refuse(message, "topic " + topic + " must start with the module's name, " + module->second);
    const auto [known, fresh] = out_.topics.emplace(topic, Registry::Topic{module->second, message.full_name(), {}});
    if (!fresh) refuse(message, message.full_name() + " and " + known->second.event + " have one topic, " + topic);
  }

  void connect(const pb::ServiceDescriptor& service) {
    const std::string& name = service.options().GetExtension(emporion::module);
    auto& module = out_.modules.at(name);
    for (int i = 0; i < service.options().ExtensionSize(emporion::calls); ++i) {
      const std::string& called = service.options().GetExtension(emporion::calls, i);
      if (!out_.modules.contains(called)) refuse(service, name + " calls " + called + ", which has no contract");
      module.calls.insert(called);
    }
    for (int i = 0; i < service.options().ExtensionSize(emporion::needs_at_start); ++i) {
      const std::string& needed = service.options().GetExtension(emporion::needs_at_start, i);
      if (!module.calls.contains(needed)) refuse(service, name + " needs " + needed + " at its start, but does not call it");
      module.needs_at_start.insert(needed);
    }
    for (int i = 0; i < service.options().ExtensionSize(emporion::consumes); ++i) {
      const std::string& topic = service.options().GetExtension(emporion::consumes, i);
      const auto known = out_.topics.find(topic);
      if (known == out_.topics.end()) {
        refuse(service, name + " consumes " + topic + ", which nobody publishes");
        continue;
      }
      known->second.consumers.insert(name);
      module.consumes.insert(topic);
    }
  }

  Registry out_;
  std::map<std::string, std::string> module_of_package_;
  std::map<std::string, std::string> package_of_module_;
  std::map<std::string, std::string> routes_;
};

std::string name_list(const std::set<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += literal(name) + ", ";
  return out;
}

std::string array_name(std::string name) {
  std::ranges::replace(name, '.', '_');
  return name;
}

// A constant array of names, or nothing where there are none.
void print_array(Output& out, const std::string& name, const std::set<std::string>& values) {
  if (!values.empty()) out.print("constexpr std::string_view " + array_name(name) + "[] = {" + name_list(values) + "};\n");
}

std::string span_of(const std::string& name, const std::set<std::string>& values) { return values.empty() ? "{}" : array_name(name); }

}  // namespace

Registry registry_of(const std::vector<const pb::FileDescriptor*>& files) { return Builder().build(files); }

std::string graph_text(const Registry& registry) {
  std::set<std::string> lines;
  for (const auto& [name, module] : registry.modules) {
    for (const auto& called : module.calls) lines.insert(name + " calls " + called);
    for (const auto& needed : module.needs_at_start) lines.insert(name + " needs " + needed + " at its start");
  }
  for (const auto& [name, topic] : registry.topics) {
    if (topic.consumers.empty()) lines.insert(name + " " + topic.producer + " -> (nobody)");
    for (const auto& consumer : topic.consumers) lines.insert(name + " " + topic.producer + " -> " + consumer);
  }
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

std::string topics_header() {
  return R"(// Generated from all contracts by tools/codegen.
#pragma once

#include <span>
#include <string_view>

namespace emporion::contracts {

struct Topic {
  std::string_view name;      ///< "order.order.confirmed"
  std::string_view producer;  ///< "order"
  std::span<const std::string_view> consumers;
};
struct ModuleLinks {
  std::string_view name;
  std::span<const std::string_view> calls;           ///< Modules.
  std::span<const std::string_view> needs_at_start;  ///< Some of those that it calls: they answer before it has started.
  std::span<const std::string_view> consumes;        ///< Topics.
};

/// Every topic, sorted by name.
std::span<const Topic> topics() noexcept;
/// Every module that has a contract, sorted by name.
std::span<const ModuleLinks> modules() noexcept;
/// What the contract of `module` says that it hears; empty for an unknown module.
std::span<const std::string_view> consumed_topics(std::string_view module) noexcept;

}  // namespace emporion::contracts
)";
}

std::string topics_source(const Registry& registry) {
  Output out;
  out.print("// Generated from all contracts by tools/codegen.\n#include \"contracts/topics.hpp\"\n\nnamespace emporion::contracts {\nnamespace {\n\n");
  for (const auto& [name, topic] : registry.topics) print_array(out, "consumers_" + name, topic.consumers);
  for (const auto& [name, module] : registry.modules) {
    print_array(out, "calls_" + name, module.calls);
    print_array(out, "needs_" + name, module.needs_at_start);
    print_array(out, "consumes_" + name, module.consumes);
  }
  if (!registry.topics.empty()) out.print("\nconstexpr Topic all_topics[] = {\n");
  for (const auto& [name, topic] : registry.topics) {
    out.print("    {" + literal(name) + ", " + literal(topic.producer) + ", " + span_of("consumers_" + name, topic.consumers) + "},\n");
  }
  out.print(registry.topics.empty() ? "\nconstexpr std::span<const Topic> all_topics;\n" : "};\n");
  out.print("constexpr ModuleLinks all_modules[] = {\n");
  for (const auto& [name, module] : registry.modules) {
    out.print("    {" + literal(name) + ", " + span_of("calls_" + name, module.calls) + ", " + span_of("needs_" + name, module.needs_at_start) + ", " +
              span_of("consumes_" + name, module.consumes) + "},\n");
  }
  out.print(R"(};

}  // namespace

std::span<const Topic> topics() noexcept { return all_topics; }
std::span<const ModuleLinks> modules() noexcept { return all_modules; }

std::span<const std::string_view> consumed_topics(std::string_view module) noexcept {
  for (const auto& links : all_modules) {
    if (links.name == module) return links.consumes;
  }
  return {};
}

}  // namespace emporion::contracts
)");
  return out.finish();
}

}  // namespace emporion::codegen
