#include "kernel/security/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

#include "kernel/security/openssl_pointer.hpp"

namespace emporion::security {
namespace {

using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Memory = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Store = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX_free>>;

std::unexpected<Error> refused(std::string why) { return fail(ErrorKind::invalid_argument, "CERTIFICATE_REFUSED", std::move(why)); }

std::vector<Certificate> read_all(std::string_view pem) {
  std::vector<Certificate> out;
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (X509* one = PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)) out.emplace_back(one);
  ERR_clear_error();  // The end of the text is an error to OpenSSL.
  return out;
}

}  // namespace

Result<VerificationKey> key_of_certificate(std::string_view pem_chain, std::string_view roots_pem, std::string_view domain, UtcTime now) {
  const auto chain = read_all(pem_chain);
  if (chain.empty()) return refused("no certificate");
  const Store store(X509_STORE_new());
  if (roots_pem.empty()) {
    if (X509_STORE_set_default_paths(store.get()) != 1) return refused("this machine has no roots");
  } else {
    for (const auto& root : read_all(roots_pem)) X509_STORE_add_cert(store.get(), root.get());
  }

  STACK_OF(X509)* between = sk_X509_new_null();
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(between, chain[i].get());
  const StoreContext context(X509_STORE_CTX_new());
  bool trusted = X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), between) == 1;
  if (trusted) {
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()), now.micros_since_epoch() / 1'000'000);
    trusted = X509_verify_cert(context.get()) == 1;
  }
  sk_X509_free(between);
  if (!trusted) return refused(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));

  // A name with a leading dot stands for all names below it.
  const std::string below = "." + std::string(domain);
  if (X509_check_host(chain.front().get(), below.data(), below.size(), 0, nullptr) != 1) return refused("made out to another name");
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(X509_get0_pubkey(chain.front().get()), &der);
  if (length <= 0) return refused("no public key");
  auto key = VerificationKey::from_public_der({reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)});
  OPENSSL_free(der);
  return key;
}

}  // namespace emporion::security
