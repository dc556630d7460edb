#include "apps/emporion/pki/report.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

using security::Certificate;

constexpr std::int64_t days_left_min = 7;
constexpr std::string_view renew = "emporion pki rotate --placement FILE, or pki issue NAME";
constexpr std::string_view replace_authority = "replace the authority, beginning with emporion pki rotate --authority";

std::optional<Error> age_fault(const Certificate& certificate, UtcTime now, std::string_view remedy) {
  const auto days = days_left(certificate, now);
  if (certificate.valid_until <= now) return Error(ErrorKind::rule_violated, "CERTIFICATE_EXPIRED", text("has expired: ", remedy));
  if (days < days_left_min) return Error(ErrorKind::rule_violated, "CERTIFICATE_EXPIRING", text("expires within ", days + 1, " days: ", remedy));
  return std::nullopt;
}

std::optional<Error> fault_of(const Certificate& certificate, const std::filesystem::path& key_file, std::span<const Certificate> authorities, UtcTime now) {
  if (auto old = age_fault(certificate, now, renew)) return old;
  if (const auto believed = security::check_certificate(certificate, authorities, now); !believed) {
    return Error(believed.error().kind(), believed.error().reason(), text("is not believed, ", believed.error().detail(), ": ", renew));
  }
  const auto key = read_key(key_file);
  if (!key && key.error().reason() == "PKI_MALFORMED") return key.error();
  if (key && *key && (*key)->public_key != certificate.public_key) {
    return Error(ErrorKind::rule_violated, "KEY_MISMATCH", text("is not of ", key_file.filename().string(), ": emporion pki init --placement FILE"));
  }
  return std::nullopt;
}

PkiEntry entry_of(std::string file, std::string holds, const Certificate& certificate, std::optional<Error> fault, UtcTime now) {
  return {.file = std::move(file),
          .holds = std::move(holds),
          .valid_until = certificate.valid_until,
          .days_left = days_left(certificate, now),
          .fault = std::move(fault)};
}

PkiEntry missing(const std::string& name, const PkiFiles& files) {
  return {.file = files.certificate(name).filename().string(),
          .holds = {},
          .valid_until = {},
          .days_left = {},
          .fault = Error(ErrorKind::not_found, "CERTIFICATE_MISSING", "is not there: emporion pki init --placement FILE")};
}

PkiEntry entry_of(const PkiFiles& files, const std::string& name, std::span<const Certificate> authorities, UtcTime now) {
  const auto file = files.certificate(name);
  const auto certificate = read_certificate(file);
  if (!certificate) return {.file = file.filename().string(), .holds = {}, .valid_until = {}, .days_left = {}, .fault = certificate.error()};
  if (!*certificate) return missing(name, files);  // Removed meanwhile.
  return entry_of(file.filename().string(), listed_modules(**certificate), **certificate, fault_of(**certificate, files.key(name), authorities, now), now);
}

}  // namespace

Result<std::vector<PkiEntry>> inspect(const PkiFiles& files, std::span<const Holder> expected, UtcTime now) {
  EMP_ASSIGN(const auto authorities, read_authorities(files));
  if (authorities.empty()) {
    return fail(ErrorKind::not_found, "PKI_MISSING", text(files.authorities().string(), " is not there: make it with emporion pki init --placement FILE"));
  }
  std::vector<PkiEntry> out;
  for (const auto& authority : authorities) {
    const auto remedy = authorities.size() > 1 ? std::string_view("emporion pki rotate --authority --finish") : replace_authority;
    out.push_back(entry_of(files.authorities().filename().string(), authority.name, authority, age_fault(authority, now, remedy), now));
  }
  const auto names = files.holders();
  for (const auto& name : names) out.push_back(entry_of(files, name, authorities, now));
  for (const auto& holder : expected) {
    const auto file = files.certificate(holder.name).filename().string();
    const auto found = std::ranges::find(out, file, &PkiEntry::file);
    if (found == out.end()) {
      out.push_back(missing(holder.name, files));
      continue;
    }
    const auto certificate = read_certificate(files.certificate(holder.name));
    if (!found->fault && certificate && *certificate && (*certificate)->dns_names != holder.dns_names()) {
      found->fault = Error(ErrorKind::rule_violated, "CERTIFICATE_OUTDATED",
                           text("is for ", found->holds, ", which are not the modules of ", holder.name, ": emporion pki init --placement FILE"));
    }
  }
  return out;
}

}  // namespace emporion::app
