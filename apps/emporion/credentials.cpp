#include "apps/emporion/credentials.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kernel/base/text.hpp"

namespace emporion::app {

Result<remote::Credentials> credentials_of(const Placement& placement) {
  const auto folder = placement.pki_folder();
  const auto file = [&](std::string_view ending) { return (folder / text(placement.process, ending)).string(); };
  remote::Credentials out{.authority_file = (folder / "ca.pem").string(), .certificate_file = file(".pem"), .key_file = file(".key")};
  for (const auto& needed : {out.authority_file, out.certificate_file, out.key_file}) {
    if (::access(needed.c_str(), R_OK) == 0) continue;
    return fail(ErrorKind::not_found, "PKI_MISSING",
                text("process ", placement.process, " proves to the others who it is with ", needed, ": ", std::strerror(errno),
                     "; make the certificates with emporion pki init --placement ", placement.file.value_or("FILE")));
  }
  return out;
}

}  // namespace emporion::app
