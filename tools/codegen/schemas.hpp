#pragma once

#include <google/protobuf/descriptor.h>

#include <map>
#include <string>
#include <vector>

#include "tools/codegen/json_tree.hpp"

namespace emporion::codegen {

/// The JSON Schemas of messages and enums, under the names by which the document refers to them. Describing one adds what it refers to.
class Schemas {
 public:
  JsonTree reference(const google::protobuf::Descriptor& message);
  JsonTree of_field(const google::protobuf::FieldDescriptor& field, bool with_description = true);
  JsonTree of_object(const std::vector<const google::protobuf::FieldDescriptor*>& fields);
  /// By name, sorted.
  const std::map<std::string, JsonTree>& all() const { return all_; }

 private:
  JsonTree reference(const google::protobuf::EnumDescriptor& enumeration);
  JsonTree of_value(const google::protobuf::FieldDescriptor& field);
  std::map<std::string, JsonTree> all_;
};

}  // namespace emporion::codegen
