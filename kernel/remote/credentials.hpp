#pragma once

#include <string>

namespace emporion::remote {

/// How a process proves which modules it is, and whom it believes: PEM files, read again when they change. The certificate names each module of the process as
/// DNS name `<module>.emporion` (what callers ask for) and is signed by the authority of this shop (`emporion pki`).
struct Credentials {
  std::string authority_file;    ///< Certificates of the authority; several while it is being replaced.
  std::string certificate_file;  ///< The process's own, with what leads to the authority.
  std::string key_file;
};

}  // namespace emporion::remote
