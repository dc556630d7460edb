#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace emporion::codegen {

/// OpenAPI 3.1 of every operation that can be reached from outside.
std::string openapi_json(const std::vector<const google::protobuf::FileDescriptor*>& files);

/// `std::string_view emporion::openapi_json()`, which holds `document`.
std::string openapi_header();
std::string openapi_source(const std::string& document);

}  // namespace emporion::codegen
