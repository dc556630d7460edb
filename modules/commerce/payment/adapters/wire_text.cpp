#include "modules/commerce/payment/adapters/wire_text.hpp"

#include <array>
#include <charconv>

#include "kernel/json/writer.hpp"

namespace emporion::payment {
namespace {

constexpr std::string_view base32_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t base32_length = 26;  // Of 128 bits, five a digit; the last digit's two spare bits are zero.

std::string encoded(std::string_view text, std::string_view plain_marks, bool blank_is_plus) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || plain_marks.find(c) != std::string_view::npos;
    if (plain || (blank_is_plus && c == ' ')) {
      out.push_back(plain ? c : '+');
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(digits[byte >> 4]);
    out.push_back(digits[byte & 15]);
  }
  return out;
}

}  // namespace

std::optional<std::string> string_at(json::Value value, std::string_view name) {
  const auto member = value.member(name);
  const auto string = member ? member->string() : std::nullopt;
  return string ? std::optional<std::string>(std::string(*string)) : std::nullopt;
}

std::optional<std::int64_t> integer_at(json::Value value, std::string_view name) {
  const auto member = value.member(name);
  return member ? member->integer() : std::nullopt;
}

std::optional<json::Value> object_at(json::Value value, std::string_view name) {
  const auto member = value.member(name);
  return member && member->type() == json::Type::object ? member : std::nullopt;
}

std::optional<json::Value> first_at(json::Value value, std::string_view name) {
  std::optional<json::Value> out;
  if (const auto list = value.member(name)) {
    list->for_each_element([&](json::Value element) {
      out = element;
      return false;
    });
  }
  return out;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string form_encoded(std::string_view text) { return encoded(text, "*-_.", true); }
std::string percent_encoded(std::string_view text) { return encoded(text, "-_.~", false); }

std::string base32_of(const Uuid& id) {
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const std::uint8_t byte : id.bytes()) {
    bits = (bits << 8) | byte;
    for (held += 8; held >= 5; held -= 5) out.push_back(base32_digits[(bits >> (held - 5)) & 31]);
  }
  out.push_back(base32_digits[(bits << (5 - held)) & 31]);
  return out;
}

std::optional<Uuid> uuid_of_base32(std::string_view text) {
  if (text.size() != base32_length) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  std::size_t filled = 0;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const auto value = base32_digits.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 5) | static_cast<std::uint32_t>(value);
    held += 5;
    if (held < 8) continue;
    held -= 8;
    bytes[filled++] = static_cast<std::uint8_t>(bits >> held);
  }
  if ((bits & ((1u << held) - 1)) != 0) return std::nullopt;
  return Uuid(bytes);
}

std::string redirect_action(std::string_view url) {
  std::string out;
  json::Writer(out).begin_object().key("type").string("redirect").key("url").string(url).end_object();
  return out;
}

Error unreadable_answer(std::string detail) { return Error(ErrorKind::deadline_exceeded, "PROVIDER_OUTCOME_UNKNOWN", std::move(detail)); }

Error error_of_status(int status, std::string detail) {
  if (status == 429) return Error(ErrorKind::resource_exhausted, "PROVIDER_BUSY", std::move(detail));
  if (status >= 400 && status < 500 && status != 409 && status != 408) return Error(ErrorKind::rule_violated, "PROVIDER_REFUSED", std::move(detail));
  return Error(ErrorKind::deadline_exceeded, "PROVIDER_OUTCOME_UNKNOWN", std::move(detail));
}

}  // namespace emporion::payment
