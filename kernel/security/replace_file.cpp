#include "kernel/security/replace_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "kernel/base/text.hpp"

namespace emporion::security {
namespace {

std::unexpected<Error> unwritable(const std::filesystem::path& file) {
  return fail(ErrorKind::internal, "FILE_UNWRITABLE", text(file.string(), " cannot be written: ", std::strerror(errno)));
}

bool write_all(int out, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(out, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// A rename is on the disk once its folder is.
bool sync_folder(const std::filesystem::path& folder) {
  const int in = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (in < 0) return false;
  const bool synced = ::fsync(in) == 0;
  ::close(in);
  return synced;
}

}  // namespace

std::filesystem::path ReplacedFile::aside() const { return file_.string() + ".new"; }

Result<ReplacedFile> ReplacedFile::prepare(std::filesystem::path file, std::string_view bytes, std::filesystem::perms mode) {
  ReplacedFile out(std::move(file));
  const auto aside = out.aside();
  ::unlink(aside.c_str());  // What a crash left may have another mode.
  const int written = ::open(aside.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (written < 0) return unwritable(out.file_);
  const bool done = write_all(written, bytes) && ::fchmod(written, static_cast<mode_t>(mode)) == 0 && ::fsync(written) == 0;
  const auto refusal = unwritable(out.file_);
  ::close(written);
  if (!done) return refusal;
  return out;
}

ReplacedFile::ReplacedFile(ReplacedFile&& other) noexcept : file_(std::exchange(other.file_, {})) {}

ReplacedFile::~ReplacedFile() {
  if (!file_.empty()) ::unlink(aside().c_str());
}

Result<> ReplacedFile::place() {
  if (::rename(aside().c_str(), file_.c_str()) != 0) return unwritable(file_);
  const auto file = std::exchange(file_, {});
  if (!sync_folder(file.parent_path())) return unwritable(file);
  return {};
}

}  // namespace emporion::security
