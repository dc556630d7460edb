#pragma once

#include <google/protobuf/descriptor.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace emporion::codegen {

/// Who calls whom and who hears whom, over all contracts.
struct Registry {
  struct Topic {
    std::string producer;
    std::string event;  ///< The message's full name.
    std::set<std::string> consumers;
  };
  struct Module {
    std::set<std::string> calls;
    std::set<std::string> needs_at_start;  ///< Some of those that it calls.
    std::set<std::string> consumes;
  };
  std::map<std::string, Topic> topics;
  std::map<std::string, Module> modules;
  std::vector<std::string> problems;  ///< What does not fit together, as "file:line: message".
};

Registry registry_of(const std::vector<const google::protobuf::FileDescriptor*>& files);

/// One sorted line per call and per topic.
std::string graph_text(const Registry& registry);
std::string topics_header();
std::string topics_source(const Registry& registry);

}  // namespace emporion::codegen
