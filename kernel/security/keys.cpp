#include "kernel/security/keys.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "kernel/base/assert.hpp"
#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/security/crypto.hpp"
#include "kernel/security/openssl_pointer.hpp"

namespace emporion::security {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using PrivateInfo = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Free<PKCS8_PRIV_KEY_INFO_free>>;

constexpr int bits_min = 2048;
constexpr int bits_max = 4096;

std::unexpected<Error> invalid(std::string_view why) { return fail(ErrorKind::invalid_argument, "KEY_INVALID", std::string(why)); }
const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// A public number of the key, base64url of its big-endian bytes without leading zeros (RFC 7518 §2).
std::string number_of(EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  EMP_ASSERT(EVP_PKEY_get_bn_param(key, name, &raw) == 1);
  const Number number(raw);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  BN_bn2bin(number.get(), bytes_of(bytes));
  return base64url(bytes);
}

Result<Number> read_number(const json::Value& jwk, std::string_view name) {
  const auto member = jwk.member(name);
  const auto text = member ? member->string() : std::nullopt;
  if (!text || text->empty()) return invalid("a number is missing");
  EMP_ASSIGN(const auto bytes, from_base64url(*text));
  return Number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

bool is_absent_or(const json::Value& jwk, std::string_view name, std::string_view wanted) {
  const auto member = jwk.member(name);
  return !member || member->string() == wanted;
}

bool is_usable(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && bits >= bits_min && bits <= bits_max;
}

}  // namespace

struct VerificationKey::Impl {
  explicit Impl(Key handle) : key(std::move(handle)), n(number_of(key.get(), OSSL_PKEY_PARAM_RSA_N)), e(number_of(key.get(), OSSL_PKEY_PARAM_RSA_E)) {
    std::string canonical = R"({"e":")";
    canonical.append(e).append(R"(","kty":"RSA","n":")").append(n).append("\"}");
    kid = base64url(sha256(canonical));
  }
  Key key;
  std::string n;
  std::string e;
  std::string kid;
};

Result<VerificationKey> VerificationKey::from_jwk(std::string_view text) {
  EMP_ASSIGN(const auto document, json::Document::parse(text));
  const json::Value jwk = document.root();
  const auto kty = jwk.member("kty");
  if (!kty || kty->string() != "RSA" || !is_absent_or(jwk, "use", "sig") || !is_absent_or(jwk, "alg", "RS256")) return invalid("not an RS256 key");
  EMP_ASSIGN(const auto n, read_number(jwk, "n"));
  EMP_ASSIGN(const auto e, read_number(jwk, "e"));
  if (BN_num_bits(e.get()) < 2 || BN_num_bits(e.get()) > 33 || !BN_is_odd(e.get())) return invalid("the exponent is out of range");

  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  EMP_ASSERT(builder && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
             OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* raw = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 || EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return invalid("the numbers make no RSA key");
  }
  Key key(raw);
  if (!is_usable(key.get())) return invalid("an RSA key has 2048 to 4096 bits");
  VerificationKey out(std::make_shared<const Impl>(std::move(key)));
  if (!is_absent_or(jwk, "kid", out.kid())) return invalid("the kid is not the key's thumbprint");
  return out;
}

Result<VerificationKey> VerificationKey::from_public_der(std::string_view der) {
  const unsigned char* at = bytes_of(der);
  Key key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (!key || at != bytes_of(der) + der.size() || !is_usable(key.get())) return invalid("not an RSA key of 2048 to 4096 bits");
  return VerificationKey(std::make_shared<const Impl>(std::move(key)));
}

std::string VerificationKey::to_jwk() const {
  std::string out;
  json::Writer(out)
      .begin_object()
      .key("kty")
      .string("RSA")
      .key("use")
      .string("sig")
      .key("alg")
      .string("RS256")
      .key("kid")
      .string(kid())
      .key("n")
      .string(impl_->n)
      .key("e")
      .string(impl_->e)
      .end_object();
  return out;
}

const std::string& VerificationKey::kid() const noexcept { return impl_->kid; }

bool VerificationKey::verifies(std::string_view message, std::string_view signature) const {
  const DigestContext context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, impl_->key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) == 1;
}

SigningKey SigningKey::generate(int bits) {
  EMP_ASSERT(bits >= bits_min && bits <= bits_max);
  EVP_PKEY* raw = EVP_RSA_gen(static_cast<unsigned>(bits));
  EMP_ASSERT(raw != nullptr);
  return SigningKey(std::make_shared<const VerificationKey::Impl>(Key(raw)));
}

Result<SigningKey> SigningKey::from_private_der(const Secret& der) {
  const unsigned char* at = bytes_of(der.reveal());
  const PrivateInfo info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.reveal().size())));
  Key key(info ? EVP_PKCS82PKEY(info.get()) : nullptr);
  if (!key || !is_usable(key.get())) return invalid("not a private RSA key of 2048 to 4096 bits in PKCS #8");
  return SigningKey(std::make_shared<const VerificationKey::Impl>(std::move(key)));
}

Secret SigningKey::private_der() const {
  const PrivateInfo info(EVP_PKEY2PKCS8(public_key_.impl_->key.get()));
  EMP_ASSERT(info != nullptr);
  const int length = i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
  std::string der(static_cast<std::size_t>(length), '\0');
  unsigned char* at = bytes_of(der);
  EMP_ASSERT(i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at) == length);
  return Secret(std::move(der));
}

std::string SigningKey::sign(std::string_view message) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::string out(static_cast<std::size_t>(EVP_PKEY_get_size(public_key_.impl_->key.get())), '\0');
  std::size_t length = out.size();
  EMP_ASSERT(context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, public_key_.impl_->key.get()) == 1 &&
             EVP_DigestSign(context.get(), bytes_of(out), &length, bytes_of(message), message.size()) == 1);
  out.resize(length);
  return out;
}

Result<KeySet> KeySet::from_jwks(std::string_view text) {
  EMP_ASSIGN(const auto document, json::Document::parse(text));
  const auto keys = document.root().member("keys");
  if (!keys || keys->type() != json::Type::array) return invalid("a key set has a list of keys");
  KeySet out;
  Result<> read;
  keys->for_each_element([&](json::Value jwk) {
    const auto kty = jwk.member("kty");
    if (kty && kty->string() && kty->string() != "RSA") return true;
    auto key = VerificationKey::from_jwk(jwk.to_json());
    if (key) {
      out.add(std::move(*key));
    } else {
      read = std::unexpected(key.error());
    }
    return read.has_value();
  });
  if (!read) return std::unexpected(read.error());
  return out;
}

std::string KeySet::to_jwks() const {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("keys").begin_array();
  for (const auto& [kid, key] : keys_) writer.raw(key.to_jwk());
  writer.end_array().end_object();
  return out;
}

const VerificationKey* KeySet::find(std::string_view kid) const {
  const auto found = keys_.find(kid);
  return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace emporion::security
