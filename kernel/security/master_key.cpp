#include "kernel/security/master_key.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::security {
namespace {

constexpr std::size_t bytes_min = 32;

std::unexpected<Error> unreadable(const std::string& file, std::string_view what) {
  return fail(ErrorKind::internal, "MASTER_KEY_UNREADABLE", text(file, ": ", what, ": ", std::strerror(errno)));
}

/// Written aside and linked into place, so that nobody ever reads half a key, and of two writers the first one wins.
Result<> make(const std::string& file, Random& random) {
  std::error_code ignored;
  if (const auto folder = std::filesystem::path(file).parent_path(); !folder.empty()) std::filesystem::create_directories(folder, ignored);
  const std::string aside = text(file, ".", hex(random_bytes(random, 8)));
  const int out = ::open(aside.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (out < 0) return unreadable(file, "cannot be made");
  const Secret key(random_bytes(random, bytes_min));
  const bool written = ::write(out, key.reveal().data(), bytes_min) == static_cast<ssize_t>(bytes_min) && ::fsync(out) == 0;
  ::close(out);
  const bool placed = written && (::link(aside.c_str(), file.c_str()) == 0 || errno == EEXIST);
  const auto refusal = unreadable(file, "cannot be written");
  ::unlink(aside.c_str());
  if (!placed) return refusal;
  return {};
}

}  // namespace

Result<Secret> load_or_make_master_key(const std::string& file, Random& random) {
  int in = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (in < 0 && errno == ENOENT) {
    EMP_TRY(make(file, random));
    in = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (in < 0) return unreadable(file, "cannot be read");
  char buffer[4096];
  const auto size = ::read(in, buffer, sizeof buffer);
  ::close(in);
  if (size < 0) return unreadable(file, "cannot be read");
  Secret key(std::string(buffer, static_cast<std::size_t>(size)));
  explicit_bzero(buffer, sizeof buffer);
  if (key.reveal().size() < bytes_min) return fail(ErrorKind::internal, "MASTER_KEY_TOO_SHORT", text(file, ": a master key has at least 32 bytes"));
  return key;
}

}  // namespace emporion::security
