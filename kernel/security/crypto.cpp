#include "kernel/security/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <memory>

#include "kernel/base/assert.hpp"

namespace emporion::security {
namespace {

constexpr std::size_t digest_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr char seal_version = 1;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::unexpected<Error> invalid_encoding() { return fail(ErrorKind::invalid_argument, "INVALID_ENCODING", "the text is not in the expected encoding"); }

constexpr std::string_view standard_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(std::string_view bytes, std::string_view alphabet, bool padded) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<std::uint8_t>(c);
    for (held += 8; held >= 6; held -= 6) out.push_back(alphabet[(bits >> (held - 6)) & 63]);
  }
  if (held > 0) out.push_back(alphabet[(bits << (6 - held)) & 63]);
  while (padded && out.size() % 4 != 0) out.push_back('=');
  return out;
}

Result<std::string> decode(std::string_view text, std::string_view alphabet) {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::int8_t>(i);
  if (text.size() % 4 == 1) return invalid_encoding();
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::int8_t value = values[static_cast<std::uint8_t>(c)];
    if (value < 0) return invalid_encoding();
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<char>(bits >> held));
    }
  }
  // Bits left over must be zero, or two texts would stand for the same bytes.
  if ((bits & ((1u << held) - 1)) != 0) return invalid_encoding();
  return out;
}

struct CipherFree {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, CipherFree>;

}  // namespace

Secret::~Secret() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

std::string sha256(std::string_view bytes) {
  std::string out(digest_bytes, '\0');
  SHA256(bytes_of(bytes), bytes.size(), bytes_of(out));
  return out;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::string out(digest_bytes, '\0');
  const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(message), message.size(), bytes_of(out), nullptr);
  EMP_ASSERT(done != nullptr);
  return out;
}

std::string hmac_sha512(std::string_view key, std::string_view message) {
  std::string out(2 * digest_bytes, '\0');
  const auto* done = HMAC(EVP_sha512(), key.data(), static_cast<int>(key.size()), bytes_of(message), message.size(), bytes_of(out), nullptr);
  EMP_ASSERT(done != nullptr);
  return out;
}

bool constant_time_equal(std::string_view a, std::string_view b) noexcept { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out.push_back(digits[static_cast<std::uint8_t>(c) >> 4]);
    out.push_back(digits[static_cast<std::uint8_t>(c) & 15]);
  }
  return out;
}

Result<std::string> from_hex(std::string_view text) {
  const auto value = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (text.size() % 2 != 0) return invalid_encoding();
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = value(text[i]);
    const int low = value(text[i + 1]);
    if (high < 0 || low < 0) return invalid_encoding();
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

std::string base64(std::string_view bytes) { return encode(bytes, standard_alphabet, true); }

Result<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return invalid_encoding();
  if (text.ends_with('=')) text.remove_suffix(1);
  if (text.ends_with('=')) text.remove_suffix(1);
  return decode(text, standard_alphabet);
}

std::string base64url(std::string_view bytes) { return encode(bytes, url_alphabet, false); }
Result<std::string> from_base64url(std::string_view text) { return decode(text, url_alphabet); }

std::string random_bytes(Random& random, std::size_t count) {
  std::string out(count, '\0');
  random.fill({bytes_of(out), out.size()});
  return out;
}

std::string random_token(Random& random, std::size_t bytes) { return base64url(random_bytes(random, bytes)); }

std::string random_code(Random& random, int digits) {
  std::string out;
  for (int i = 0; i < digits; ++i) out.push_back(static_cast<char>('0' + random.below(10)));
  return out;
}

Result<Vault> Vault::open_with(const Secret& master, std::string_view purpose) {
  if (master.reveal().size() < 32) return fail(ErrorKind::invalid_argument, "MASTER_KEY_TOO_SHORT", "the master key has at least 32 bytes");
  // One HKDF block is all of a 256-bit key.
  const Secret extracted(hmac_sha256("emporion", master.reveal()));
  return Vault(Secret(hmac_sha256(extracted.reveal(), std::string(purpose) + '\x01')));
}

std::string Vault::seal(std::string_view plain, std::string_view bound_to, Random& random) const {
  std::string out(1, seal_version);
  out += random_bytes(random, nonce_bytes);
  const std::size_t start = out.size();
  out.resize(start + plain.size() + tag_bytes);
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool done = cipher && EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_.reveal()), bytes_of(out) + 1) == 1 &&
                    EVP_EncryptUpdate(cipher.get(), nullptr, &length, bytes_of(bound_to), static_cast<int>(bound_to.size())) == 1 &&
                    EVP_EncryptUpdate(cipher.get(), bytes_of(out) + start, &length, bytes_of(plain), static_cast<int>(plain.size())) == 1 &&
                    EVP_EncryptFinal_ex(cipher.get(), bytes_of(out) + start + length, &length) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes, out.data() + start + plain.size()) == 1;
  EMP_ASSERT(done);
  return out;
}

Result<Secret> Vault::open(std::string_view sealed, std::string_view bound_to) const {
  const auto broken = [] { return fail(ErrorKind::internal, "SEAL_BROKEN", "a sealed value does not open"); };
  if (sealed.size() < 1 + nonce_bytes + tag_bytes || sealed.front() != seal_version) return broken();
  const std::string_view nonce = sealed.substr(1, nonce_bytes);
  const std::string_view hidden = sealed.substr(1 + nonce_bytes, sealed.size() - 1 - nonce_bytes - tag_bytes);
  std::string tag(sealed.substr(sealed.size() - tag_bytes));
  std::string plain(hidden.size(), '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool opened = cipher && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_.reveal()), bytes_of(nonce)) == 1 &&
                      EVP_DecryptUpdate(cipher.get(), nullptr, &length, bytes_of(bound_to), static_cast<int>(bound_to.size())) == 1 &&
                      EVP_DecryptUpdate(cipher.get(), bytes_of(plain), &length, bytes_of(hidden), static_cast<int>(hidden.size())) == 1 &&
                      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1 &&
                      EVP_DecryptFinal_ex(cipher.get(), bytes_of(plain) + length, &length) == 1;
  Secret out(std::move(plain));
  if (!opened) return broken();
  return out;
}

}  // namespace emporion::security
