#pragma once

#include <filesystem>
#include <string_view>

#include "kernel/base/result.hpp"

namespace emporion::security {

/// A file whose new bytes lie beside it, in `<file>.new`, on the disk. place() makes them the file; without it they go when this goes, and a crash leaves them
/// to be overwritten by the next.
class ReplacedFile {
 public:
  /// `mode` whatever the umask is. Errors: FILE_UNWRITABLE (internal), with the file and the system's words. One writer of a file at a time: the caller's lock.
  static Result<ReplacedFile> prepare(std::filesystem::path file, std::string_view bytes, std::filesystem::perms mode);
  ReplacedFile(ReplacedFile&& other) noexcept;
  ~ReplacedFile();

  /// From here on a reader sees all of the new bytes, and before only the old ones, also across a crash of the machine. Errors: FILE_UNWRITABLE.
  Result<> place();

 private:
  explicit ReplacedFile(std::filesystem::path file) : file_(std::move(file)) {}
  std::filesystem::path aside() const;
  std::filesystem::path file_;  ///< Empty once it is in place.
};

}  // namespace emporion::security
