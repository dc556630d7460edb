#pragma once

#include <google/protobuf/descriptor.h>

#include <string>

namespace emporion::codegen {

/// P_binding.hpp: the operations' constants, the in-process binding and add_routes.
std::string binding_header(const google::protobuf::FileDescriptor& file);
std::string binding_source(const google::protobuf::FileDescriptor& file);

}  // namespace emporion::codegen
