#include "apps/emporion/pki/folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kernel/base/text.hpp"
#include "kernel/fault/fault_points.hpp"

namespace emporion::app {
namespace {

namespace fs = std::filesystem;

constexpr fs::perms for_its_owner = fs::perms::owner_read | fs::perms::owner_write;
constexpr fs::perms for_all_to_read = for_its_owner | fs::perms::group_read | fs::perms::others_read;

/// What a crash left beside a file: under the lock nobody else has one.
void remove_leftovers(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".key.new") || name.ends_with(".pem.new")) fs::remove(entry.path(), ignored);
  }
}

struct Lock {
  explicit Lock(int taken) : descriptor(taken) {}
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() { ::close(descriptor); }
  int descriptor;
};

}  // namespace

Result<PkiFolder> PkiFolder::lock(fs::path folder, UtcTime now, Say say) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) {
    return fail(ErrorKind::not_found, "PKI_MISSING", text("there is no folder ", folder.string(), ": make it with emporion pki init --placement FILE"));
  }
  const auto refused = [&] { return fail(ErrorKind::internal, "PKI_UNREADABLE", text(folder.string(), " cannot be opened: ", std::strerror(errno))); };
  if (descriptor < 0) return refused();
  auto lock = std::make_shared<const Lock>(descriptor);
  while (::flock(descriptor, LOCK_EX) != 0) {
    if (errno != EINTR) return refused();
  }
  remove_leftovers(folder);
  return PkiFolder(std::move(folder), now, std::move(say), std::move(lock));
}

void PkiFolder::say(const fs::path& file, std::string_view what) const { say_(text(file.filename().string(), ": ", what)); }

Result<security::ReplacedFile> PkiFolder::prepare(const fs::path& file, const security::PrivateKey& key) {
  return security::ReplacedFile::prepare(file, key.pem.reveal(), for_its_owner);
}

Result<security::ReplacedFile> PkiFolder::prepare(const fs::path& file, std::span<const security::Certificate> certificates) {
  std::string pem;
  for (const auto& certificate : certificates) pem += certificate.pem;
  return security::ReplacedFile::prepare(file, pem, for_all_to_read);
}

Result<> PkiFolder::place(security::ReplacedFile file) {
  (void)EMP_FAULT_POINT("pki.prepared");
  EMP_TRY(file.place());
  (void)EMP_FAULT_POINT("pki.placed");
  return {};
}

Result<> PkiFolder::rename(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return fail(ErrorKind::internal, "FILE_UNWRITABLE", text(from.string(), " cannot be renamed: ", error.message()));
  (void)EMP_FAULT_POINT("pki.renamed");
  return {};
}

}  // namespace emporion::app
