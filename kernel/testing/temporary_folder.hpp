#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "kernel/base/assert.hpp"

namespace emporion::testing {

/// An empty folder of its own among the temporary files, which goes with all that is in it.
class TemporaryFolder {
 public:
  /// `name` shows in the folder's.
  explicit TemporaryFolder(std::string_view name) {
    std::string pattern = (std::filesystem::temp_directory_path() / "emporion-").string();
    pattern.append(name).append("-XXXXXX");
    EMP_ASSERT(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace emporion::testing
