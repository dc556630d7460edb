#include "kernel/postgres/rows.hpp"

#include <libpq-fe.h>

#include <charconv>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/postgres/binary.hpp"

namespace emporion::postgres {
namespace {

const PGresult* pg(const void* result) { return static_cast<const PGresult*>(result); }

[[noreturn]] void stop(const void* result, int column, std::string_view problem) {
  const bool inside = column >= 0 && column < PQnfields(pg(result));
  observe::error("a row was read wrongly", {{"problem", std::string(problem)},
                                            {"column", inside ? PQfname(pg(result), column) : std::to_string(column)},
                                            {"type", inside ? std::to_string(PQftype(pg(result), column)) : ""}});
  assertion_failed("Row::get", __FILE__, __LINE__);
}

/// One value on the wire, with its place for messages.
struct Cell {
  const void* result;
  int column;
  std::uint32_t oid;
  const char* bytes;
  std::int32_t length;

  [[noreturn]] void wrong_type() const { stop(result, column, text("its type ", oid, " does not read as the type asked for")); }
  void expect(bool matches) const {
    if (!matches) wrong_type();
  }
};

void decode(const Cell& cell, bool& out) {
  cell.expect(cell.oid == binary::oid_bool && cell.length == 1);
  out = *cell.bytes != '\0';
}

void decode(const Cell& cell, std::int32_t& out) {
  if (cell.oid == binary::oid_int2 && cell.length == 2) {
    out = static_cast<std::int16_t>((static_cast<std::uint8_t>(cell.bytes[0]) << 8) | static_cast<std::uint8_t>(cell.bytes[1]));
    return;
  }
  cell.expect(cell.oid == binary::oid_int4 && cell.length == 4);
  out = static_cast<std::int32_t>(binary::read_be32(cell.bytes));
}

void decode(const Cell& cell, std::int64_t& out) {
  if (cell.oid == binary::oid_int4 || cell.oid == binary::oid_int2) {
    std::int32_t narrow = 0;
    decode(cell, narrow);
    out = narrow;
    return;
  }
  cell.expect((cell.oid == binary::oid_int8 || cell.oid == binary::oid_xid8) && cell.length == 8);
  out = static_cast<std::int64_t>(binary::read_be64(cell.bytes));
}

void decode(const Cell& cell, std::string& out) {
  switch (cell.oid) {
    case binary::oid_jsonb:
      cell.expect(cell.length >= 1 && *cell.bytes == '\1');
      out.assign(cell.bytes + 1, static_cast<std::size_t>(cell.length - 1));
      return;
    case binary::oid_text:
    case binary::oid_varchar:
    case binary::oid_bpchar:
    case binary::oid_name:
    case binary::oid_json: break;
    default: cell.expect(cell.oid >= binary::oid_first_user_type);  // an enum: its label
  }
  out.assign(cell.bytes, static_cast<std::size_t>(cell.length));
}

void decode(const Cell& cell, Bytes& out) {
  cell.expect(cell.oid == binary::oid_bytea);
  out.value.assign(cell.bytes, static_cast<std::size_t>(cell.length));
}

void decode(const Cell& cell, json::Raw& out) {
  cell.expect(cell.oid == binary::oid_jsonb || cell.oid == binary::oid_json);
  decode(cell, out.json);
}

void decode(const Cell& cell, Uuid& out) {
  cell.expect(cell.oid == binary::oid_uuid && cell.length == 16);
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(cell.bytes[i]);
  out = Uuid(bytes);
}

void decode(const Cell& cell, UtcTime& out) {
  cell.expect(cell.oid == binary::oid_timestamptz && cell.length == 8);
  const auto micros = static_cast<std::int64_t>(binary::read_be64(cell.bytes));
  if (micros == INT64_MAX || micros == INT64_MIN) stop(cell.result, cell.column, "an infinite time");
  out = UtcTime::from_micros(micros + binary::epoch_micros);
}

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};

template <typename T>
T decode_as(const Cell& cell);

template <typename Element>
std::vector<Element> decode_array(const Cell& cell) {
  cell.expect(cell.length >= 12);
  const std::uint32_t dimensions = binary::read_be32(cell.bytes);
  std::vector<Element> out;
  if (dimensions == 0) return out;
  cell.expect(dimensions == 1 && cell.length >= 20);
  const std::uint32_t element_oid = binary::read_be32(cell.bytes + 8);
  const std::uint32_t count = binary::read_be32(cell.bytes + 12);
  out.reserve(count);
  const char* at = cell.bytes + 20;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto length = static_cast<std::int32_t>(binary::read_be32(at));
    at += 4;
    const Cell element{cell.result, cell.column, element_oid, length < 0 ? nullptr : at, length};
    out.push_back(decode_as<Element>(element));
    if (length > 0) at += length;
  }
  return out;
}

template <typename T>
T decode_as(const Cell& cell) {
  if constexpr (IsOptional<T>::value) {
    if (cell.bytes == nullptr) return std::nullopt;
    return decode_as<typename T::value_type>(cell);
  } else {
    if (cell.bytes == nullptr) stop(cell.result, cell.column, "an unexpected NULL");
    if constexpr (IsVector<T>::value) {
      return decode_array<typename T::value_type>(cell);
    } else {
      T out{};
      decode(cell, out);
      return out;
    }
  }
}

std::size_t rows_affected(const PGresult* result) {
  const std::string_view digits = PQcmdTuples(const_cast<PGresult*>(result));
  std::size_t count = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), count);
  return count;
}

}  // namespace

template <typename T>
T Row::get(int index) const {
  if (index < 0 || index >= PQnfields(pg(result_))) stop(result_, index, "no such column");
  const bool null = PQgetisnull(pg(result_), number_, index) != 0;
  return decode_as<T>(
      Cell{result_, index, PQftype(pg(result_), index), null ? nullptr : PQgetvalue(pg(result_), number_, index), PQgetlength(pg(result_), number_, index)});
}

bool Row::is_null(int index) const {
  if (index < 0 || index >= PQnfields(pg(result_))) stop(result_, index, "no such column");
  return PQgetisnull(pg(result_), number_, index) != 0;
}

#define EMP_READS(type)                                                                            \
  template type Row::get<type>(int) const;                                                         \
  template std::optional<type> Row::get<std::optional<type>>(int) const;                           \
  template std::vector<type> Row::get<std::vector<type>>(int) const;                               \
  template std::vector<std::optional<type>> Row::get<std::vector<std::optional<type>>>(int) const; \
  template std::optional<std::vector<type>> Row::get<std::optional<std::vector<type>>>(int) const;
EMP_READS(bool)
EMP_READS(std::int32_t)
EMP_READS(std::int64_t)
EMP_READS(std::string)
EMP_READS(Bytes)
EMP_READS(json::Raw)
EMP_READS(Uuid)
EMP_READS(UtcTime)
#undef EMP_READS

Rows::Rows(std::shared_ptr<const void> result)
    : result_(std::move(result)), size_(static_cast<std::size_t>(PQntuples(pg(result_.get())))), affected_(rows_affected(pg(result_.get()))) {}

}  // namespace emporion::postgres
