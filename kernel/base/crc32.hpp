#pragma once

#include <cstdint>
#include <string_view>

namespace emporion {

/// The checksum of zip, gzip and Ethernet: polynomial 0xEDB88320, reflected. Finds accidents, not attacks. Source: RFC 1952 §8.
std::uint32_t crc32(std::string_view bytes) noexcept;

}  // namespace emporion
