#include "kernel/security/password.hpp"

#include <crypt.h>
#include <sodium.h>

#include <charconv>
#include <memory>
#include <optional>

#include "kernel/base/assert.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::security {
namespace {

constexpr std::size_t memory_kib_max = 1u << 20;
constexpr unsigned passes_max = 20;

void ready() {
  static const bool done = sodium_init() >= 0;
  EMP_ASSERT(done);
}

Secret peppered(const Password& password, const Secret* pepper) {
  if (pepper == nullptr) return Secret(password.reveal());
  return Secret(base64(hmac_sha256(pepper->reveal(), password.reveal())));
}

/// Reads "name=123" off the front of `text`, with the separator after it.
std::optional<std::size_t> take_number(std::string_view& text, std::string_view name, char separator) {
  if (!text.starts_with(name)) return std::nullopt;
  text.remove_prefix(name.size());
  std::size_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end == text.data() + text.size() || *end != separator) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return out;
}

/// The cost written in "$argon2id$v=19$m=19456,t=2,p=1$salt$tag".
std::optional<PasswordCost> cost_of(std::string_view phc) {
  constexpr std::string_view start = "$argon2id$v=19$";
  if (!phc.starts_with(start)) return std::nullopt;
  phc.remove_prefix(start.size());
  const auto memory = take_number(phc, "m=", ',');
  const auto passes = take_number(phc, "t=", ',');
  const auto lanes = take_number(phc, "p=", '$');
  if (!memory || !passes || !lanes || *memory > memory_kib_max || *passes > passes_max) return std::nullopt;
  return PasswordCost{*memory, static_cast<unsigned>(*passes)};
}

bool is_bcrypt(std::string_view phc) { return phc.size() == 60 && (phc.starts_with("$2a$") || phc.starts_with("$2b$") || phc.starts_with("$2y$")); }

bool verify_bcrypt(const std::string& hash, const Password& password) {
  if (password.reveal().find('\0') != std::string::npos) return false;
  const auto work = std::make_unique<crypt_data>();
  const char* answer = crypt_rn(password.reveal().c_str(), hash.c_str(), work.get(), sizeof(crypt_data));
  return answer != nullptr && constant_time_equal(answer, hash);
}

}  // namespace

std::size_t Password::code_points() const noexcept {
  std::size_t count = 0;
  for (const char c : reveal()) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

Result<std::string> hash_password(const Password& password, PasswordCost cost, const Secret* pepper) {
  ready();
  EMP_ASSERT(cost.memory_kib <= memory_kib_max && cost.passes <= passes_max);
  const Secret input = peppered(password, pepper);
  std::string out(crypto_pwhash_STRBYTES, '\0');
  const int failed =
      crypto_pwhash_str_alg(out.data(), input.reveal().data(), input.reveal().size(), cost.passes, cost.memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13);
  if (failed != 0) return fail(ErrorKind::unavailable, "HASHING_FAILED", "not enough memory to hash a password");
  out.resize(out.find('\0'));
  return out;
}

bool verify_password(std::string_view phc, const Password& password, const Secret* pepper) {
  ready();
  const std::string text(phc);
  if (is_bcrypt(phc)) return verify_bcrypt(text, password);
  if (!cost_of(phc)) return false;
  const Secret input = peppered(password, pepper);
  return crypto_pwhash_str_verify(text.c_str(), input.reveal().data(), input.reveal().size()) == 0;
}

bool needs_rehash(std::string_view phc, PasswordCost cost) {
  const auto held = cost_of(phc);
  return !held || held->memory_kib < cost.memory_kib || held->passes < cost.passes;
}

}  // namespace emporion::security
