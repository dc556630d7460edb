#include "kernel/base/assert.hpp"
#include "kernel/postgres/binary.hpp"
#include "kernel/postgres/value.hpp"

namespace emporion::postgres {
namespace {

std::uint32_t array_oid_of(std::uint32_t element_oid) {
  switch (element_oid) {
    case binary::oid_bool: return 1000;
    case binary::oid_bytea: return 1001;
    case binary::oid_int4: return 1007;
    case binary::oid_text: return 1009;
    case binary::oid_int8: return 1016;
    case binary::oid_timestamptz: return 1185;
    case binary::oid_uuid: return 2951;
    case binary::oid_jsonb: return 3807;
    default: assertion_failed("a type that has an array type", __FILE__, __LINE__);
  }
}

template <typename Append>
void add_scalar(std::vector<Parameters::Slot>& slots, std::string& bytes, std::uint32_t oid, Append append) {
  const std::size_t at = bytes.size();
  append();
  slots.push_back({oid, static_cast<std::int64_t>(at), static_cast<std::int32_t>(bytes.size() - at)});
}

}  // namespace

void Parameters::add(bool value) {
  add_scalar(slots_, bytes_, binary::oid_bool, [&] { append_value(value); });
}
void Parameters::add(std::int32_t value) {
  add_scalar(slots_, bytes_, binary::oid_int4, [&] { append_value(value); });
}
void Parameters::add(std::int64_t value) {
  add_scalar(slots_, bytes_, binary::oid_int8, [&] { append_value(value); });
}
void Parameters::add(std::string_view value) {
  add_scalar(slots_, bytes_, binary::oid_text, [&] { append_value(value); });
}
void Parameters::add(const Bytes& value) {
  add_scalar(slots_, bytes_, binary::oid_bytea, [&] { append_value(value); });
}
void Parameters::add(const Uuid& value) {
  add_scalar(slots_, bytes_, binary::oid_uuid, [&] { append_value(value); });
}
void Parameters::add(UtcTime value) {
  add_scalar(slots_, bytes_, binary::oid_timestamptz, [&] { append_value(value); });
}
void Parameters::add(const json::Raw& value) {
  add_scalar(slots_, bytes_, binary::oid_jsonb, [&] { append_value(value); });
}

void Parameters::add_null(std::uint32_t oid) { slots_.push_back({oid, -1, 0}); }

// An array on the wire: dimensions, a flag for nulls (which the server works out itself), the element type, then length and lower bound of each dimension, then
// the elements, each after its length. An empty array has no dimension.
void Parameters::begin_array(std::uint32_t element_oid, std::size_t count) {
  slots_.push_back({array_oid_of(element_oid), static_cast<std::int64_t>(bytes_.size()), 0});
  append_be32(count == 0 ? 0 : 1);
  append_be32(0);
  append_be32(element_oid);
  if (count == 0) return;
  append_be32(static_cast<std::uint32_t>(count));
  append_be32(1);
}

void Parameters::end_array() {
  Slot& slot = slots_.back();
  slot.length = static_cast<std::int32_t>(bytes_.size() - static_cast<std::size_t>(slot.offset));
}

void Parameters::append_be32(std::uint32_t value) { binary::append_be32(bytes_, value); }

void Parameters::patch_be32(std::size_t at, std::uint32_t value) {
  std::string word;
  binary::append_be32(word, value);
  bytes_.replace(at, word.size(), word);
}

void Parameters::append_value(bool value) { bytes_.push_back(value ? '\1' : '\0'); }
void Parameters::append_value(std::int32_t value) { append_be32(static_cast<std::uint32_t>(value)); }
void Parameters::append_value(std::int64_t value) { binary::append_be64(bytes_, static_cast<std::uint64_t>(value)); }
void Parameters::append_value(std::string_view value) { bytes_.append(value); }
void Parameters::append_value(const Bytes& value) { bytes_.append(value.value); }
void Parameters::append_value(const Uuid& value) { bytes_.append(reinterpret_cast<const char*>(value.bytes().data()), value.bytes().size()); }
void Parameters::append_value(UtcTime value) { append_value(value.micros_since_epoch() - binary::epoch_micros); }
void Parameters::append_value(const json::Raw& value) {
  bytes_.push_back('\1');  // the version of jsonb's wire format
  bytes_.append(value.json);
}

}  // namespace emporion::postgres
