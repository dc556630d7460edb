#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/json/value.hpp"
#include "kernel/money/money.hpp"

/// Contracts' structs in protobuf's encoding (https://protobuf.dev/programming-guides/encoding), as any client of the contracts reads and writes it. Generated
/// code makes `write_wire` and `read_wire` of each message; what a field holds decides how it is written. Every field is written, also those with their
/// default.
namespace emporion::wire {

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// Numbers, which repeat packed into one field.
template <typename T>
concept Packed = std::is_same_v<T, bool> || std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int64_t> || std::is_enum_v<T>;

/// Appends one message to a text.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  template <Packed T>
  void field(int number, T value) {
    tag(number, WireType::varint);
    varint(as_varint(value));
  }
  void field(int number, std::string_view value) {
    tag(number, WireType::bytes);
    varint(value.size());
    out_.append(value);
  }
  void field(int number, const std::string& value) { field(number, std::string_view(value)); }
  void field(int number, const Uuid& value) { field(number, std::string_view(value.to_string())); }
  void field(int number, UtcTime value);           ///< google.protobuf.Timestamp
  void field(int number, const Money& value);      ///< emporion.Money
  void field(int number, const json::Raw& value);  ///< emporion.Json

  template <typename T>
    requires requires(Writer& writer, const T& value) { write_wire(writer, value); }
  void field(int number, const T& value) {
    const std::size_t start = begin(number);
    write_wire(*this, value);
    end(start);
  }
  template <typename T>
  void field(int number, const std::optional<T>& value) {
    if (value) field(number, *value);
  }
  template <typename T>
  void field(int number, const std::vector<T>& values) {
    if constexpr (Packed<T>) {
      if (values.empty()) return;
      const std::size_t start = begin(number);
      for (const T value : values) varint(as_varint(value));
      end(start);
    } else {
      for (const T& value : values) field(number, value);
    }
  }
  template <typename T>
  void field(int number, const std::map<std::string, T>& entries) {
    for (const auto& [key, value] : entries) {
      const std::size_t start = begin(number);
      field(1, std::string_view(key));
      field(2, value);
      end(start);
    }
  }

 private:
  template <Packed T>
  static std::uint64_t as_varint(T value) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));  // Negative numbers take ten bytes, as int32 and int64 do.
  }
  void tag(int number, WireType type) { varint(static_cast<std::uint64_t>(number) << 3 | static_cast<std::uint64_t>(type)); }
  void varint(std::uint64_t value);
  /// What follows until `end` is one message; its length is put before it then.
  std::size_t begin(int number);
  void end(std::size_t start);

  std::string& out_;
};

/// The message as bytes.
template <typename T>
std::string to_bytes(const T& message) {
  std::string out;
  Writer writer(out);
  write_wire(writer, message);
  return out;
}

}  // namespace emporion::wire
