#include "kernel/security/internal_token.hpp"

#include <sodium.h>

#include <algorithm>
#include <optional>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/security/crypto.hpp"
#include "kernel/security/principal_codec.hpp"

namespace emporion::security {
namespace {

constexpr std::int64_t life_ms = 60'000;
constexpr std::int64_t leeway_ms = 5'000;
constexpr std::size_t token_bytes_max = 16'384;

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }
std::int64_t millis_of(UtcTime time) { return time.micros_since_epoch() / 1000; }

std::unexpected<Error> invalid() { return fail(ErrorKind::unauthenticated, "INVALID_INTERNAL_TOKEN", "the caller's identity cannot be trusted"); }

/// What is signed starts with its purpose, so that no other signature of this key can stand for a principal.
std::string signed_text(std::string_view payload) { return text("emporion internal token 1\n", payload); }

std::optional<std::string> text_of(json::Value claims, std::string_view name) {
  const auto member = claims.member(name);
  const auto value = member ? member->string() : std::nullopt;
  if (!value) return std::nullopt;
  return std::string(*value);
}

std::optional<std::int64_t> integer_of(json::Value claims, std::string_view name) {
  const auto member = claims.member(name);
  return member ? member->integer() : std::nullopt;
}

}  // namespace

Result<InternalTokenSigner> InternalTokenSigner::create(std::string sender, const Secret& seed) {
  if (sodium_init() < 0 || sender.empty() || seed.reveal().size() != crypto_sign_SEEDBYTES)
    return fail(ErrorKind::invalid_argument, "KEY_INVALID", "an Ed25519 seed has 32 bytes");
  std::string public_key(crypto_sign_PUBLICKEYBYTES, '\0');
  std::string private_key(crypto_sign_SECRETKEYBYTES, '\0');
  crypto_sign_seed_keypair(bytes_of(public_key), bytes_of(private_key), bytes_of(seed.reveal()));
  return InternalTokenSigner(std::move(sender), Secret(std::move(private_key)), std::move(public_key));
}

std::string InternalTokenSigner::sign(const Principal& principal, std::string_view to_module, UtcTime now) const {
  std::string claims;
  json::Writer writer(claims);
  writer.begin_object()
      .key("from")
      .string(sender_)
      .key("to")
      .string(to_module)
      .key("iat_ms")
      .integer(millis_of(now))
      .key("exp_ms")
      .integer(millis_of(now) + life_ms);
  append_principal(writer, principal);
  writer.end_object();
  const std::string payload = base64url(claims);
  const std::string message = signed_text(payload);
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(bytes_of(signature), nullptr, bytes_of(message), message.size(), bytes_of(key_.reveal()));
  return text(payload, ".", base64url(signature));
}

Result<InternalTokenVerifier> InternalTokenVerifier::create(std::map<std::string, std::string, std::less<>> public_keys) {
  const bool fit = std::ranges::all_of(public_keys, [](const auto& entry) { return entry.second.size() == crypto_sign_PUBLICKEYBYTES; });
  if (sodium_init() < 0 || !fit) return fail(ErrorKind::invalid_argument, "KEY_INVALID", "an Ed25519 public key has 32 bytes");
  return InternalTokenVerifier(std::move(public_keys));
}

Result<Principal> InternalTokenVerifier::verify(std::string_view token, std::string_view own_module, UtcTime now) const {
  const auto dot = token.find('.');
  if (token.size() > token_bytes_max || dot == std::string_view::npos) return invalid();
  const auto payload = from_base64url(token.substr(0, dot));
  const auto signature = from_base64url(token.substr(dot + 1));
  if (!payload || !signature || signature->size() != crypto_sign_BYTES) return invalid();
  const auto document = json::Document::parse(*payload);
  if (!document) return invalid();
  // The sender's name chooses the key and is believed only once the signature fits.
  const json::Value claims = document->root();
  const auto key = keys_.find(text_of(claims, "from").value_or(""));
  const std::string message = signed_text(token.substr(0, dot));
  if (key == keys_.end() || crypto_sign_verify_detached(bytes_of(*signature), bytes_of(message), message.size(), bytes_of(key->second)) != 0) return invalid();
  const auto issued = integer_of(claims, "iat_ms");
  const auto expires = integer_of(claims, "exp_ms");
  if (text_of(claims, "to") != own_module || !issued || !expires || *issued < 0 || *expires < *issued || *expires - *issued > life_ms) return invalid();
  if (millis_of(now) + leeway_ms < *issued || millis_of(now) >= *expires + leeway_ms) return invalid();
  auto principal = read_principal(claims);
  if (!principal) return invalid();
  return principal;
}

}  // namespace emporion::security
