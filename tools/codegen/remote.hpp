#pragma once

#include <string>
#include <vector>

#include "tools/codegen/names.hpp"

namespace emporion::codegen {

/// `P_remote.hpp` and `P_remote.cpp`: the file's services over a network, from both ends (kernel/remote).
std::string remote_header(const pb::FileDescriptor& file);
std::string remote_source(const pb::FileDescriptor& file);

/// `contracts/remotes.hpp` and `.cpp`: all services of a module at once, by its name.
std::string remotes_header();
std::string remotes_source(const std::vector<const pb::FileDescriptor*>& files);

}  // namespace emporion::codegen
