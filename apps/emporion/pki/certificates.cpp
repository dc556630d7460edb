#include "apps/emporion/pki/certificates.hpp"

#include <chrono>
#include <optional>

#include "apps/emporion/pki/authority.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

using security::Certificate;
using security::PrivateKey;

constexpr auto foreign_clock_slow_max = minutes(15);       // A certificate is good at once on a machine whose clock is behind.
constexpr auto second_rounded_up = microseconds(999'999);  // Certificates count in seconds; none is good for less than was asked.

Result<> check_names(std::span<const Holder> holders) {
  for (const auto& holder : holders) EMP_TRY(check_holder_name(holder.name));
  return {};
}

/// Issues for holders, with the authority opened when it is first needed: its key may be elsewhere as long as everything fits.
class Desk {
 public:
  Desk(const PkiFolder& folder, int days) : folder_(folder), days_(days) {}

  Result<> replace(const Holder& holder) {
    const auto key = security::make_private_key();
    EMP_ASSIGN(const auto certificate, issue(holder, key));
    const auto key_file = folder_.files().key(holder.name);
    const auto certificate_file = folder_.files().certificate(holder.name);
    EMP_ASSIGN(auto new_key, PkiFolder::prepare(key_file, key));
    EMP_ASSIGN(auto new_certificate, PkiFolder::prepare(certificate_file, {&certificate, 1}));
    // Processes read both and wait for a pair that matches, so between these two they go on with the old one.
    EMP_TRY(PkiFolder::place(std::move(new_key)));
    EMP_TRY(PkiFolder::place(std::move(new_certificate)));
    folder_.say(key_file, "made");
    folder_.say(certificate_file, text("made, for ", listed_modules(certificate), ", ", days_left(certificate, folder_.now()), " days"));
    return {};
  }

  Result<> fit(const Holder& holder) {
    const auto key_file = folder_.files().key(holder.name);
    const auto certificate_file = folder_.files().certificate(holder.name);
    EMP_ASSIGN(const auto key, read_key(key_file));
    if (!key) return replace(holder);
    EMP_ASSIGN(const auto there, read_certificate(certificate_file));
    std::optional<std::string> why = "was missing";
    if (there) {
      EMP_ASSIGN(why, misfit(holder, *there, *key));
    }
    folder_.say(key_file, "kept");
    if (!why) {
      folder_.say(certificate_file, text("kept, ", days_left(*there, folder_.now()), " days left"));
      return {};
    }
    EMP_ASSIGN(const auto certificate, issue(holder, *key));
    EMP_ASSIGN(auto prepared, PkiFolder::prepare(certificate_file, {&certificate, 1}));
    EMP_TRY(PkiFolder::place(std::move(prepared)));
    folder_.say(certificate_file, text("made, for ", listed_modules(certificate), ", ", days_left(certificate, folder_.now()), " days; it ", *why));
    return {};
  }

 private:
  Result<const security::Authority*> authority() {
    if (!authority_) {
      EMP_ASSIGN(authority_, issuing_authority(folder_));
    }
    return &*authority_;
  }

  Result<Certificate> issue(const Holder& holder, const PrivateKey& key) {
    EMP_ASSIGN(const auto* const issuer, authority());
    const UtcTime now = folder_.now();
    return issuer->issue({.name = holder.name,
                          .dns_names = holder.dns_names(),
                          .valid_from = now - foreign_clock_slow_max,
                          .valid_until = now + std::chrono::days(days_) + second_rounded_up},
                         key.public_key);
  }

  /// Why the holder cannot go on with it, or nothing.
  Result<std::optional<std::string>> misfit(const Holder& holder, const Certificate& certificate, const PrivateKey& key) {
    if (certificate.public_key != key.public_key) return "was of another key";
    if (certificate.name != holder.name) return text("was made out to ", certificate.name);
    if (certificate.dns_names != holder.dns_names()) return text("was for ", listed_modules(certificate));
    EMP_ASSIGN(const auto issuers, issuers_here());
    if (!security::check_certificate(certificate, issuers, folder_.now())) return "was of another authority, or had expired";
    if ((certificate.valid_until - folder_.now()) * 3 <= certificate.valid_until - certificate.valid_from) {
      return text("had ", days_left(certificate, folder_.now()), " days left");
    }
    return std::nullopt;
  }

  /// The one that issues; where its key is elsewhere, all that are believed.
  Result<std::vector<Certificate>> issuers_here() {
    auto issuer = authority();
    if (issuer) return std::vector{(*issuer)->certificate()};
    if (issuer.error().reason() == "AUTHORITY_KEY_MISSING") return read_authorities(folder_.files());
    return fail(issuer.error());
  }

  const PkiFolder& folder_;
  const int days_;
  std::optional<security::Authority> authority_;
};

}  // namespace

Result<> certify(const PkiFolder& folder, std::span<const Holder> holders, int days, Keys keys) {
  EMP_TRY(check_names(holders));
  Desk desk(folder, days);
  for (const auto& holder : holders) EMP_TRY(keys == Keys::replace ? desk.replace(holder) : desk.fit(holder));
  return {};
}

Result<> rotate(const PkiFolder& folder, std::span<const Holder> holders, int days) {
  EMP_TRY(check_names(holders));
  EMP_TRY(take_up_authority(folder));
  return certify(folder, holders, days, Keys::replace);
}

}  // namespace emporion::app
