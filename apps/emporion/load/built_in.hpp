#pragma once

#include <span>
#include <string_view>

namespace emporion::load {

/// A file that the build put into the program: the scenarios of deploy/load, the page of the report and what draws its charts.
struct BuiltInFile {
  std::string_view name;
  std::string_view content;
};
std::span<const BuiltInFile> built_in_files();
/// The content of that file; empty if there is none.
std::string_view built_in_file(std::string_view name);

}  // namespace emporion::load
