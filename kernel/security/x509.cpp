#include "kernel/security/x509.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/security/openssl_pointer.hpp"

namespace emporion::security {
namespace {

using Memory = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using X509Pointer = std::unique_ptr<X509, Free<X509_free>>;
using AlternativeNames = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;
using Store = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX_free>>;

std::unexpected<Error> unreadable(std::string_view why) { return fail(ErrorKind::invalid_argument, "CERTIFICATE_UNREADABLE", std::string(why)); }

std::string bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string common_name(const X509* certificate) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return at < 0 ? std::string() : bytes_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

std::vector<std::string> dns_names(const X509* certificate) {
  std::vector<std::string> out;
  const AlternativeNames names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) out.push_back(bytes_of(name->d.dNSName));
  }
  return out;
}

Result<UtcTime> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return unreadable("its time of validity is none");
  return UtcTime::from_micros(std::int64_t{timegm(&parts)} * 1'000'000);
}

/// Instead of a question at the terminal.
int no_password(char*, int, int, void*) { return -1; }

std::string pem_of(X509* certificate) {
  const Memory memory(BIO_new(BIO_s_mem()));
  EMP_ASSERT(memory && PEM_write_bio_X509(memory.get(), certificate) == 1);
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

Memory reading(std::string_view pem) { return Memory(BIO_new_mem_buf(pem.empty() ? "" : pem.data(), static_cast<int>(pem.size()))); }

X509Pointer next_certificate(BIO* memory) { return X509Pointer(PEM_read_bio_X509(memory, nullptr, no_password, nullptr)); }

X509Pointer parse(const Certificate& certificate) {
  X509Pointer out = next_certificate(reading(certificate.pem).get());
  EMP_ASSERT(out != nullptr);
  return out;
}

std::string public_der(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key, &der);
  EMP_ASSERT(length > 0);
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return out;
}

Result<Certificate> describe(X509* certificate) {
  EVP_PKEY* const key = X509_get0_pubkey(certificate);
  if (key == nullptr) return unreadable("its public key is of no kind that is known");
  EMP_ASSIGN(const auto from, time_of(X509_get0_notBefore(certificate)));
  EMP_ASSIGN(const auto until, time_of(X509_get0_notAfter(certificate)));
  return Certificate{.pem = pem_of(certificate),
                     .name = common_name(certificate),
                     .dns_names = dns_names(certificate),
                     .valid_from = from,
                     .valid_until = until,
                     .public_key = public_der(key)};
}

}  // namespace

PrivateKey make_private_key() {
  const Key key(EVP_EC_gen("P-256"));
  const Memory memory(BIO_new(BIO_s_secmem()));  // Wiped when it goes.
  EMP_ASSERT(key && memory && PEM_write_bio_PKCS8PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &bytes);
  return {.pem = Secret(std::string(bytes, static_cast<std::size_t>(size))), .public_key = public_der(key.get())};
}

Result<PrivateKey> read_private_key(const Secret& pem) {
  const Key key(PEM_read_bio_PrivateKey(reading(pem.reveal()).get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  const int kind = key ? EVP_PKEY_get_base_id(key.get()) : EVP_PKEY_NONE;
  if (kind != EVP_PKEY_EC && kind != EVP_PKEY_RSA) return fail(ErrorKind::invalid_argument, "KEY_INVALID", "no unencrypted EC or RSA key in PEM");
  return PrivateKey{.pem = pem, .public_key = public_der(key.get())};
}

Result<std::vector<Certificate>> read_certificates(std::string_view pem) {
  std::vector<Certificate> out;
  const Memory memory = reading(pem);
  ERR_clear_error();
  while (const X509Pointer one = next_certificate(memory.get())) {
    EMP_ASSIGN(auto certificate, describe(one.get()));
    out.push_back(std::move(certificate));
  }
  // At the end of the text OpenSSL misses the start of one more.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) return unreadable(text("certificate ", out.size() + 1, " is damaged"));
  if (out.empty()) return unreadable("there is no certificate in PEM in it");
  return out;
}

bool is_issued_by(const Certificate& certificate, const Certificate& authority) {
  const auto subject = parse(certificate);
  const auto issuer = parse(authority);
  const bool issued = X509_check_issued(issuer.get(), subject.get()) == X509_V_OK && X509_verify(subject.get(), X509_get0_pubkey(issuer.get())) == 1;
  ERR_clear_error();
  return issued;
}

Result<> check_certificate(const Certificate& certificate, std::span<const Certificate> authorities, UtcTime now) {
  const Store store(X509_STORE_new());
  for (const auto& authority : authorities) {
    EMP_ASSERT(X509_STORE_add_cert(store.get(), parse(authority).get()) == 1);
  }
  const auto subject = parse(certificate);
  for (const int purpose : std::array{X509_PURPOSE_SSL_SERVER, X509_PURPOSE_SSL_CLIENT}) {
    const StoreContext context(X509_STORE_CTX_new());
    EMP_ASSERT(X509_STORE_CTX_init(context.get(), store.get(), subject.get(), nullptr) == 1);
    X509_STORE_CTX_set_purpose(context.get(), purpose);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()), now.micros_since_epoch() / 1'000'000);
    const bool believed = X509_verify_cert(context.get()) == 1;
    const int why = X509_STORE_CTX_get_error(context.get());
    ERR_clear_error();
    if (!believed) return fail(ErrorKind::invalid_argument, "CERTIFICATE_REFUSED", X509_verify_cert_error_string(why));
  }
  return {};
}

}  // namespace emporion::security
