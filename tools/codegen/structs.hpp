#pragma once

#include <google/protobuf/descriptor.h>

#include <string>

namespace emporion::codegen {

/// P.hpp: enums, structs, the declarations of their JSON functions, and the abstract class of a service.
std::string struct_header(const google::protobuf::FileDescriptor& file);

}  // namespace emporion::codegen
