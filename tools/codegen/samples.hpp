#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace emporion::codegen {

/// events_test.cpp: each event, filled with values that its rules allow, once with and once without its optional fields, through JSON and back.
std::string events_test(const std::vector<const google::protobuf::FileDescriptor*>& files);

/// message_readers.hpp and .cpp: for each message of all contracts, its name, a sample of it, and its JSON read and written again. For fuzzing.
std::string message_readers_header();
std::string message_readers_source(const std::vector<const google::protobuf::FileDescriptor*>& files);

}  // namespace emporion::codegen
