#pragma once

#include <string>
#include <vector>

#include "tools/codegen/names.hpp"

namespace emporion::codegen {

/// `contracts/descriptors.hpp` and `.cpp`: what the files and those that they import declare, for clients that ask a server what it offers.
std::string descriptors_header();
std::string descriptors_source(const std::vector<const pb::FileDescriptor*>& files);

}  // namespace emporion::codegen
