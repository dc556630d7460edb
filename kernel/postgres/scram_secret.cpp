#include "kernel/postgres/scram_secret.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <string_view>

#include "kernel/base/assert.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"

namespace emporion::postgres {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest hmac(const Digest& key, std::string_view message) {
  Digest out{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(message.data()), message.size(), out.data(), &length);
  EMP_ASSERT(length == out.size());
  return out;
}

std::string base64(const unsigned char* bytes, std::size_t count) {
  std::string out(4 * ((count + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, static_cast<int>(count));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

}  // namespace

std::string scram_secret(const std::string& password) {
  constexpr int iterations = 1;
  std::array<std::uint8_t, 16> salt{};
  SystemRandom random;
  random.fill(salt);
  Digest salted{};
  const int done = PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt.data(), static_cast<int>(salt.size()), iterations, EVP_sha256(),
                                     static_cast<int>(salted.size()), salted.data());
  EMP_ASSERT(done == 1);
  const Digest client_key = hmac(salted, "Client Key");
  const Digest server_key = hmac(salted, "Server Key");
  Digest stored_key{};
  SHA256(client_key.data(), client_key.size(), stored_key.data());
  return text("SCRAM-SHA-256$", iterations, ":", base64(salt.data(), salt.size()), "$", base64(stored_key.data(), stored_key.size()), ":",
              base64(server_key.data(), server_key.size()));
}

}  // namespace emporion::postgres
