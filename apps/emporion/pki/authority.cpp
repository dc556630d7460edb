#include "apps/emporion/pki/authority.hpp"

#include <algorithm>
#include <chrono>

#include "apps/emporion/processes.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

namespace fs = std::filesystem;
using security::Authority;
using security::Certificate;
using security::PrivateKey;

constexpr std::string_view authority_name = "Emporion authority";
constexpr auto life = std::chrono::days(3650);
constexpr auto foreign_clock_slow_max = minutes(15);  // Certificates are good at once on a machine whose clock is behind.

/// Nothing if there is none yet.
Result<std::vector<Certificate>> believed_by(const PkiFolder& folder) { return read_authorities(folder.files()); }

std::unexpected<Error> missing(const PkiFolder& folder) {
  return fail(ErrorKind::not_found, "AUTHORITY_MISSING",
              text(folder.files().authorities().string(), " is not there: make the authority with emporion pki init --placement FILE"));
}

const Certificate* owner_of(const PrivateKey& key, const std::vector<Certificate>& believed) {
  const auto found = std::ranges::find(believed, key.public_key, &Certificate::public_key);
  return found == believed.end() ? nullptr : &*found;
}

std::unexpected<Error> mismatch(const PkiFolder& folder) {
  const auto& files = folder.files();
  return fail(ErrorKind::invalid_argument, "AUTHORITY_MISMATCH",
              text(files.authority_key().string(), " belongs to nothing in ", files.authorities().filename().string(), ": put the right one of the two back"));
}

/// The key of `file`, made if it is not there.
Result<PrivateKey> key_in(const PkiFolder& folder, const fs::path& file) {
  EMP_ASSIGN(auto there, read_key(file));
  if (there) return std::move(*there);
  auto key = security::make_private_key();
  EMP_ASSIGN(auto prepared, PkiFolder::prepare(file, key));
  EMP_TRY(PkiFolder::place(std::move(prepared)));
  folder.say(file, "made");
  return key;
}

Certificate certificate_of(const PkiFolder& folder, const PrivateKey& key) {
  return Authority::sign_own(authority_name, folder.now() - foreign_clock_slow_max, folder.now() + life, key);
}

Result<> believe(const PkiFolder& folder, const std::vector<Certificate>& authorities, std::string_view what) {
  EMP_ASSIGN(auto prepared, PkiFolder::prepare(folder.files().authorities(), authorities));
  EMP_TRY(PkiFolder::place(std::move(prepared)));
  folder.say(folder.files().authorities(), what);
  return {};
}

/// The one that was added and does not issue yet. A key of which ca.pem knows nothing is what a crash left of the first step.
Result<const Certificate*> next_of(const PkiFolder& folder, const std::vector<Certificate>& believed) {
  EMP_ASSIGN(const auto key, read_key(folder.files().next_authority_key()));
  return key ? owner_of(*key, believed) : nullptr;
}

}  // namespace

Result<> make_authority(const PkiFolder& folder) {
  const auto& files = folder.files();
  EMP_ASSIGN(const auto believed, believed_by(folder));
  if (believed.empty()) {
    EMP_ASSIGN(const auto key, key_in(folder, files.authority_key()));
    return believe(folder, {certificate_of(folder, key)}, "made");
  }
  EMP_ASSIGN(const auto key, read_key(files.authority_key()));
  if (key && owner_of(*key, believed) == nullptr) return mismatch(folder);
  folder.say(files.authority_key(), key ? "kept" : "is not here");
  folder.say(files.authorities(), "kept");
  return {};
}

Result<> add_authority(const PkiFolder& folder) {
  const auto& files = folder.files();
  EMP_ASSIGN(auto believed, believed_by(folder));
  if (believed.empty()) return missing(folder);
  EMP_ASSIGN(const auto* const next, next_of(folder, believed));
  if (next != nullptr) {
    folder.say(files.next_authority_key(), "kept");
    folder.say(files.authorities(), text("kept, ", next->name, " is in it"));
    return {};
  }
  if (believed.size() > 1) {
    return fail(ErrorKind::conflict, "AUTHORITY_ROTATING",
                text(files.authorities().string(), " has an old authority still: finish with emporion pki rotate --authority --finish"));
  }
  EMP_ASSIGN(const auto key, key_in(folder, files.next_authority_key()));
  believed.push_back(certificate_of(folder, key));
  return believe(folder, believed, text("now with ", believed.back().name, " beside ", believed.front().name));
}

Result<> take_up_authority(const PkiFolder& folder) {
  const auto& files = folder.files();
  EMP_ASSIGN(const auto believed, believed_by(folder));
  EMP_ASSIGN(const auto* const next, next_of(folder, believed));
  if (next == nullptr) return {};
  EMP_TRY(PkiFolder::rename(files.next_authority_key(), files.authority_key()));
  folder.say(files.authority_key(), text("now that of ", next->name));
  return {};
}

Result<> drop_old_authorities(const PkiFolder& folder) {
  const auto& files = folder.files();
  EMP_ASSIGN(const auto believed, believed_by(folder));
  EMP_ASSIGN(const auto* const next, next_of(folder, believed));
  if (next != nullptr) {
    return fail(ErrorKind::conflict, "AUTHORITY_ROTATING",
                text(next->name, " has issued nothing yet: first emporion pki rotate --placement FILE, then wait until every process has read its files"));
  }
  EMP_ASSIGN(const auto issuing, issuing_authority(folder));
  std::vector<std::string> of_old_ones;
  for (const auto& name : files.holders()) {
    EMP_ASSIGN(const auto certificate, read_certificate(files.certificate(name)));
    if (certificate && !security::is_issued_by(*certificate, issuing.certificate())) of_old_ones.push_back(text(name, ".pem"));
  }
  if (!of_old_ones.empty()) {
    return fail(ErrorKind::conflict, "AUTHORITY_IN_USE",
                text(listed(of_old_ones),
                     " would not be believed any more: emporion pki rotate --placement FILE, emporion pki issue NAME, or remove what is not used"));
  }
  if (believed.size() == 1) {
    folder.say(files.authorities(), "kept");
    return {};
  }
  return believe(folder, {issuing.certificate()}, text("now with ", issuing.certificate().name, " alone"));
}

Result<Authority> issuing_authority(const PkiFolder& folder) {
  const auto& files = folder.files();
  EMP_ASSIGN(const auto believed, believed_by(folder));
  if (believed.empty()) return missing(folder);
  EMP_ASSIGN(auto key, read_key(files.authority_key()));
  if (!key) {
    return fail(ErrorKind::not_found, "AUTHORITY_KEY_MISSING",
                text(files.authority_key().string(), " is not there: bring it from where it is kept, for as long as this takes"));
  }
  const auto* const certificate = owner_of(*key, believed);
  if (certificate == nullptr) return mismatch(folder);
  if (certificate->valid_until <= folder.now()) {
    return fail(ErrorKind::rule_violated, "AUTHORITY_EXPIRED",
                text(certificate->name, " has expired: replace it, beginning with emporion pki rotate --authority"));
  }
  return Authority::of(*certificate, std::move(*key));
}

}  // namespace emporion::app
