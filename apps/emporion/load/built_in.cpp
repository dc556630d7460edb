#include "apps/emporion/load/built_in.hpp"

namespace emporion::load {

std::string_view built_in_file(std::string_view name) {
  for (const auto& file : built_in_files()) {
    if (file.name == name) return file.content;
  }
  return {};
}

}  // namespace emporion::load
