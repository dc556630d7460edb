#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace emporion::codegen {

/// What the contracts' language does not allow, each as "file:line: message". Nothing is generated unless this is empty.
std::vector<std::string> problems_of(const google::protobuf::FileDescriptor& file);

}  // namespace emporion::codegen
