#pragma once

#include <string>

#include "tools/codegen/names.hpp"

namespace emporion::codegen {

/// `P_wire.hpp` and `P_wire.cpp`: the file's messages in protobuf's encoding (kernel/wire).
std::string wire_header(const pb::FileDescriptor& file);
std::string wire_source(const pb::FileDescriptor& file);

}  // namespace emporion::codegen
