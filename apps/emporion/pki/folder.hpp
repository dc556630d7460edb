#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "apps/emporion/pki/files.hpp"
#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/security/replace_file.hpp"

namespace emporion::app {

/// The folder of certificates, locked by one who changes it. For each file it is told what was done.
class PkiFolder {
 public:
  using Say = std::function<void(std::string_view line)>;

  /// Waits until nobody else changes it; what is done under the lock is done at `now`. Errors: PKI_MISSING (no such folder), PKI_UNREADABLE.
  static Result<PkiFolder> lock(std::filesystem::path folder, UtcTime now, Say say);

  const PkiFiles& files() const noexcept { return files_; }
  UtcTime now() const noexcept { return now_; }
  /// "shop.pem: made".
  void say(const std::filesystem::path& file, std::string_view what) const;

  /// Writes the new bytes beside the file, for its owner alone if they are a key. Errors: FILE_UNWRITABLE.
  static Result<security::ReplacedFile> prepare(const std::filesystem::path& file, const security::PrivateKey& key);
  static Result<security::ReplacedFile> prepare(const std::filesystem::path& file, std::span<const security::Certificate> certificates);
  /// Puts them in its place. Errors: FILE_UNWRITABLE.
  static Result<> place(security::ReplacedFile file);
  /// One file becomes another. Errors: FILE_UNWRITABLE.
  static Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to);

 private:
  PkiFolder(std::filesystem::path folder, UtcTime now, Say say, std::shared_ptr<const void> lock)
      : files_{std::move(folder)}, now_(now), say_(std::move(say)), lock_(std::move(lock)) {}

  PkiFiles files_;
  UtcTime now_;
  Say say_;
  std::shared_ptr<const void> lock_;  ///< Given back when the last copy goes.
};

}  // namespace emporion::app
