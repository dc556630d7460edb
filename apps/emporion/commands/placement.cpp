#include <CLI/CLI.hpp>
#include <cstdio>

#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/placement_options.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/export/exported_files.hpp"
#include "apps/emporion/placement_graph.hpp"

namespace emporion::app {
namespace {

int check(const std::string& file) {
  const auto placement = load_placement(file);
  if (!placement) return 1;
  std::size_t modules = 0;
  for (const auto& process : placement->described.processes) modules += process.modules.size();
  std::printf("%s holds: processes: %zu, modules: %zu\n", file.c_str(), placement->described.processes.size(), modules);
  return 0;
}

int graph(const std::string& file, bool as_dot) {
  const auto placement = load_placement(file);
  if (!placement) return 1;
  const std::string out = as_dot ? graph_dot(*placement) : graph_text(*placement);
  std::fwrite(out.data(), 1, out.size(), stdout);
  return 0;
}

struct ExportOptions {
  std::string file;
  std::string kubernetes;
  std::string compose;
  std::string systemd;
};

Result<ExportedFiles> exported(const ExportOptions& options) {
  if (!options.systemd.empty()) {
    EMP_ASSIGN(const auto placement, placement_in(options.file));
    return systemd_files(placement);
  }
  EMP_ASSIGN(const auto plan, plan_deployment(options.file));
  return options.kubernetes.empty() ? compose_files(plan) : kubernetes_files(plan);
}

int export_to_folder(const ExportOptions& options) {
  const auto files = exported(options);
  if (!files) return report_failure("cannot export the placement", files.error());
  const std::string folder = options.kubernetes + options.compose + options.systemd;
  if (const auto written = write_export(folder, *files); !written) return report_failure("cannot export the placement", written.error());
  std::printf("%zu files in %s\n", files->size(), folder.c_str());
  return 0;
}

void add_export(CLI::App& placement, int& exit_code) {
  auto options = std::make_shared<ExportOptions>();
  auto* const command = placement.add_subcommand("export", "Write what an orchestrator needs to run the placement: Kubernetes, compose or systemd.");
  command->add_option("file", options->file, "YAML file")->required();
  auto* const form = command->add_option_group("form");
  form->add_option("--kubernetes", options->kubernetes, "Folder for Kustomize: base, the overlays demo and production, secrets.");
  form->add_option("--compose", options->compose, "Folder for a compose file, with PostgreSQL.");
  form->add_option("--systemd", options->systemd, "Folder for emporion.target, and what it adds to emporion@PROCESS.service.");
  form->require_option(1);
  command->footer(
      "Reads the file alone, not the environment. The same placement makes the same files; others in the folder stay as they are.\nExamples:\n  emporion "
      "placement export --kubernetes k8s deploy/placement/per-domain.yaml\n  emporion placement export --systemd /etc/systemd/system "
      "/etc/emporion/placement.yaml");
  command->callback([options, &exit_code] { exit_code = export_to_folder(*options); });
}

}  // namespace

void add_placement(CLI::App& program, int& exit_code) {
  struct Options {
    std::string file;
    bool dot = false;
  };
  auto options = std::make_shared<Options>();
  auto* const placement = program.add_subcommand("placement", "Which process serves which modules.");
  placement->require_subcommand(1);
  auto* const checking =
      placement->add_subcommand("check",
                                "Refuse, with a line for each, unknown modules and modules in no process, two owners of a database role, two "
                                "processes on one address, cycles of what is needed at the start.");
  checking->add_option("file", options->file, "YAML file")->required();
  checking->footer(
      "Exit code 0 only if it holds; every command with --placement checks the same.\nExample:\n  emporion placement check deploy/placement/per-domain.yaml");
  checking->callback([options, &exit_code] { exit_code = check(options->file); });
  auto* const drawing = placement->add_subcommand("graph", "Print who calls and who hears whom, and in which process, as the contracts say.");
  drawing->add_option("file", options->file, "YAML file")->required();
  drawing->add_flag("--dot", options->dot, "For Graphviz instead of text.");
  drawing->footer(
      "Examples:\n  emporion placement graph deploy/placement/per-domain.yaml\n  emporion placement graph --dot deploy/placement/per-module.yaml > "
      "placement.dot");
  drawing->callback([options, &exit_code] { exit_code = graph(options->file, options->dot); });
  add_export(*placement, exit_code);
}

}  // namespace emporion::app
