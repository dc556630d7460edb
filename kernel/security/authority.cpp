#include "kernel/security/authority.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"
#include "kernel/security/openssl_pointer.hpp"

namespace emporion::security {
namespace {

using Memory = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using X509Pointer = std::unique_ptr<X509, Free<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using AlternativeNames = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;

constexpr std::size_t common_name_max = 64;  // RFC 5280, ub-common-name.
constexpr int serial_bits = 127;             // Positive, and 16 bytes.

std::unexpected<Error> invalid(std::string why) { return fail(ErrorKind::invalid_argument, "CERTIFICATE_INVALID", std::move(why)); }

Memory reading(std::string_view pem) { return Memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

X509Pointer parse(const Certificate& certificate) {
  X509Pointer out(PEM_read_bio_X509(reading(certificate.pem).get(), nullptr, nullptr, nullptr));
  EMP_ASSERT(out != nullptr);
  return out;
}

Key parse_public(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  Key out(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  return out;
}

bool is_dns_name(std::string_view name) {
  const auto may_stand = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'; };
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, may_stand);
}

/// A certificate on its way to be signed.
class Draft {
 public:
  Draft(std::string_view name, UtcTime from, UtcTime until, EVP_PKEY* key) : certificate_(X509_new()) {
    X509* const out = certificate_.get();
    const Number serial(BN_new());
    X509_NAME* const subject = X509_get_subject_name(out);
    EMP_ASSERT(X509_set_version(out, X509_VERSION_3) == 1);
    EMP_ASSERT(BN_rand(serial.get(), serial_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
    EMP_ASSERT(BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(out)) != nullptr);
    EMP_ASSERT(X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.data()),
                                          static_cast<int>(name.size()), -1, 0) == 1);
    EMP_ASSERT(ASN1_TIME_set(X509_getm_notBefore(out), from.micros_since_epoch() / 1'000'000) != nullptr);
    EMP_ASSERT(ASN1_TIME_set(X509_getm_notAfter(out), until.micros_since_epoch() / 1'000'000) != nullptr);
    EMP_ASSERT(X509_set_pubkey(out, key) == 1);
  }

  /// Before the extensions: some name their issuer.
  void issued_by(X509* issuer) {
    issuer_ = issuer;
    EMP_ASSERT(X509_set_issuer_name(certificate_.get(), X509_get_subject_name(issuer)) == 1);
  }
  X509* itself() const { return certificate_.get(); }

  /// `value` in the words of OpenSSL's x509v3_config; never from outside.
  void extend(int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer_, certificate_.get(), nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
    EMP_ASSERT(extension && X509_add_ext(certificate_.get(), extension.get(), -1) == 1);
  }

  void name_hosts(const std::vector<std::string>& hosts) {
    if (hosts.empty()) return;
    const AlternativeNames names(GENERAL_NAMES_new());
    for (const auto& host : hosts) {
      ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
      GENERAL_NAME* const name = GENERAL_NAME_new();
      EMP_ASSERT(text && name && ASN1_STRING_set(text, host.data(), static_cast<int>(host.size())) == 1);
      GENERAL_NAME_set0_value(name, GEN_DNS, text);
      EMP_ASSERT(sk_GENERAL_NAME_push(names.get(), name) > 0);
    }
    EMP_ASSERT(X509_add1_ext_i2d(certificate_.get(), NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1);
  }

  Certificate sign(const PrivateKey& by) {
    const Key key(PEM_read_bio_PrivateKey(reading(by.pem.reveal()).get(), nullptr, nullptr, nullptr));
    EMP_ASSERT(key && X509_sign(certificate_.get(), key.get(), EVP_sha256()) > 0);
    const Memory memory(BIO_new(BIO_s_mem()));
    EMP_ASSERT(memory && PEM_write_bio_X509(memory.get(), certificate_.get()) == 1);
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &bytes);
    auto out = read_certificates({bytes, static_cast<std::size_t>(size)});
    EMP_ASSERT(out && out->size() == 1);
    return std::move(out->front());
  }

 private:
  X509Pointer certificate_;
  X509* issuer_ = nullptr;
};

}  // namespace

Certificate Authority::sign_own(std::string_view name, UtcTime valid_from, UtcTime valid_until, const PrivateKey& key) {
  const std::string full = text(name, " ", hex(sha256(key.public_key)).substr(0, 8));
  EMP_ASSERT(full.size() <= common_name_max && valid_from < valid_until);
  const Key own = parse_public(key.public_key);
  Draft draft(full, valid_from, valid_until, own.get());
  draft.issued_by(draft.itself());
  draft.extend(NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  draft.extend(NID_key_usage, "critical,keyCertSign,cRLSign");
  draft.extend(NID_subject_key_identifier, "hash");
  return draft.sign(key);
}

Result<Authority> Authority::of(Certificate certificate, PrivateKey key) {
  if (certificate.public_key != key.public_key) {
    return fail(ErrorKind::invalid_argument, "AUTHORITY_MISMATCH", text("the key is not that of ", certificate.name));
  }
  return Authority(std::move(certificate), std::move(key));
}

Result<Certificate> Authority::issue(const CertificateRequest& request, std::string_view public_key) const {
  if (request.name.empty() || request.name.size() > common_name_max || !is_valid_utf8(request.name)) return invalid("a name has 1 to 64 bytes of UTF-8");
  for (const auto& host : request.dns_names) {
    if (!is_dns_name(host)) return invalid(text("'", host, "' is no DNS name in lower case"));
  }
  const UtcTime until = std::min(request.valid_until, certificate_.valid_until);
  if (request.valid_from >= until) return invalid(text(request.name, " would have expired before it is valid"));
  const Key subject = parse_public(public_key);
  if (!subject) return invalid(text(request.name, " has no public key"));
  const auto issuer = parse(certificate_);
  Draft draft(request.name, request.valid_from, until, subject.get());
  draft.issued_by(issuer.get());
  draft.extend(NID_basic_constraints, "critical,CA:FALSE");
  draft.extend(NID_key_usage, "critical,digitalSignature");
  draft.extend(NID_ext_key_usage, "serverAuth,clientAuth");
  draft.extend(NID_subject_key_identifier, "hash");
  draft.extend(NID_authority_key_identifier, "keyid");
  draft.name_hosts(request.dns_names);
  return draft.sign(key_);
}

}  // namespace emporion::security
