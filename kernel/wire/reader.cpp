#include "kernel/wire/reader.hpp"

namespace emporion::wire {
namespace {

constexpr std::uint64_t number_max = (1u << 29) - 1;  // Of a field, by protobuf's rules.
constexpr std::int64_t micros_per_second = 1'000'000;
constexpr std::int64_t seconds_min = -62'135'596'800;  // 0001-01-01 and 9999-12-31: google/protobuf/timestamp.proto.
constexpr std::int64_t seconds_max = 253'402'300'799;

}  // namespace

bool Reader::next() {
  if (problem_ != nullptr || rest_.empty()) return false;
  const std::uint64_t tag = take_varint();
  const std::uint64_t number = tag >> 3;
  if (problem_ == nullptr && (number == 0 || number > number_max)) fail("a field has no number");
  type_ = static_cast<WireType>(tag & 7);
  switch (type_) {
    case WireType::varint: varint_ = take_varint(); break;
    case WireType::bytes: bytes_ = take(take_varint()); break;
    case WireType::fixed64: take(8); break;
    case WireType::fixed32: take(4); break;
    default: fail("a field has an unknown type"); break;
  }
  number_ = static_cast<int>(number);
  return problem_ == nullptr;
}

std::uint64_t Reader::take_varint() {
  std::uint64_t out = 0;
  for (unsigned i = 0; i < 10; ++i) {
    if (i >= rest_.size()) break;
    const auto byte = static_cast<unsigned char>(rest_[i]);
    if (i == 9 && byte > 1) break;
    out |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) {
      rest_.remove_prefix(i + 1);
      return out;
    }
  }
  fail("a number does not end");
  return 0;
}

std::string_view Reader::take(std::uint64_t size) {
  if (problem_ != nullptr) return {};
  if (size > rest_.size()) {
    fail("the message ends within a field");
    return {};
  }
  const std::string_view out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

std::uint64_t Reader::varint_value() {
  if (type_ != WireType::varint) fail("a field that is a number is sent as something else");
  return problem_ == nullptr ? varint_ : 0;
}

std::string_view Reader::bytes_value() {
  if (type_ != WireType::bytes) fail("a field that is a text or a message is sent as something else");
  return problem_ == nullptr ? bytes_ : std::string_view();
}

void Reader::read(Uuid& out) {
  const auto id = Uuid::parse(bytes_value());
  if (!id) return fail("an id is no UUID");
  out = *id;
}

void Reader::read(UtcTime& out) {
  Reader inner(bytes_value());
  std::int64_t whole = 0;
  std::int32_t nanos = 0;
  while (inner.next()) {
    if (inner.number() == 1) inner.read(whole);
    if (inner.number() == 2) inner.read(nanos);
  }
  if (inner.problem_ != nullptr) return fail(inner.problem_);
  if (whole < seconds_min || whole > seconds_max || nanos < 0 || nanos > 999'999'999) return fail("a time is out of range");
  out = UtcTime::from_micros(whole * micros_per_second + nanos / 1'000);
}

void Reader::read(Money& out) {
  Reader inner(bytes_value());
  std::int64_t amount = 0;
  std::string currency;
  while (inner.next()) {
    if (inner.number() == 1) inner.read(amount);
    if (inner.number() == 2) inner.read(currency);
  }
  if (inner.problem_ != nullptr) return fail(inner.problem_);
  if (amount == 0 && currency == Currency().code()) {
    out = Money();
    return;
  }
  const auto money = Money::parse(amount, currency);
  if (!money) return fail("an amount is out of range, or its currency is unknown");
  out = *money;
}

void Reader::read(json::Raw& out) {
  Reader inner(bytes_value());
  std::string text;
  while (inner.next()) {
    if (inner.number() == 1) inner.read(text);
  }
  if (inner.problem_ != nullptr) return fail(inner.problem_);
  if (!json::Document::parse(text)) return fail("a member that is JSON does not read as JSON");  // It is put into other texts as it is.
  out.json = std::move(text);
}

}  // namespace emporion::wire
