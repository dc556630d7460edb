#pragma once

#include <span>
#include <string_view>

namespace emporion::remote {

/// gRPC for this process: its errors go to our log, servers list their services by reflection. A repeat does nothing.
void prepare_grpc();

/// Adds serialized FileDescriptorProtos, dependencies first, to what reflection tells of; those that are known by their file name are left out. The bytes live
/// for ever.
void register_descriptors(std::span<const std::string_view> files);

}  // namespace emporion::remote
