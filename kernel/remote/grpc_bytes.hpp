#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <string>
#include <string_view>

// tidy-allow-file(third_party_include): seen by this folder's .cpp files only.
namespace emporion::remote {

/// Answers of a module are held in memory at both ends.
constexpr int answer_bytes_max = 64 << 20;
/// Who acts, and errors with all their fields, travel as metadata; gRPC's own limit is 8 KiB.
constexpr int metadata_bytes_max = 64 << 10;

/// How long a request for an operation may be. Its limit bounds JSON; protobuf is shorter, save for small negative numbers.
inline std::size_t request_bytes_max(std::size_t body_max_bytes) { return 2 * body_max_bytes + (64u << 10); }

inline grpc::ByteBuffer to_buffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

/// False if the bytes cannot be read, such as those that a peer compressed wrongly.
inline bool from_buffer(const grpc::ByteBuffer& buffer, std::string& out) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return false;
  out.reserve(buffer.Length());
  for (const auto& slice : slices) out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return true;
}

}  // namespace emporion::remote
