#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "tools/codegen/output.hpp"

namespace emporion::codegen {

/// P.cpp: the JSON functions, names of enum values and rule checks.
std::string struct_source(const google::protobuf::FileDescriptor& file);

/// The body of a function (const json::Value& value, json::Reader& reader, `type`& out) that reads `fields` and refuses all other members.
void print_read_body(Output& out, const std::string& type, const std::vector<const google::protobuf::FieldDescriptor*>& fields);
/// The body of a function (std::string& out, const T& value) that writes `fields`.
void print_append_body(Output& out, const std::vector<const google::protobuf::FieldDescriptor*>& fields);

/// The call that reads the JSON value `member` into `target`, a member of this field's type, with the reader `at`.
std::string read_member_call(const google::protobuf::FieldDescriptor& field, const std::string& target);

}  // namespace emporion::codegen
