#include "kernel/remote/grpc_credentials.hpp"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>

#include "kernel/base/text.hpp"
#include "kernel/security/x509.hpp"

namespace emporion::remote {
namespace {

namespace tls = grpc::experimental;

constexpr unsigned int refresh_seconds = 1;  // The least that gRPC offers.

std::unexpected<Error> unreadable(const std::string& file, std::string_view why) {
  return fail(ErrorKind::invalid_argument, "CREDENTIALS_UNREADABLE", text(file, ": ", why, "; make one with `emporion pki`"));
}

Result<std::string> read_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string out((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in || out.empty()) return unreadable(file, "cannot be read or is empty");
  return out;
}

Result<std::vector<security::Certificate>> read_certificates(const std::string& file) {
  EMP_ASSIGN(const std::string pem, read_file(file));
  auto certificates = security::read_certificates(pem);
  if (!certificates) return unreadable(file, certificates.error().detail());
  return certificates;
}

using Provider = tls::FileWatcherCertificateProvider;

/// Watches the files on a thread of its own, hence one for all that use them.
std::shared_ptr<Provider> provider_of(const Credentials& files) {
  static std::mutex mutex;
  static std::map<std::array<std::string, 3>, std::weak_ptr<Provider>> providers;
  const std::lock_guard lock(mutex);
  auto& known = providers[{files.authority_file, files.certificate_file, files.key_file}];
  auto provider = known.lock();
  if (provider == nullptr) {
    provider = std::make_shared<Provider>(files.key_file, files.certificate_file, files.authority_file, refresh_seconds);
    known = provider;
  }
  return provider;
}

}  // namespace

Result<> check(const Credentials& credentials) {
  EMP_TRY(read_certificates(credentials.authority_file));
  EMP_ASSIGN(const auto own, read_certificates(credentials.certificate_file));
  EMP_ASSIGN(std::string pem, read_file(credentials.key_file));
  const auto key = security::read_private_key(security::Secret(std::move(pem)));
  if (!key) return unreadable(credentials.key_file, key.error().detail());
  if (key->public_key != own.front().public_key) return unreadable(credentials.key_file, text("is not the key of ", credentials.certificate_file));
  return {};
}

std::shared_ptr<grpc::ServerCredentials> server_credentials(const std::optional<Credentials>& credentials) {
  if (!credentials) return grpc::InsecureServerCredentials();
  tls::TlsServerCredentialsOptions options(provider_of(*credentials));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return tls::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const std::optional<Credentials>& credentials) {
  if (!credentials) return grpc::InsecureChannelCredentials();
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider_of(*credentials));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(std::make_shared<tls::HostNameCertificateVerifier>());
  return tls::TlsCredentials(options);
}

}  // namespace emporion::remote
