#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/security/x509.hpp"

namespace emporion::app {

/// For whom a certificate is: a process, or an outside client, which has no modules.
struct Holder {
  std::string name;
  std::vector<std::string> modules;

  /// `<module>.emporion` for each module, sorted: what callers of a module ask its certificate for.
  std::vector<std::string> dns_names() const;
};
/// The modules behind such names.
std::vector<std::string> modules_named(const security::Certificate& certificate);
/// "catalog and pricing", or "no module".
std::string listed_modules(const security::Certificate& certificate);

/// Where the certificates of a shop lie, under which names.
struct PkiFiles {
  std::filesystem::path folder;

  std::filesystem::path authorities() const { return folder / "ca.pem"; }              ///< All that are believed.
  std::filesystem::path authority_key() const { return folder / "ca.key"; }            ///< Of the one that issues; may be kept elsewhere in between.
  std::filesystem::path next_authority_key() const { return folder / "ca-next.key"; }  ///< Of one that is believed, but does not issue yet.
  std::filesystem::path certificate(std::string_view name) const { return folder / (std::string(name) + ".pem"); }
  std::filesystem::path key(std::string_view name) const { return folder / (std::string(name) + ".key"); }
  /// The names that have a certificate here, sorted.
  std::vector<std::string> holders() const;
};

/// Errors: PKI_NAME_INVALID. A name becomes the name of a file and the common name of a certificate.
Result<> check_holder_name(std::string_view name);

/// Each answers nothing where there is no file. Errors: PKI_UNREADABLE; PKI_MALFORMED, with the file.
Result<std::vector<security::Certificate>> read_authorities(const PkiFiles& files);
Result<std::optional<security::Certificate>> read_certificate(const std::filesystem::path& file);
Result<std::optional<security::PrivateKey>> read_key(const std::filesystem::path& file);

/// Whole days from `now` until it has expired; negative once it has.
std::int64_t days_left(const security::Certificate& certificate, UtcTime now);

}  // namespace emporion::app
