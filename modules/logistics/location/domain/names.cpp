#include "modules/logistics/location/domain/names.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include "modules/logistics/location/domain/latin.hpp"

namespace emporion::location {
namespace {

std::u32string decoded(std::string_view utf8) {
  std::u32string out;
  out.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t code = length == 1 ? lead : lead & (0x7Fu >> length);
    for (std::size_t k = 1; k < length && i + k < utf8.size(); ++k) code = (code << 6) | (static_cast<unsigned char>(utf8[i + k]) & 0x3Fu);
    out.push_back(code);
    i += length;
  }
  return out;
}

void append_utf8(std::string& out, char32_t code) {
  const auto byte = [&out](char32_t value) { out.push_back(static_cast<char>(value)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | (code >> 6));
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3F));
    byte(0x80 | ((code >> 6) & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

bool is_space(char32_t c) { return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x3000; }
bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || c == 0xFEFF; }
bool is_mark(char32_t c) { return c >= 0x300 && c <= 0x36F; }

// Marks of one letter in canonical order, so that both spellings of ậ compose: those below come first (class 220), then those above (230). U+031B is the horn
// (216).
int mark_class(char32_t c) { return c == 0x31B ? 216 : (c >= 0x316 && c <= 0x333) || (c >= 0x339 && c <= 0x33C) ? 220 : 230; }

// Each letter is taken apart, its marks are put in order (a mark never passes another of its class), and they are put together again.
std::u32string composed_text(const std::u32string& text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    char32_t letter = text[i++];
    std::u32string marks;
    while (const char32_t mark = last_mark(letter)) {
      marks.insert(marks.begin(), mark);
      letter = without_last_mark(letter);
    }
    while (i < text.size() && is_mark(text[i])) marks.push_back(text[i++]);
    for (std::size_t k = 1; k < marks.size(); ++k) {
      for (std::size_t at = k; at > 0 && mark_class(marks[at]) < mark_class(marks[at - 1]); --at) std::swap(marks[at], marks[at - 1]);
    }
    std::u32string rest;
    for (const char32_t mark : marks) {
      if (const char32_t whole = rest.empty() ? composed(letter, mark) : 0; whole != 0) {
        letter = whole;
      } else {
        rest.push_back(mark);
      }
    }
    out.push_back(letter);
    out += rest;
  }
  return out;
}

char32_t lower(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if ((c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F)) return c + 32;
  return c;
}

// Letters that Unicode does not take apart but people do.
std::u32string_view spelled_out(char32_t c) {
  switch (c) {
    case 0x110:
    case 0x111:
    case 0xD0:
    case 0xF0: return U"d";
    case 0xD8:
    case 0xF8: return U"o";
    case 0x141:
    case 0x142: return U"l";
    case 0xDF: return U"ss";
    case 0xC6:
    case 0xE6: return U"ae";
    case 0x152:
    case 0x153: return U"oe";
    case 0xDE:
    case 0xFE: return U"th";
    case 0x131: return U"i";
    default: return {};
  }
}

std::vector<std::string> trigrams(std::string_view text) {
  std::vector<std::string> out;
  std::size_t start = 0;
  while (start < text.size()) {
    std::size_t end = text.find(' ', start);
    if (end == std::string_view::npos) end = text.size();
    const std::string word = "  " + std::string(text.substr(start, end - start)) + " ";
    for (std::size_t i = 0; i + 3 <= word.size(); ++i) out.push_back(word.substr(i, 3));
    start = end + 1;
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

std::string normal_line(std::string_view line) {
  std::string out;
  bool blank = false;
  for (const char32_t c : composed_text(decoded(line))) {
    if (is_space(c)) {
      blank = !out.empty();
    } else if (!is_control(c)) {
      if (blank) out.push_back(' ');
      blank = false;
      append_utf8(out, c);
    }
  }
  return out;
}

std::string folded(std::string_view name) {
  std::string out;
  bool blank = false;
  const auto add = [&](char32_t c) {
    if (blank && !out.empty()) out.push_back(' ');
    blank = false;
    append_utf8(out, c);
  };
  for (const char32_t c : decoded(name)) {
    if (is_mark(c)) continue;
    if (const auto spelling = spelled_out(c); !spelling.empty()) {
      for (const char32_t letter : spelling) add(letter);
      continue;
    }
    const char32_t letter = lower(base_letter(c));
    const bool counts = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                        (letter > 0xBF && letter != 0xD7 && letter != 0xF7 && !is_space(letter) && !is_control(letter));
    if (counts) {
      add(letter);
    } else {
      blank = true;
    }
  }
  return out;
}

std::int32_t similarity_bps(std::string_view a, std::string_view b) {
  const auto left = trigrams(a);
  const auto right = trigrams(b);
  if (left.empty() || right.empty()) return 0;
  std::vector<std::string> shared;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(shared));
  return static_cast<std::int32_t>(shared.size() * 10'000 / (left.size() + right.size() - shared.size()));
}

std::size_t length_of(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace emporion::location
