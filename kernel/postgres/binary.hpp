#pragma once

#include <cstdint>
#include <string>

namespace emporion::postgres::binary {

/// PostgreSQL counts microseconds from 2000-01-01.
inline constexpr std::int64_t epoch_micros = 946'684'800'000'000;

// Type numbers. Source: pg_type.dat of PostgreSQL 15.
inline constexpr std::uint32_t oid_bool = 16, oid_bytea = 17, oid_name = 19, oid_int8 = 20, oid_int2 = 21, oid_int4 = 23, oid_text = 25, oid_json = 114,
                               oid_bpchar = 1042, oid_varchar = 1043, oid_timestamptz = 1184, oid_uuid = 2950, oid_jsonb = 3802, oid_xid8 = 5069;
inline constexpr std::uint32_t oid_first_user_type = 16384;

inline void append_be32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}
inline void append_be64(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}
inline std::uint32_t read_be32(const char* at) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = (value << 8) | static_cast<std::uint8_t>(at[i]);
  return value;
}
inline std::uint64_t read_be64(const char* at) { return (std::uint64_t{read_be32(at)} << 32) | read_be32(at + 4); }

}  // namespace emporion::postgres::binary
