#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/base/card_number.hpp"
#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/json/reader.hpp"
#include "kernel/json/value.hpp"

/// How the members of a contract's structs are checked, read and written: what generated code is made of. Overloads for a struct, an enum or Money lie beside
/// them.
namespace emporion::json {

struct StringRules {
  std::size_t min_length = 0;  ///< Bytes.
  std::size_t max_length = 4096;
  CardSearch cards = CardSearch::any;  ///< Of texts that outsiders send.
};
struct IntegerRules {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};
struct ItemRules {
  std::size_t min_items = 0;
  std::size_t max_items = 2000;
};

/// Length, no control characters but line feed and tab, and no card numbers from outsiders.
void check(std::string_view value, StringRules rules, Reader& reader);
void check(std::int64_t value, IntegerRules rules, Reader& reader);
/// False if the number of items is out of range.
bool check(std::size_t count, ItemRules rules, Reader& reader);
/// Of decoded bytes: length only.
void check_bytes(std::string_view value, StringRules rules, Reader& reader);

/// The same at a member's place.
void check_member(std::string_view name, std::string_view value, StringRules rules, Reader& reader);
void check_member(std::string_view name, std::int64_t value, IntegerRules rules, Reader& reader);
void check_member(std::string_view name, std::size_t count, ItemRules rules, Reader& reader);

void read_json(const Value& value, Reader& reader, bool& out);
void read_json(const Value& value, Reader& reader, std::int32_t& out, IntegerRules rules = {});
void read_json(const Value& value, Reader& reader, std::int64_t& out, IntegerRules rules = {});
void read_json(const Value& value, Reader& reader, std::string& out, StringRules rules = {});
void read_json(const Value& value, Reader& reader, Uuid& out);
void read_json(const Value& value, Reader& reader, UtcTime& out);
void read_json(const Value& value, Reader& reader, Raw& out);
/// Bytes have no largest length unless a rule says so: what carries them has.
constexpr StringRules any_bytes = {0, std::numeric_limits<std::size_t>::max()};
void read_base64(const Value& value, Reader& reader, std::string& out, StringRules rules = any_bytes);
void read_base64(const Value& value, Reader& reader, std::optional<std::string>& out, StringRules rules = any_bytes);

/// The same from a path segment, a query parameter, a header or a cookie.
void read_text(std::string_view text, Reader& reader, bool& out);
void read_text(std::string_view text, Reader& reader, std::int32_t& out, IntegerRules rules = {});
void read_text(std::string_view text, Reader& reader, std::int64_t& out, IntegerRules rules = {});
void read_text(std::string_view text, Reader& reader, std::string& out, StringRules rules = {});
void read_text(std::string_view text, Reader& reader, Uuid& out);
void read_text(std::string_view text, Reader& reader, UtcTime& out);

/// null is an absent value.
template <typename T, typename... Rules>
void read_json(const Value& value, Reader& reader, std::optional<T>& out, Rules... rules) {
  out.reset();
  if (!value.is_null()) read_json(value, reader, out.emplace(), rules...);
}
template <typename T, typename... Rules>
void read_text(std::string_view text, Reader& reader, std::optional<T>& out, Rules... rules) {
  read_text(text, reader, out.emplace(), rules...);
}

template <typename T, typename... Rules>
void read_items(const Value& value, Reader& reader, std::vector<T>& out, ItemRules items, Rules... rules) {
  if (value.type() != Type::array) return reader.wrong_type("array");
  const std::size_t count = value.size();
  if (!check(count, items, reader)) return;
  out.reserve(count);
  value.for_each_element([&](Value item) {
    const Reader::At at(reader, out.size());
    T element{};
    read_json(item, reader, element, rules...);
    out.push_back(std::move(element));
    return true;
  });
}

template <typename T, typename... Rules>
void read_entries(const Value& value, Reader& reader, std::map<std::string, T>& out, ItemRules items, Rules... rules) {
  if (value.type() != Type::object) return reader.wrong_type("object");
  if (!check(value.size(), items, reader)) return;
  value.for_each_member([&](std::string_view name, Value item) {
    if (reader.refuses_cards() && holds_card_number(name)) {
      reader.card_number();
      return true;
    }
    const Reader::At at(reader, name);
    check(name, StringRules{}, reader);
    T element{};
    read_json(item, reader, element, rules...);
    if (!out.emplace(name, std::move(element)).second) reader.out_of_range("given twice");
    return true;
  });
}

/// A member that nobody asked for.
void unknown_member(std::string_view name, const Value& value, Reader& reader);

/// A member of a struct, as generated code lists them.
struct Member {
  std::string_view name;
  bool required = false;
  void (*read)(const Value& value, Reader& reader, void* out) = nullptr;
};
/// Reads an object into the struct at `out`: a member that `members` does not list is unknown, one given twice is refused, a required one that is absent is
/// missing.
void read_members(const Value& value, Reader& reader, std::span<const Member> members, void* out);

void append_json(std::string& out, bool value);
void append_json(std::string& out, std::int32_t value);
void append_json(std::string& out, std::int64_t value);
void append_json(std::string& out, const std::string& value);
void append_json(std::string& out, const Uuid& value);
void append_json(std::string& out, UtcTime value);
void append_json(std::string& out, const Raw& value);
void append_base64(std::string& out, std::string_view bytes);

template <typename T>
void append_json(std::string& out, const std::vector<T>& values) {
  out.push_back('[');
  for (const auto& value : values) {
    append_json(out, static_cast<const T&>(value));
    out.push_back(',');
  }
  if (out.back() == ',') out.pop_back();
  out.push_back(']');
}

/// A map's key: quoted, escaped, with its colon.
void append_key(std::string& out, const std::string& name);
/// `quoted` is a member's name in quotes with its colon; the comma before it is placed where one is due.
void append_name(std::string& out, std::string_view quoted);

template <typename T>
void append_json(std::string& out, const std::map<std::string, T>& entries) {
  out.push_back('{');
  for (const auto& [name, value] : entries) {
    append_key(out, name);
    append_json(out, value);
    out.push_back(',');
  }
  if (out.back() == ',') out.pop_back();
  out.push_back('}');
}

}  // namespace emporion::json
