#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "apps/emporion/export/deployment_plan.hpp"
#include "kernel/base/result.hpp"

namespace emporion::app {

/// Path below the folder, and what is in the file. Each begins with `export_mark`.
using ExportedFiles = std::map<std::string, std::string>;

/// The first line of whatever an export wrote.
inline constexpr std::string_view export_mark = "# Made by emporion placement export";

/// "# Made by emporion placement export of per-domain.yaml: change that, and make this again.\n"
std::string export_head(const DeploymentPlan& plan);

/// Kustomize: a base, the overlays `demo` and `production`, and `secrets`, which takes what only the shop's owner has.
ExportedFiles kubernetes_files(const DeploymentPlan& plan);
/// A compose file with PostgreSQL and every process.
ExportedFiles compose_files(const DeploymentPlan& plan);
/// A target that starts every process of the placement as emporion@PROCESS, and for each what it may not see.
ExportedFiles systemd_files(const Placement& placement);

/// The script that makes roles and databases on a server, as the server's administrator. `password_of` says, in shell, where the password of $1, a process, is.
std::string database_script(const DeploymentPlan& plan, std::string_view password_of);

/// `pattern` with each @name@ replaced; one without a value stays.
std::string filled(std::string_view pattern, const std::map<std::string, std::string>& values);

/// Makes the folder what an export says: each file whole or not at all, and what an earlier one wrote that is no more goes. Other files stay, and are not
/// written over: FILE_FOREIGN. Errors: FILE_UNWRITABLE. A repeat changes nothing.
Result<> write_export(const std::filesystem::path& folder, const ExportedFiles& files);

}  // namespace emporion::app
