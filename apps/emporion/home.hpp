#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"

namespace emporion::app {

/// A file that is locked while this object lives. The system unlocks it when the process ends, however it ends.
class LockedFile {
 public:
  enum class Share : std::uint8_t { alone, together };
  /// Makes the file if there is none. Waits for it where `waits`; else answers nothing if somebody has it. Errors: HOME_NOT_WRITABLE.
  static Result<std::optional<LockedFile>> lock(const std::filesystem::path& file, Share share, bool waits);
  LockedFile(LockedFile&& other) noexcept;
  LockedFile& operator=(LockedFile&& other) noexcept;
  ~LockedFile();

 private:
  explicit LockedFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// The place of one replica of a process in a home, which nobody else has meanwhile. Errors: ALREADY_RUNNING, HOME_NOT_WRITABLE.
Result<LockedFile> take_place(const std::filesystem::path& home, std::string_view process, int replica);

/// A share in what all processes of a home use together, its private cluster: whoever goes last puts it away, and whoever comes meanwhile waits until that is
/// done. So between coming and going it stays up.
class HomeShare {
 public:
  /// Waits while somebody puts it away. Errors: HOME_NOT_WRITABLE.
  static Result<HomeShare> take(const std::filesystem::path& home);
  /// Gives the share back, and calls `put_away` if nobody else has one. Answers what that answered. Called once.
  Result<> leave(const std::function<Result<>()>& put_away);

 private:
  HomeShare(std::filesystem::path file, LockedFile share) : file_(std::move(file)), share_(std::move(share)) {}
  std::filesystem::path file_;
  std::optional<LockedFile> share_;
};

}  // namespace emporion::app
