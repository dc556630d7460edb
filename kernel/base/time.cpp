#include "kernel/base/time.hpp"

#include <cstdio>

namespace emporion {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::int64_t first_second = -62'167'219'200;  // 0000-01-01T00:00:00Z
constexpr std::int64_t last_second = 253'402'300'799;   // 9999-12-31T23:59:59Z

bool read_digits(std::string_view& text, int count, int& value) noexcept {
  if (text.size() < static_cast<std::size_t>(count)) return false;
  value = 0;
  for (int i = 0; i < count; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(static_cast<std::size_t>(count));
  return true;
}

bool read_char(std::string_view& text, std::string_view any_of) noexcept {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

Result<UtcTime> UtcTime::parse(std::string_view text) {
  const auto refuse = [] { return fail(ErrorKind::invalid_argument, "INVALID_TIME", "a time has the form 2026-01-31T23:59:59.000000Z (RFC 3339)"); };
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  if (!read_digits(text, 4, y) || !read_char(text, "-") || !read_digits(text, 2, mo) || !read_char(text, "-") || !read_digits(text, 2, d) ||
      !read_char(text, "Tt ") || !read_digits(text, 2, h) || !read_char(text, ":") || !read_digits(text, 2, mi) || !read_char(text, ":") ||
      !read_digits(text, 2, s)) {
    return refuse();
  }
  std::int64_t fraction = 0;
  if (read_char(text, ".")) {
    std::int64_t scale = 1'000'000;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      scale /= 10;
      if (scale == 0) return refuse();  // A seventh decimal would be lost.
      fraction += (text.front() - '0') * scale;
      text.remove_prefix(1);
    }
    if (scale == 1'000'000) return refuse();
  }
  int offset_minutes = 0;
  if (!read_char(text, "Zz")) {
    if (text.empty()) return refuse();
    const int sign = text.front() == '-' ? -1 : 1;
    int oh = 0, om = 0;
    if (!read_char(text, "+-") || !read_digits(text, 2, oh) || !read_char(text, ":") || !read_digits(text, 2, om) || oh > 23 || om > 59) {
      return refuse();
    }
    offset_minutes = sign * (oh * 60 + om);
  }
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (!text.empty() || !date.ok() || h > 23 || mi > 59 || s > 60) return refuse();
  const std::int64_t days = sys_days{date}.time_since_epoch().count();
  const std::int64_t total_seconds = ((days * 24 + h) * 60 + mi - offset_minutes) * 60 + s;
  if (total_seconds < first_second || total_seconds > last_second) return refuse();  // The offset led out of what `to_string` can write.
  return from_micros(total_seconds * 1'000'000 + fraction);
}

std::string UtcTime::to_string() const {
  std::int64_t days = micros_ / 86'400'000'000;
  std::int64_t rest = micros_ % 86'400'000'000;
  if (rest < 0) {
    rest += 86'400'000'000;
    --days;
  }
  const year_month_day date{sys_days{std::chrono::days{days}}};
  char out[64];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(rest / 3'600'000'000), static_cast<int>(rest / 60'000'000 % 60),
                static_cast<int>(rest / 1'000'000 % 60), static_cast<int>(rest % 1'000'000));
  return out;
}

UtcTime SystemClock::now() const {
  return UtcTime::from_micros(std::chrono::duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

}  // namespace emporion
