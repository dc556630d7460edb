#include "tests/journeys/fault_file.hpp"

#include <fstream>

namespace emporion::journeys {

namespace fs = std::filesystem;

void FaultFile::arm(const std::string& order) {
  fs::remove(fired());
  const fs::path next = file_.string() + ".next";
  std::ofstream(next) << order << '\n';
  fs::rename(next, file_);
}

void FaultFile::disarm() { fs::remove(file_); }

bool FaultFile::has_fired() const { return fs::exists(fired()); }

void FaultFile::list() { arm("list::" + points().string()); }

std::vector<std::string> FaultFile::listed() {
  disarm();
  std::ifstream file(points());
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) names.push_back(line);
  return names;
}

}  // namespace emporion::journeys
