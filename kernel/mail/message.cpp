#include "kernel/mail/message.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::mail {
namespace {

constexpr std::size_t encoded_bytes_max = 45;  // 60 characters of base64: with =?UTF-8?B? and ?= an encoded word of 72.

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7F; }) && text.find("=?") == std::string_view::npos;
}

/// Controls, line breaks first of all, would begin a header of their own.
std::string without_controls(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(out, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return out;
}

}  // namespace

std::string encoded_words(std::string_view given) {
  const std::string text = without_controls(given);
  if (is_plain(text)) return text;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.size(), at + encoded_bytes_max);
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    if (!out.empty()) out += "\r\n ";
    out += emporion::text("=?UTF-8?B?", security::base64(std::string_view(text).substr(at, end - at)), "?=");
    at = end;
  }
  return out;
}

std::string header_of(const Mailbox& mailbox) {
  if (mailbox.name.empty()) return text("<", mailbox.address, ">");
  const std::string name = without_controls(mailbox.name);
  if (!is_plain(name)) return text(encoded_words(name), " <", mailbox.address, ">");
  std::string quoted;
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return text("\"", quoted, "\" <", mailbox.address, ">");
}

std::string header_of(UtcTime date) {
  using namespace std::chrono;
  static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_time<microseconds> at{microseconds(date.micros_since_epoch())};
  const auto day = floor<std::chrono::days>(at);
  const year_month_day ymd(day);
  const hh_mm_ss time(floor<seconds>(at) - day);
  char out[64];
  std::snprintf(out, sizeof out, "%s, %02u %s %d %02d:%02d:%02d +0000", days[weekday(day).c_encoding()], static_cast<unsigned>(ymd.day()),
                months[static_cast<unsigned>(ymd.month()) - 1], static_cast<int>(ymd.year()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return out;
}

bool is_address(std::string_view address) {
  const auto at = address.find('@');
  return address.size() <= 254 && at != std::string_view::npos && at > 0 && at + 1 < address.size() && address.find('@', at + 1) == std::string_view::npos &&
         std::ranges::all_of(address, [](unsigned char c) {
           return c > 0x20 && c < 0x7F && std::string_view("<>(),;:\\\"[]").find(static_cast<char>(c)) == std::string_view::npos;
         });
}

}  // namespace emporion::mail
