#pragma once

#include <google/protobuf/descriptor.h>

#include "tools/codegen/output.hpp"

namespace emporion::codegen {

/// For P_binding.cpp: how each request is read and each answer sent, and add_routes.
void print_routes(Output& out, const google::protobuf::ServiceDescriptor& service);

}  // namespace emporion::codegen
