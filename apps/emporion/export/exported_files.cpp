#include "apps/emporion/export/exported_files.hpp"

#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// A script has its interpreter before the mark.
bool is_ours(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  for (int i = 0; i < 2 && std::getline(in, line); ++i) {
    if (line.starts_with(export_mark)) return true;
  }
  return false;
}

std::unexpected<Error> unwritable(const fs::path& path, const std::error_code& error) {
  return fail(ErrorKind::internal, "FILE_UNWRITABLE", text(path.string(), ": ", error.message()));
}

Result<> write_whole(const fs::path& path, const std::string& content) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return unwritable(path.parent_path(), error);
  const fs::path draft = path.string() + ".new";
  std::ofstream out(draft, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  if (!out) return unwritable(draft, std::make_error_code(std::errc::io_error));
  if (content.starts_with("#!")) fs::permissions(draft, fs::perms(0755), error);
  fs::rename(draft, path, error);
  if (error) return unwritable(path, error);
  return {};
}

}  // namespace

std::string export_head(const DeploymentPlan& plan) { return text(export_mark, " of ", plan.source, ": change that, and make this again.\n"); }

std::string filled(std::string_view pattern, const std::map<std::string, std::string>& values) {
  std::string out;
  while (!pattern.empty()) {
    const auto at = pattern.find('@');
    out += pattern.substr(0, at);
    if (at == std::string_view::npos) break;
    const auto end = pattern.find('@', at + 1);
    const auto value = end == std::string_view::npos ? values.end() : values.find(std::string(pattern.substr(at + 1, end - at - 1)));
    if (value == values.end()) {
      out += '@';
      pattern.remove_prefix(at + 1);
    } else {
      out += value->second;
      pattern.remove_prefix(end + 1);
    }
  }
  return out;
}

std::string database_script(const DeploymentPlan& plan, std::string_view password_of) {
  std::string out = text("#!/bin/sh\n", export_head(plan),
                         R"(# A role and a database for each module; no role may enter another's.
set -eu
make() { # PROCESS ROLE DATABASE
  psql -v ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname postgres -v role="$2" -v name="$3" -v password=")",
                         password_of, R"(" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"role";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
}
)");
  for (const auto& database : plan.databases) {
    if (database.host == container::database_host) out += text("make ", database.process, " ", database.role, " ", database.name, "\n");
  }
  return out;
}

Result<> write_export(const fs::path& folder, const ExportedFiles& files) {
  std::error_code error;
  for (const auto& [name, content] : files) {
    if (fs::exists(folder / name, error) && !is_ours(folder / name)) {
      return fail(ErrorKind::conflict, "FILE_FOREIGN", text((folder / name).string(), " was not made by an export; move it away, or choose another folder"));
    }
  }
  // Only where this export writes: another one's may lie further down.
  std::set<fs::path> folders;
  for (const auto& [name, content] : files) folders.insert((folder / name).parent_path());
  std::vector<fs::path> stale;
  for (const auto& one : folders) {
    if (!fs::is_directory(one, error)) continue;
    for (const auto& entry : fs::directory_iterator(one, error)) {
      if (entry.is_regular_file(error) && !files.contains(fs::relative(entry.path(), folder).string()) && is_ours(entry.path())) stale.push_back(entry.path());
    }
  }
  for (const auto& [name, content] : files) {
    if (!fs::exists(folder / name, error) || read_file(folder / name) != content) EMP_TRY(write_whole(folder / name, content));
  }
  for (const auto& path : stale) {
    if (!fs::remove(path, error)) return unwritable(path, error);
  }
  return {};
}

}  // namespace emporion::app
