#pragma once

#include <google/protobuf/descriptor.h>

#include <optional>
#include <string>
#include <vector>

namespace emporion::codegen {

namespace pb = google::protobuf;

/// An operation's (google.api.http) option, and from where each field of its request comes.
struct HttpRule {
  std::string verb;  ///< get, post, put, patch, delete
  std::string path;
  std::vector<const pb::FieldDescriptor*> in_path;  ///< In the template's order.
  std::vector<const pb::FieldDescriptor*> in_query;
  std::vector<const pb::FieldDescriptor*> in_body;  ///< Members of the JSON body; of body: "field" empty.
  const pb::FieldDescriptor* whole_body = nullptr;  ///< body: "field": the JSON body is this field.
  const pb::FieldDescriptor* raw_body = nullptr;
  std::vector<const pb::FieldDescriptor*> elsewhere;  ///< Headers, cookies, facts of the connection.
  bool has_body = false;                              ///< A JSON body is read.
};

std::optional<HttpRule> http_rule_of(const pb::MethodDescriptor& method);
/// What is wrong with the option, as texts.
std::vector<std::string> http_problems(const pb::MethodDescriptor& method);

}  // namespace emporion::codegen
