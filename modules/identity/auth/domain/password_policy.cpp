#include "modules/identity/auth/domain/password_policy.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

#include "kernel/base/text.hpp"

namespace emporion::auth {
namespace {

/// The stems that common passwords of twelve and more characters are built from: a list of our own making, applied by the rule below, which covers their
/// doublings, capitals, digit tails and letter-for-sign swaps. It stands in for a list of 100,000 breached passwords until one is part of the product.
constexpr std::string_view stems[] = {
    "password",  "passwort",      "motdepasse", "matkhau",   "contrasena",    "passphrase", "passcode",   "secret",    "letmein", "welcome",  "login",
    "admin",     "administrator", "root",       "guest",     "default",       "changeme",   "change",     "please",    "access",  "master",   "server",
    "computer",  "internet",      "google",     "facebook",  "youtube",       "twitter",    "linkedin",   "microsoft", "windows", "apple",    "iphone",
    "samsung",   "android",       "qwertyuiop", "qwerty",    "azerty",        "qwertz",     "asdfghjkl",  "asdfgh",    "zxcvbnm", "zxcvbn",   "qazwsxedc",
    "qazwsx",    "poiuytrewq",    "lkjhgfdsa",  "mnbvcxz",   "abcdefghijklm", "abcdefgh",   "abcdef",     "abc",       "test",    "testing",  "tester",
    "temp",      "temporary",     "demo",       "user",      "username",      "hello",      "goodbye",    "iloveyou",  "loveyou", "love",     "lovely",
    "sunshine",  "princess",      "dragon",     "monkey",    "football",      "baseball",   "basketball", "soccer",    "hockey",  "superman", "batman",
    "spiderman", "pokemon",       "starwars",   "trustno",   "whatever",      "shadow",     "michael",    "jennifer",  "jessica", "charlie",  "daniel",
    "ashley",    "anthony",       "thomas",     "robert",    "michelle",      "nicole",     "summer",     "winter",    "spring",  "autumn",   "monday",
    "friday",    "january",       "december",   "london",    "america",       "england",    "vietnam",    "hanoi",     "saigon",  "freedom",  "killer",
    "hunter",    "ninja",         "jordan",     "liverpool", "chelsea",       "arsenal",    "emporion"};

char plain(char letter) {
  switch (letter) {
    case '0': return 'o';
    case '1': return 'i';
    case '3': return 'e';
    case '4': return 'a';
    case '5': return 's';
    case '7': return 't';
    case '@': return 'a';
    case '$': return 's';
    case '!': return 'i';
    default: return letter;
  }
}

bool is_letter(char letter) { return (letter >= 'a' && letter <= 'z') || static_cast<unsigned char>(letter) >= 0x80; }

std::string only_letters(std::string_view text, bool swapped) {
  std::string out;
  for (const char letter : ascii_lower(text)) {
    if (const char seen = swapped ? plain(letter) : letter; is_letter(seen)) out.push_back(seen);
  }
  return out;
}

/// True if at most two different stems, however often repeated, leave no more than four letters.
bool is_built_from(std::string letters, const std::vector<std::string_view>& words) {
  int used = 0;
  for (const std::string_view word : words) {
    bool found = false;
    for (auto at = letters.find(word); at != std::string::npos; at = letters.find(word)) {
      letters.erase(at, word.size());
      found = true;
    }
    if (found && ++used == 2) break;
  }
  return letters.size() <= 4;
}

}  // namespace

Result<> check_password(std::string_view password, std::size_t code_points, const std::vector<std::string_view>& own_words) {
  if (code_points < password_length_min)
    return fail(Error(ErrorKind::rule_violated, "PASSWORD_TOO_SHORT", "a password has at least 12 characters").with("min", password_length_min));
  if (code_points > password_length_max)
    return fail(Error(ErrorKind::rule_violated, "PASSWORD_TOO_LONG", "a password has at most 128 characters").with("max", password_length_max));
  const auto common = fail(ErrorKind::rule_violated, "PASSWORD_COMMON", "this password is easy to guess; several unrelated words make a better one");
  if (std::set<char>(password.begin(), password.end()).size() < 5) return common;

  std::vector<std::string> kept;
  for (const std::string_view word : own_words) {
    for (const std::string_view part : {word, word.substr(0, word.find('@'))}) {
      if (auto letters = only_letters(part, false); letters.size() >= 4) kept.push_back(std::move(letters));
    }
  }
  std::vector<std::string_view> words(std::begin(stems), std::end(stems));
  words.insert(words.end(), kept.begin(), kept.end());
  std::sort(words.begin(), words.end(), [](std::string_view a, std::string_view b) { return a.size() != b.size() ? a.size() > b.size() : a < b; });
  if (is_built_from(only_letters(password, false), words) || is_built_from(only_letters(password, true), words)) return common;
  return {};
}

}  // namespace emporion::auth
