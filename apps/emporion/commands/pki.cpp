#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/placement_options.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/pki/authority.hpp"
#include "apps/emporion/pki/certificates.hpp"
#include "apps/emporion/pki/report.hpp"
#include "contracts/topics.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

constexpr int days_default = 90;
constexpr int days_max = 3650;  // As long as an authority.

struct PkiOptions {
  PlacementOptions where;
  std::optional<std::string> folder;
  int days = days_default;
  std::string name;
  std::vector<std::string> modules;
  bool replace = false;
  bool authority = false;
  bool finish = false;

  std::filesystem::path folder_of(const Placement& placement) const { return folder ? std::filesystem::path(*folder) : placement.pki_folder(); }
};

void print(std::string_view line) { std::printf("%.*s\n", static_cast<int>(line.size()), line.data()); }

std::vector<Holder> holders_of(const Placement& placement) {
  std::vector<Holder> out;
  for (const auto& process : placement.described.processes) out.push_back({process.name, process.modules});
  return out;
}

/// Runs `change` on the locked folder, and tells what to do next.
int change_folder(const std::filesystem::path& folder, const std::function<Result<>(const PkiFolder&)>& change, std::string_view next) {
  const auto locked = PkiFolder::lock(folder, SystemClock().now(), print);
  if (!locked) return report_failure("cannot open the certificates", locked.error());
  if (const auto changed = change(*locked); !changed) return report_failure("cannot change the certificates", changed.error());
  if (!next.empty()) print(next);
  return 0;
}

int init(const PkiOptions& options, const Placement& placement) {
  const auto folder = options.folder_of(placement);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return report_failure("cannot make the folder", Error(ErrorKind::internal, "FILE_UNWRITABLE", text(folder.string(), ": ", error.message())));
  return change_folder(
      folder,
      [&](const PkiFolder& locked) -> Result<> {
        EMP_TRY(make_authority(locked));
        return certify(locked, holders_of(placement), options.days, Keys::keep);
      },
      text("next: each process reads ca.pem and its own two files in ", folder.string(), "; ca.key is needed by emporion pki alone"));
}

/// For whom `pki issue` is: the modules that were given, those of the process in the placement, or those of the certificate that is there.
Result<Holder> named_holder(const PkiOptions& options, const Placement& placement, const PkiFiles& files) {
  EMP_TRY(check_holder_name(options.name));
  for (const auto& module : options.modules) {
    if (std::ranges::count(contracts::modules(), module, &contracts::ModuleLinks::name) == 0) {
      return fail(ErrorKind::invalid_argument, "MODULE_UNKNOWN", text("there is no module ", module));
    }
  }
  if (!options.modules.empty()) return Holder{options.name, options.modules};
  if (options.where.file) {
    const auto& processes = placement.described.processes;
    const auto process = std::ranges::find(processes, options.name, &Process::name);
    if (process != processes.end()) return Holder{process->name, process->modules};
    return fail(ErrorKind::invalid_argument, "PROCESS_UNKNOWN", text("there is no process ", options.name, " in ", *options.where.file));
  }
  EMP_ASSIGN(const auto there, read_certificate(files.certificate(options.name)));
  return Holder{options.name, there ? modules_named(*there) : std::vector<std::string>()};
}

int issue(const PkiOptions& options, const Placement& placement) {
  return change_folder(
      options.folder_of(placement),
      [&](const PkiFolder& locked) -> Result<> {
        EMP_ASSIGN(const auto holder, named_holder(options, placement, locked.files()));
        return certify(locked, {&holder, 1}, options.days, options.replace ? Keys::replace : Keys::keep);
      },
      "");
}

int rotate_folder(const PkiOptions& options, const Placement& placement) {
  const auto folder = options.folder_of(placement);
  if (options.finish) return change_folder(folder, drop_old_authorities, "");
  if (options.authority) return change_folder(folder, add_authority, "next: when every process has read ca.pem, emporion pki rotate --placement FILE");
  return change_folder(
      folder, [&](const PkiFolder& locked) { return rotate(locked, holders_of(placement), options.days); },
      "next: if this was for a new authority, when every process has read its files, emporion pki rotate --authority --finish");
}

int show(const PkiOptions& options, const Placement& placement) {
  const auto expected = options.where.file ? holders_of(placement) : std::vector<Holder>();
  const auto entries = inspect({options.folder_of(placement)}, expected, SystemClock().now());
  if (!entries) return report_failure("cannot show the certificates", entries.error());
  int exit_code = 0;
  std::size_t width = 0;
  for (const auto& entry : *entries) width = std::max(width, entry.file.size());
  for (const auto& entry : *entries) {
    const std::string until = entry.valid_until ? entry.valid_until->to_string().substr(0, 10) : "-";
    const std::string days = entry.days_left ? std::to_string(*entry.days_left) : "-";
    std::printf("%-*s  %6s days, until %-10s  %s\n", static_cast<int>(width), entry.file.c_str(), days.c_str(), until.c_str(), entry.holds.c_str());
  }
  for (const auto& entry : *entries) {
    if (entry.fault) exit_code = report_failure(entry.file, *entry.fault);
  }
  return exit_code;
}

void add_init(CLI::App& pki, const std::shared_ptr<PkiOptions>& options, int& exit_code) {
  auto* const command =
      pki.add_subcommand("init", "Make the authority, and for each process of the placement a key and a certificate, where there is none that fits.");
  options->where.add_to(*command);
  command->add_option("--folder", options->folder, "Where they lie (default: pki of the placement, else pki in the home).");
  command->add_option("--days", options->days, text("How long certificates are good (default ", days_default, ")."))->check(CLI::Range(1, days_max));
  command->footer(
      "Never overwrites a key, and may be repeated: what is for its modules, of the authority, and has more than a third of its life to go stays.\n"
      "Example:\n  emporion pki init --placement deploy/placement/per-domain.yaml");
  command->callback([options, &exit_code] {
    if (!options->where.file) throw CLI::RequiredError("--placement");
    exit_code = options->where.run([&](const Placement& placement) { return init(*options, placement); });
  });
}

void add_issue(CLI::App& pki, const std::shared_ptr<PkiOptions>& options, int& exit_code) {
  auto* const command = pki.add_subcommand("issue", "Make one more certificate, for a new process or an outside client, unless there is one that fits.");
  command->add_option("name", options->name, "Of the process or the client; the files are called after it.")->required();
  options->where.add_to(*command);
  command->add_option("--folder", options->folder, "Where they lie (default: pki of the placement, else pki in the home).");
  command->add_option("--days", options->days, text("How long it is good (default ", days_default, ")."))->check(CLI::Range(1, days_max));
  command
      ->add_option("--modules", options->modules,
                   "As which modules its holder is believed. Without it and --placement those of the certificate that is there, else none.")
      ->delimiter(',')
      ->excludes("--placement");
  command->add_flag("--replace", options->replace, "A new key too, whatever is there.");
  command->footer(
      "Examples:\n  emporion pki issue stock --placement shop.yaml\n  emporion pki issue operator --modules order --days 1 --folder /etc/emporion/pki");
  command->callback([options, &exit_code] { exit_code = options->where.run([&](const Placement& placement) { return issue(*options, placement); }); });
}

void add_rotate(CLI::App& pki, const std::shared_ptr<PkiOptions>& options, int& exit_code) {
  auto* const command =
      pki.add_subcommand("rotate", "Make new keys and certificates for all processes of the placement, in place; processes read them while they run.");
  options->where.add_to(*command);
  command->add_option("--folder", options->folder, "Where they lie (default: pki of the placement, else pki in the home).");
  command->add_option("--days", options->days, text("How long certificates are good (default ", days_default, ")."))->check(CLI::Range(1, days_max));
  auto* const authority = command->add_flag("--authority", options->authority, "Begin to replace the authority: from now on another one is believed too.");
  command->add_flag("--finish", options->finish, "With --authority: the old one is believed no longer. Refused while a certificate here is of it.")
      ->needs(authority);
  command->footer(
      "The authority is replaced in three steps, and between two of them every process must have read its files, on every machine:\n"
      "  emporion pki rotate --authority --placement shop.yaml            both are believed, the old one issues\n"
      "  emporion pki rotate --placement shop.yaml                        both are believed, the new one has issued\n"
      "  emporion pki rotate --authority --finish --placement shop.yaml   the new one alone is believed");
  command->callback([options, &exit_code] {
    if (!options->authority && !options->where.file) throw CLI::RequiredError("--placement");
    exit_code = options->where.run([&](const Placement& placement) { return rotate_folder(*options, placement); });
  });
}

void add_show(CLI::App& pki, const std::shared_ptr<PkiOptions>& options, int& exit_code) {
  auto* const command = pki.add_subcommand("show", "List the certificates, their modules and the days they have left.");
  options->where.add_to(*command);
  command->add_option("--folder", options->folder, "Where they lie (default: pki of the placement, else pki in the home).");
  command->footer(
      "Exit code 1, with a line for each, if one has expired or will within a week, is not believed, or does not belong to its key; with --placement also if "
      "a\n"
      "process has none for its modules.\nExample:\n  emporion pki show --placement deploy/placement/per-domain.yaml");
  command->callback([options, &exit_code] { exit_code = options->where.run([&](const Placement& placement) { return show(*options, placement); }); });
}

}  // namespace

void add_pki(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<PkiOptions>();
  auto* const pki = program.add_subcommand("pki", "Certificates by which the processes of a placement know each other.");
  pki->require_subcommand(1);
  add_init(*pki, options, exit_code);
  add_issue(*pki, options, exit_code);
  add_rotate(*pki, options, exit_code);
  add_show(*pki, options, exit_code);
}

}  // namespace emporion::app
