#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"

namespace emporion {

class Random;

/// 128-bit identifier. New ones are UUIDv7 (RFC 9562): sortable by creation time, so indexes stay dense.
class Uuid {
 public:
  /// The nil UUID. It never means "none": use std::optional for that.
  constexpr Uuid() = default;
  constexpr explicit Uuid(std::array<std::uint8_t, 16> bytes) : bytes_(bytes) {}

  /// Reads 36 characters, 8-4-4-4-12 hexadecimal. Errors: INVALID_ID.
  static Result<Uuid> parse(std::string_view text);
  static Uuid v7(UtcTime now, Random& random);
  /// The same id for the same name: the first 128 bits of SHA-256(`name`) marked as version 8. A natural key as an id.
  static Uuid from_name(std::string_view name);

  const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }
  bool is_nil() const noexcept { return *this == Uuid(); }
  std::string to_string() const;

  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// An id of one kind: `using OrderId = Id<struct OrderTag>;`. Ids of different kinds do not convert.
template <typename Tag>
class Id {
 public:
  constexpr explicit Id(Uuid value) : value_(value) {}
  static Result<Id> parse(std::string_view text) {
    EMP_ASSIGN(const Uuid value, Uuid::parse(text));
    return Id(value);
  }
  constexpr const Uuid& uuid() const noexcept { return value_; }
  std::string to_string() const { return value_.to_string(); }
  friend constexpr auto operator<=>(const Id&, const Id&) = default;

 private:
  Uuid value_;
};

}  // namespace emporion

template <>
struct std::hash<emporion::Uuid> {
  std::size_t operator()(const emporion::Uuid& id) const noexcept {
    std::size_t low = 0;
    for (std::size_t i = 8; i < 16; ++i) low = (low << 8) | id.bytes()[i];
    std::size_t high = 0;
    for (std::size_t i = 0; i < 8; ++i) high = (high << 8) | id.bytes()[i];
    return low ^ (high * 0x9E3779B97F4A7C15ull);
  }
};
template <typename Tag>
struct std::hash<emporion::Id<Tag>> {
  std::size_t operator()(const emporion::Id<Tag>& id) const noexcept { return std::hash<emporion::Uuid>{}(id.uuid()); }
};
