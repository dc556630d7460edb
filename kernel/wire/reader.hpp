#pragma once

#include <concepts>
#include <limits>

#include "kernel/base/result.hpp"
#include "kernel/wire/writer.hpp"

namespace emporion::wire {

/// Reads one message, field by field:
///   while (reader.next()) switch (reader.number()) { case 1: reader.read(out.sku); break; default: break; }
/// A field that nobody reads is skipped, so a newer sender is understood. After the first error there is no next field.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  /// Goes to the next field; false at the end, and after an error.
  bool next();
  int number() const noexcept { return number_; }
  /// What is wrong, at the first place that is wrong; null so far if nothing is.
  const char* problem() const noexcept { return problem_; }
  void fail(const char* problem) noexcept {
    if (problem_ == nullptr) problem_ = problem;
  }

  void read(bool& out) { out = varint_value() != 0; }
  void read(std::int32_t& out) {
    const auto value = static_cast<std::int64_t>(varint_value());
    if (value < std::numeric_limits<std::int32_t>::min() || value > std::numeric_limits<std::int32_t>::max()) return fail("a number is too large");
    out = static_cast<std::int32_t>(value);
  }
  void read(std::int64_t& out) { out = static_cast<std::int64_t>(varint_value()); }
  void read(std::string& out) { out = bytes_value(); }
  void read(Uuid& out);
  void read(UtcTime& out);
  void read(Money& out);
  void read(json::Raw& out);

  template <typename T>
    requires std::is_enum_v<T>
  void read(T& out) {
    std::int64_t value = 0;
    read(value);
    if (!from_wire(value, out)) fail("a value is not one of its enumeration");
  }
  template <typename T>
    requires requires(Reader& reader, T& value) { read_wire(reader, value); }
  void read(T& out) {
    Reader inner(bytes_value());
    if (problem_ != nullptr) return;
    read_wire(inner, out);
    if (inner.problem_ != nullptr) fail(inner.problem_);
  }
  template <typename T>
  void read(std::optional<T>& out) {
    read(out.emplace());
  }
  template <typename T>
  void read(std::vector<T>& out) {
    if constexpr (Packed<T>) {
      if (type_ == WireType::bytes) return read_packed(out);
    }
    T value{};
    read(value);
    out.push_back(std::move(value));
  }
  template <typename T>
  void read(std::map<std::string, T>& out) {
    Reader entry(bytes_value());
    if (problem_ != nullptr) return;
    std::string key;
    T value{};
    while (entry.next()) {
      if (entry.number() == 1) entry.read(key);
      if (entry.number() == 2) entry.read(value);
    }
    if (entry.problem_ != nullptr) return fail(entry.problem_);
    out.insert_or_assign(std::move(key), std::move(value));
  }

 private:
  template <typename T>
  void read_packed(std::vector<T>& out) {
    Reader packed(bytes_value());
    while (problem_ == nullptr && !packed.rest_.empty()) {
      packed.type_ = WireType::varint;
      packed.varint_ = packed.take_varint();
      T value{};
      packed.read(value);
      if (packed.problem_ != nullptr) return fail(packed.problem_);
      out.push_back(value);
    }
  }
  std::uint64_t take_varint();
  std::string_view take(std::uint64_t size);
  std::uint64_t varint_value();
  std::string_view bytes_value();

  std::string_view rest_;
  int number_ = 0;
  WireType type_ = WireType::varint;
  std::uint64_t varint_ = 0;
  std::string_view bytes_;
  const char* problem_ = nullptr;
};

/// Reads a whole message. Errors: MESSAGE_UNREADABLE (400), which says what is wrong.
template <typename T>
Result<T> from_bytes(std::string_view bytes) {
  Reader reader(bytes);
  T out;
  read_wire(reader, out);
  if (reader.problem() != nullptr) return emporion::fail(ErrorKind::invalid_argument, "MESSAGE_UNREADABLE", reader.problem());
  return out;
}

}  // namespace emporion::wire
