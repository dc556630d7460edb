#include "apps/emporion/home.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {

Result<std::optional<LockedFile>> LockedFile::lock(const std::filesystem::path& file, Share share, bool waits) {
  const auto refused = [&] {
    return fail(ErrorKind::unavailable, "HOME_NOT_WRITABLE", text("cannot lock ", file.string(), ": ", std::strerror(errno), "; choose another --home"));
  };
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return refused();
  LockedFile out(descriptor);
  const int operation = (share == Share::alone ? LOCK_EX : LOCK_SH) | (waits ? 0 : LOCK_NB);
  while (::flock(descriptor, operation) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    if (errno != EINTR) return refused();
  }
  return std::optional(std::move(out));
}

LockedFile::LockedFile(LockedFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

LockedFile& LockedFile::operator=(LockedFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

LockedFile::~LockedFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<LockedFile> take_place(const std::filesystem::path& home, std::string_view process, int replica) {
  const std::string name = text(process, "-", replica);
  EMP_ASSIGN(auto place, LockedFile::lock(home / text("serving-", name, ".lock"), LockedFile::Share::alone, false));
  if (place) return std::move(*place);
  return fail(ErrorKind::conflict, "ALREADY_RUNNING",
              text("another emporion serves replica ", replica, " of process ", process, " from ", home.string(), "; stop it, or give another --home"));
}

Result<HomeShare> HomeShare::take(const std::filesystem::path& home) {
  const auto file = home / "serving.lock";
  EMP_ASSIGN(auto share, LockedFile::lock(file, LockedFile::Share::together, true));
  EMP_ASSERT(share.has_value());
  return HomeShare(file, std::move(*share));
}

Result<> HomeShare::leave(const std::function<Result<>()>& put_away) {
  EMP_ASSERT(share_.has_value());
  share_.reset();
  // Of several that leave at once, the last one to give its share back finds the file free.
  EMP_ASSIGN(const auto alone, LockedFile::lock(file_, LockedFile::Share::alone, false));
  if (!alone) return {};
  return put_away();
}

}  // namespace emporion::app
