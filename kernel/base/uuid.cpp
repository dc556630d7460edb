#include "kernel/base/uuid.hpp"

#include <openssl/sha.h>

#include <algorithm>

#include "kernel/base/random.hpp"

namespace emporion {
namespace {

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<Uuid> Uuid::parse(std::string_view text) {
  const auto refuse = [] { return fail(ErrorKind::invalid_argument, "INVALID_ID", "an id has the form 8-4-4-4-12 hexadecimal digits"); };
  if (text.size() != 36) return refuse();
  std::array<std::uint8_t, 16> bytes{};
  std::size_t position = 0;
  for (auto& byte : bytes) {
    if (position == 8 || position == 13 || position == 18 || position == 23) {
      if (text[position] != '-') return refuse();
      ++position;
    }
    const int high = hex_value(text[position]);
    const int low = hex_value(text[position + 1]);
    if (high < 0 || low < 0) return refuse();
    byte = static_cast<std::uint8_t>(high * 16 + low);
    position += 2;
  }
  return Uuid(bytes);
}

Uuid Uuid::v7(UtcTime now, Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  const auto micros = static_cast<std::uint64_t>(now.micros_since_epoch());
  const std::uint64_t millis = micros / 1000;
  for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(millis >> (40 - 8 * i));
  // rand_a holds the fraction of the millisecond (RFC 9562, 6.2 method 3), so ids of one process sort well.
  const std::uint64_t fraction = (micros % 1000) * 4096 / 1000;
  bytes[6] = static_cast<std::uint8_t>(0x70 | (fraction >> 8));
  bytes[7] = static_cast<std::uint8_t>(fraction);
  bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3F));
  return Uuid(bytes);
}

Uuid Uuid::from_name(std::string_view name) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest.data());
  std::array<std::uint8_t, 16> bytes{};
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  bytes[6] = static_cast<std::uint8_t>(0x80 | (bytes[6] & 0x0F));
  bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3F));
  return Uuid(bytes);
}

std::string Uuid::to_string() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    out.push_back(digits[bytes_[i] >> 4]);
    out.push_back(digits[bytes_[i] & 0x0F]);
  }
  return out;
}

}  // namespace emporion
