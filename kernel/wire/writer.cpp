#include "kernel/wire/writer.hpp"

#include <array>
#include <chrono>

namespace emporion::wire {
namespace {

constexpr std::int64_t micros_per_second = 1'000'000;

std::size_t put_varint(std::uint64_t value, std::array<char, 10>& out) {
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7) out[size++] = static_cast<char>(value | 0x80);
  out[size++] = static_cast<char>(value);
  return size;
}

}  // namespace

void Writer::varint(std::uint64_t value) {
  std::array<char, 10> bytes;
  out_.append(bytes.data(), put_varint(value, bytes));
}

std::size_t Writer::begin(int number) {
  tag(number, WireType::bytes);
  return out_.size();
}

void Writer::end(std::size_t start) {
  std::array<char, 10> bytes;
  const std::size_t size = put_varint(out_.size() - start, bytes);
  out_.insert(start, bytes.data(), size);
}

void Writer::field(int number, UtcTime value) {
  const std::int64_t micros = value.micros_since_epoch();
  const std::int64_t within = (micros % micros_per_second + micros_per_second) % micros_per_second;  // Nanoseconds count up, also before 1970.
  const std::size_t start = begin(number);
  field(1, (micros - within) / micros_per_second);
  field(2, static_cast<std::int32_t>(within * 1'000));
  end(start);
}

void Writer::field(int number, const Money& value) {
  const std::size_t start = begin(number);
  field(1, value.amount());
  field(2, value.currency().code());
  end(start);
}

void Writer::field(int number, const json::Raw& value) {
  const std::size_t start = begin(number);
  field(1, value.json);
  end(start);
}

}  // namespace emporion::wire
