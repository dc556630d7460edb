#include "kernel/json/fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "kernel/base/assert.hpp"
#include "kernel/base/card_number.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::json {
namespace {

constexpr std::size_t members_max = 128;  // The generator refuses more.
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool decode_base64(std::string_view text, std::string& out) {
  static constexpr auto value_of = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < base64_digits.size(); ++i) table[static_cast<unsigned char>(base64_digits[i])] = static_cast<std::int8_t>(i);
    return table;
  }();
  if (text.size() % 4 != 0) return false;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  text.remove_suffix(padding);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int value = value_of[static_cast<unsigned char>(c)];
    if (value < 0) return false;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<char>((bits >> held) & 0xFF));
    }
  }
  return (bits & ((1u << held) - 1)) == 0;  // Bits that no byte holds are zero: one text per value.
}

bool holds_nul(const Value& value) {
  bool found = false;
  if (const auto text = value.string()) found = text->find('\0') != std::string_view::npos;
  value.for_each_element([&found](const Value& element) { return !(found = holds_nul(element)); });
  value.for_each_member(
      [&found](std::string_view name, const Value& member) { return !(found = name.find('\0') != std::string_view::npos || holds_nul(member)); });
  return found;
}

bool refuse_card(std::int64_t number, Reader& reader) {
  const bool is_refused = reader.refuses_cards() && is_card_number(number);
  if (is_refused) reader.card_number();
  return is_refused;
}

template <typename Number>
void parse_integer(std::string_view text, Reader& reader, Number& out, IntegerRules rules) {
  std::int64_t wide = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), wide);
  if (error == std::errc::result_out_of_range) return reader.out_of_range("a 64-bit integer");
  if (error != std::errc{} || end != text.data() + text.size()) return reader.wrong_type("integer");
  if (refuse_card(wide, reader)) return;
  if (wide < std::numeric_limits<Number>::min() || wide > std::numeric_limits<Number>::max()) return reader.out_of_range("a 32-bit integer");
  out = static_cast<Number>(wide);
  check(wide, rules, reader);
}

template <typename T>
void parse_into(std::string_view text, Reader& reader, T& out) {
  if (auto parsed = T::parse(text)) {
    out = *parsed;
  } else {
    reader.invalid(parsed.error());
  }
}

template <typename T>
void parse_member(const Value& value, Reader& reader, T& out) {
  const auto text = value.string();
  if (!text) return reader.wrong_type("string");
  parse_into(*text, reader, out);
}

}  // namespace

void check(std::string_view value, StringRules rules, Reader& reader) {
  check_bytes(value, rules, reader);
  const auto is_control = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F; };
  if (std::ranges::any_of(value, is_control)) reader.out_of_range("control characters");
  if (reader.refuses_cards() && holds_card_number(value, rules.cards)) reader.card_number();
}

void check_bytes(std::string_view value, StringRules rules, Reader& reader) {
  if (value.size() < rules.min_length) {
    reader.out_of_range(rules.min_length == 1 ? std::string("must not be empty") : text("at least ", rules.min_length, " bytes"));
  } else if (value.size() > rules.max_length) {
    reader.out_of_range(text("at most ", rules.max_length, " bytes"));
  }
}

void check(std::int64_t value, IntegerRules rules, Reader& reader) {
  if (value < rules.min) {
    reader.out_of_range(text("at least ", rules.min));
  } else if (value > rules.max) {
    reader.out_of_range(text("at most ", rules.max));
  }
}

bool check(std::size_t count, ItemRules rules, Reader& reader) {
  if (count < rules.min_items) {
    reader.out_of_range(text("at least ", rules.min_items, rules.min_items == 1 ? " item" : " items"));
  } else if (count > rules.max_items) {
    reader.out_of_range(text("at most ", rules.max_items, rules.max_items == 1 ? " item" : " items"));
  } else {
    return true;
  }
  return false;
}

void check_member(std::string_view name, std::string_view value, StringRules rules, Reader& reader) {
  const Reader::At at(reader, name);
  check(value, rules, reader);
}

void check_member(std::string_view name, std::int64_t value, IntegerRules rules, Reader& reader) {
  const Reader::At at(reader, name);
  check(value, rules, reader);
}

void check_member(std::string_view name, std::size_t count, ItemRules rules, Reader& reader) {
  const Reader::At at(reader, name);
  check(count, rules, reader);
}

void unknown_member(std::string_view name, const Value& value, Reader& reader) {
  // Whoever sends a member of their own may well send a card number in it.
  if (reader.refuses_cards() && (holds_card_number(name) || holds_card_number(value.to_json()))) return reader.card_number();
  reader.unknown(name);
}

void read_members(const Value& value, Reader& reader, std::span<const Member> members, void* out) {
  if (value.type() != Type::object) return reader.wrong_type("object");
  std::array<bool, members_max> seen{};
  EMP_ASSERT(members.size() <= members_max);
  std::size_t next = 0;  // Members mostly come in the contract's order.
  value.for_each_member([&](std::string_view name, Value member) {
    for (std::size_t tried = 0; tried < members.size(); ++tried, next = next + 1 < members.size() ? next + 1 : 0) {
      if (members[next].name != name) continue;
      const Reader::At at(reader, name);
      if (seen[next]) {
        reader.out_of_range("given twice");
      } else {
        seen[next] = true;
        members[next].read(member, reader, out);
      }
      return true;
    }
    unknown_member(name, member, reader);
    return true;
  });
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].required && !seen[i]) reader.missing(members[i].name);
  }
}

void read_json(const Value& value, Reader& reader, bool& out) {
  const auto read = value.boolean();
  if (!read) return reader.wrong_type("boolean");
  out = *read;
}

void read_json(const Value& value, Reader& reader, std::int32_t& out, IntegerRules rules) {
  const auto read = value.integer();
  if (!read) return reader.wrong_type("integer");
  if (refuse_card(*read, reader)) return;
  if (*read < std::numeric_limits<std::int32_t>::min() || *read > std::numeric_limits<std::int32_t>::max()) return reader.out_of_range("a 32-bit integer");
  out = static_cast<std::int32_t>(*read);
  check(*read, rules, reader);
}

void read_json(const Value& value, Reader& reader, std::int64_t& out, IntegerRules rules) {
  const auto read = value.integer();
  if (!read) return reader.wrong_type("integer");
  if (refuse_card(*read, reader)) return;
  out = *read;
  check(*read, rules, reader);
}

void read_json(const Value& value, Reader& reader, std::string& out, StringRules rules) {
  const auto read = value.string();
  if (!read && rules.cards == CardSearch::any && refuse_card(value.integer().value_or(0), reader)) return;
  if (!read) return reader.wrong_type("string");
  out = *read;
  check(*read, rules, reader);
}

void read_json(const Value& value, Reader& reader, Uuid& out) { parse_member(value, reader, out); }
void read_json(const Value& value, Reader& reader, UtcTime& out) { parse_member(value, reader, out); }
void read_json(const Value& value, Reader& reader, Raw& out) {
  out.json = value.to_json();
  // The same character that no string member may have, and that jsonb does not store. The text tells cheaply that it is not there.
  if (out.json.find("\\u0000") != std::string::npos && holds_nul(value)) reader.out_of_range("control characters");
  // What has an open shape is written by staff and holds article numbers too.
  if (reader.refuses_cards() && holds_card_number(out.json, CardSearch::by_shape)) reader.card_number();
}

void read_base64(const Value& value, Reader& reader, std::string& out, StringRules rules) {
  const auto read = value.string();
  if (!read) return reader.wrong_type("base64 string");
  out.clear();
  if (!decode_base64(*read, out)) return reader.wrong_type("base64 string");
  check_bytes(out, rules, reader);
}

void read_base64(const Value& value, Reader& reader, std::optional<std::string>& out, StringRules rules) {
  out.reset();
  if (!value.is_null()) read_base64(value, reader, out.emplace(), rules);
}

void read_text(std::string_view text, Reader& reader, bool& out) {
  if (text != "true" && text != "false") return reader.wrong_type("true or false");
  out = text == "true";
}

void read_text(std::string_view text, Reader& reader, std::int32_t& out, IntegerRules rules) { parse_integer(text, reader, out, rules); }
void read_text(std::string_view text, Reader& reader, std::int64_t& out, IntegerRules rules) { parse_integer(text, reader, out, rules); }

void read_text(std::string_view text, Reader& reader, std::string& out, StringRules rules) {
  if (!is_valid_utf8(text)) return reader.wrong_type("UTF-8 text");
  out = text;
  check(text, rules, reader);
}

void read_text(std::string_view text, Reader& reader, Uuid& out) { parse_into(text, reader, out); }
void read_text(std::string_view text, Reader& reader, UtcTime& out) { parse_into(text, reader, out); }

void append_json(std::string& out, bool value) { out.append(value ? "true" : "false"); }

void append_json(std::string& out, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

void append_json(std::string& out, std::int32_t value) { append_json(out, std::int64_t{value}); }
void append_json(std::string& out, const std::string& value) { append_string(out, value); }

void append_json(std::string& out, const Uuid& value) { out.append("\"").append(value.to_string()).append("\""); }
void append_json(std::string& out, UtcTime value) { out.append("\"").append(value.to_string()).append("\""); }
void append_json(std::string& out, const Raw& value) { out.append(value.json); }

void append_base64(std::string& out, std::string_view bytes) {
  out.push_back('"');
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t k) { return i + k < bytes.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + k])) : 0u; };
    const std::uint32_t bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
    out.push_back(base64_digits[bits >> 18]);
    out.push_back(base64_digits[(bits >> 12) & 63]);
    out.push_back(i + 1 < bytes.size() ? base64_digits[(bits >> 6) & 63] : '=');
    out.push_back(i + 2 < bytes.size() ? base64_digits[bits & 63] : '=');
  }
  out.push_back('"');
}

void append_key(std::string& out, const std::string& name) {
  append_string(out, name);
  out.push_back(':');
}

void append_name(std::string& out, std::string_view quoted) {
  if (out.back() != '{') out.push_back(',');
  out.append(quoted);
}

}  // namespace emporion::json
