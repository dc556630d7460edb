#include "apps/emporion/pki/files.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>

#include "apps/emporion/processes.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".emporion";
constexpr std::size_t name_bytes_max = 64;  // Of a common name, RFC 5280.
constexpr std::streamsize file_bytes_max = 1 << 20;

/// As a secret, since a key may be in it.
Result<std::optional<security::Secret>> read(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error) && !error) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  std::string bytes(static_cast<std::size_t>(file_bytes_max), '\0');
  if (in) in.read(bytes.data(), file_bytes_max);
  if (!in.eof() || in.bad()) {
    return fail(ErrorKind::internal, "PKI_UNREADABLE", text(file.string(), " cannot be read: ", in.is_open() ? "it is no PEM file" : std::strerror(errno)));
  }
  security::Secret out(bytes.substr(0, static_cast<std::size_t>(in.gcount())));
  explicit_bzero(bytes.data(), bytes.size());
  return out;
}

std::unexpected<Error> malformed(const fs::path& file, const Error& why) {
  return fail(ErrorKind::invalid_argument, "PKI_MALFORMED", text(file.string(), ": ", why.detail(), "; put the right file back, or remove it"));
}

}  // namespace

std::vector<std::string> Holder::dns_names() const {
  std::vector<std::string> out;
  for (const auto& module : modules) out.push_back(text(module, suffix));
  std::ranges::sort(out);
  const auto [first, last] = std::ranges::unique(out);
  out.erase(first, last);
  return out;
}

std::vector<std::string> modules_named(const security::Certificate& certificate) {
  std::vector<std::string> out;
  for (const auto& name : certificate.dns_names) {
    if (name.ends_with(suffix)) out.push_back(name.substr(0, name.size() - suffix.size()));
  }
  return out;
}

std::string listed_modules(const security::Certificate& certificate) {
  const auto modules = modules_named(certificate);
  return modules.empty() ? "no module" : listed(modules);
}

std::vector<std::string> PkiFiles::holders() const {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".pem" && entry.path() != authorities()) out.push_back(entry.path().stem().string());
  }
  std::ranges::sort(out);
  return out;
}

Result<> check_holder_name(std::string_view name) {
  const auto may_stand = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  if (name.empty() || name.size() > name_bytes_max || name.front() == '-' || !std::ranges::all_of(name, may_stand)) {
    return fail(ErrorKind::invalid_argument, "PKI_NAME_INVALID", text("'", name, "' cannot have a certificate: 1 to 64 of A-Z, a-z, 0-9, _ and -"));
  }
  if (name == "ca" || name == "ca-next") {
    return fail(ErrorKind::invalid_argument, "PKI_NAME_INVALID", text("'", name, "' is the name of the authority's own files; choose another one"));
  }
  return {};
}

Result<std::vector<security::Certificate>> read_authorities(const PkiFiles& files) {
  EMP_ASSIGN(const auto pem, read(files.authorities()));
  if (!pem) return std::vector<security::Certificate>();
  auto out = security::read_certificates(pem->reveal());
  if (!out) return malformed(files.authorities(), out.error());
  return out;
}

Result<std::optional<security::Certificate>> read_certificate(const fs::path& file) {
  EMP_ASSIGN(const auto pem, read(file));
  if (!pem) return std::nullopt;
  auto chain = security::read_certificates(pem->reveal());
  if (!chain) return malformed(file, chain.error());
  return std::move(chain->front());
}

Result<std::optional<security::PrivateKey>> read_key(const fs::path& file) {
  EMP_ASSIGN(const auto pem, read(file));
  if (!pem) return std::nullopt;
  auto out = security::read_private_key(*pem);
  if (!out) return malformed(file, out.error());
  return std::move(*out);
}

std::int64_t days_left(const security::Certificate& certificate, UtcTime now) {
  return std::chrono::floor<std::chrono::days>(certificate.valid_until - now).count();
}

}  // namespace emporion::app
